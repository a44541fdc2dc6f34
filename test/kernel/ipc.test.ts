import { describe, expect, it } from 'vitest';
import { walkSegments } from '../../src/kernel/ipc.js';
import { findField } from '../../src/kernel/layout.js';
import { ipcIdToSlot, ipc_namespace, shmid_kernel } from '../../src/kernel/structs/ipc.js';
import { recordedSymbols } from '../../src/recording/trap.js';
import { memoryAtEnd } from '../helpers/damaged-machine.js';
import { recordingOf } from '../helpers/step-recordings.js';

const recording = recordingOf('shm-close-bug');
const namespace = recordedSymbols(recording).symbol('init_ipc_ns').address;
const ID = BigInt(findField(shmid_kernel, 'shm_perm.id')!.offset);
const IN_USE = BigInt(findField(ipc_namespace, 'ids[2].in_use')!.offset);

describe('the walk of shared memory segments', () => {
  it('finds the segments of the talk, each in the slot of its id, and nothing wrong', () => {
    const memory = memoryAtEnd(recording);
    const { segments, findings } = walkSegments(memory, namespace);
    const ids = segments.map(({ address }) => memory.readU32(address + ID));
    expect(ids).toContain(13008943); // golden/struct-shmid_kernel.txt
    expect(segments.map(({ slot }) => slot)).toEqual(ids.map(ipcIdToSlot));
    expect(findings).toEqual([]);
  });

  it('reports a wrong id and a wrong count, and still finds every segment', () => {
    const memory = memoryAtEnd(recording);
    const { segments } = walkSegments(memory, namespace);
    memory.write(segments[0]!.address + ID, Uint8Array.of(0x5c));
    memory.write(namespace + IN_USE, Uint8Array.of(99));
    const damaged = walkSegments(memory, namespace);
    expect(damaged.segments).toEqual(segments);
    expect(damaged.findings.join('\n')).toMatch(
      /expected an id of slot \d+.*\n.*expected in_use \d+, found 99$/u,
    );
  });

  it('ends at once where there is no namespace', () => {
    const { segments, findings } = walkSegments(memoryAtEnd(recording), 0x1000n);
    expect(segments).toEqual([]);
    expect(findings).toEqual(['idr: at 0x1000 expected struct ipc_namespace, found unmapped memory']);
  });
});
