// The shipped scenarios: each ends as it says, and the counterfactuals leave the registers that the table says.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseOops } from '../helpers/parse-oops.js';
import { outOfBounds } from '../../src/reading/out-of-bounds.js';
import { hashRecording } from '../../src/recording/file.js';
import type { Recording } from '../../src/recording/recording.js';
import { REGISTER_INDEX, type RegisterName } from '../../src/x86/registers.js';
import { replay } from '../../src/run/replay.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';
import { findProblem } from '../../src/base/check-form.js';
import { scenarioFileForm, scenarioForm } from '../../src/scenario/form.js';
import { formatSlabFinding, walkHeap } from '../../src/kernel/slab.js';
import { RecordedState, recordedRegions } from '../../src/recording/state.js';
import { finalRegisters } from '../../src/recording/trap.js';

const recordings = new Map<string, Recording>();
const recordingOf = (name: string): Recording => {
  const found = recordings.get(name) ?? replay(loadScenario(name));
  recordings.set(name, found);
  return found;
};
const registersOf = (name: string) => {
  const values = finalRegisters(recordingOf(name));
  return (register: RegisterName): bigint => values[REGISTER_INDEX[register]]!;
};

const files = new Map(listScenarios().map(({ name, file }) => [name, file]));
const names = [...files.keys()];

/** The one whose victim is the heap's own data; second-victim.test.ts says what is found. */
const DAMAGED = 'slabinfo-bug';

describe('every shipped scenario', () => {
  it.each(names)('%s has the form of a scenario', (name) => {
    const value: unknown = parse(readFileSync(files.get(name)!, 'utf8'), {
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
    });
    expect(value).toMatchObject({ name });
    const { spec } = loadScenario(name);
    expect(findProblem(scenarioFileForm, value)).toBeUndefined();
    expect(findProblem(scenarioForm, spec)).toBeUndefined();
  });

  it.each(names)('%s ends as it expects, with a whole heap but for one, the same each time', (name) => {
    const recording = recordingOf(name);
    const { header } = recording;
    expect(header.unexpected).toEqual([]);
    expect(header.events.filter(({ kind }) => kind === 'finding')).toEqual([]);
    const heap = walkHeap(
      new RecordedState(recording).end(),
      BigInt(header.cacheChain),
      recordedRegions(recording),
    );
    expect(heap.findings.map(formatSlabFinding)).toHaveLength(name === DAMAGED ? 1 : 0);
    expect(hashRecording(replay(loadScenario(name)))).toBe(hashRecording(recording));
  });
});

describe('shm-close-bug', () => {
  // Another hash means another recording: explain the difference in the commit that changes this line.
  it('has the recording that it always had', () => {
    expect(hashRecording(recordingOf('shm-close-bug'))).toMatchInlineSnapshot(
      `"sha256:7b3361bbdb3a54250686415af0ab75264ebdaf1984867dc872f5d3efc6704744"`,
    );
  });

  it('allocates the victim and the slot at the published addresses, and pokes neither', () => {
    const { events, world, objects } = recordingOf('shm-close-bug').header;
    const allocated = events.flatMap((event) =>
      event.kind === 'allocate' ? [[event.name, event.address]] : [],
    );
    expect(allocated).toEqual(
      expect.arrayContaining([
        ['sfd', '0xffff8803f382cc60'],
        ['sfd_b', '0xffff8803f382cc40'],
        ['path', '0xffff8803f382cc40'],
      ]),
    );
    for (const name of ['sfd', 'sfd_b', 'path', 'prefix', 'context_a', 'context_b']) {
      expect(world.map((object) => object.name)).not.toContain(name);
      expect(objects.find((object) => object.name === name)).toMatchObject({ source: 'allocated' });
    }
  });
});

describe('shm-close-control', () => {
  it('makes the same allocations, and touches nothing out of bounds', () => {
    const allocations = (name: string) =>
      recordingOf(name)
        .header.events.filter(({ kind }) => kind === 'allocate')
        .map((event) => ({ ...event, at: 0, accesses: 0 }));
    expect(allocations('shm-close-control')).toEqual(allocations('shm-close-bug'));
    expect(outOfBounds(recordingOf('shm-close-control'))).toEqual([]);
  });
});

// What each register would say at the trap, row by row. Worked out for the compiler's output of these functions with
// an emulator, independently of the assembly here; `perm` is the segment, `leaf` the second layer's node.
type Cell = bigint | 'top' | 'leaf' | 'perm' | '&idr' | 'untouched';
const ROWS: readonly (readonly [string, Record<'rcx' | 'rdx' | 'rsi' | 'rdi' | 'r8' | 'r9', Cell>])[] = [
  ['shm-close-bug', { rcx: 6n, rdx: 0n, rsi: 0x5cn, rdi: 6n, r8: 2n, r9: 'top' }],
  ['lookup-two-layers-no-leaf', { rcx: 0n, rdx: 1n, rsi: 0x5cn, rdi: 'top', r8: 6n, r9: 'top' }],
  ['lookup-two-layers-empty-slot', { rcx: 0n, rdx: 0n, rsi: 0x5cn, rdi: 'leaf', r8: 0n, r9: 'top' }],
  ['lookup-empty-slot', { rcx: 0n, rdx: 0n, rsi: 0x34n, rdi: 'top', r8: 0n, r9: 'top' }],
  ['lookup-segment-removed', { rcx: 0n, rdx: 0n, rsi: 0x2fn, rdi: 'top', r8: 0n, r9: 'top' }],
  ['lookup-segment-deleted', { rcx: 'perm', rdx: 1n, rsi: 0x2fn, rdi: 'perm', r8: 0n, r9: 'top' }],
  ['lookup-empty-registry', { rcx: 'untouched', rdx: 0n, rsi: 0x5cn, rdi: '&idr', r8: 2n, r9: 0n }],
  ['lookup-id-minus-one', { rcx: 6n, rdx: 0n, rsi: 0x7fffffffn, rdi: 6n, r8: 2n, r9: 'top' }],
  ['lookup-three-layers', { rcx: 0n, rdx: 2n, rsi: 0x5cn, rdi: 'top', r8: 12n, r9: 'top' }],
]; // prettier-ignore

const NS = 0xffffffff81a46920n;

describe('what the registers would have said', () => {
  it('has a scenario for every row', () => {
    expect(ROWS.map(([name]) => name).filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('lookup-')).length).toBe(ROWS.length - 1);
  });

  it.each(ROWS)('%s', (name, row) => {
    const recording = recordingOf(name);
    const register = registersOf(name);
    const value = (cell: Cell): bigint => {
      if (typeof cell === 'bigint') return cell;
      if (cell === 'perm') return 0xffff8803790f5790n;
      if (cell === '&idr') return NS + 0xc0n;
      if (cell === 'untouched') return 0n; // the call that begins the exit sets no RCX
      if (cell === 'leaf') return BigInt(recording.findObject('idr_leaf')!.address);
      return new RecordedState(recording).end().readU64(NS + 0xc0n); // init_ipc_ns.ids[2].ipcs_idr.top
    };
    const expected = Object.entries(row).map(([one, cell]) => [one, value(cell)]);
    expect(Object.keys(row).map((one) => [one, register(one as RegisterName)])).toEqual(expected);
    expect(register('rip')).toBe(0xffffffff811e466en);
    expect(register('rax')).toBe(0xffffffffffffffean); // -EINVAL
    expect(register('rbx')).toBe(0xffffffffffffffean);
    expect(register('rbp')).toBe(NS);
    expect(register('r12')).toBe(NS + 0xa0n);
  });

  it('and only the first row matches the published oops', () => {
    const oops = parseOops(
      readFileSync(fileURLToPath(new URL('../golden/oops.txt', import.meta.url)), 'utf8'),
    );
    const matching = ROWS.map(([name]) => name).filter((name) => {
      const register = registersOf(name);
      return Object.entries(oops.registers).every(([one, value]) => register(one as RegisterName) === value);
    });
    expect(matching).toEqual(['shm-close-bug']);
  });
});
