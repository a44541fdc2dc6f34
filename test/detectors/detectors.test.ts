// The published case, its second victim and their controls under each detector: what the runs show.
import { beforeAll, describe, expect, it } from 'vitest';
import { compareDetectors } from '../../src/detectors/compare.js';
import type { DetectorRow, DetectorsDocument } from '../../src/detectors/form.js';
import { detectorsText } from '../../src/detectors/text.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { scenarioWith } from '../helpers/small-world.js';

const compare = (name: string, set: Record<string, string> = {}): DetectorsDocument =>
  compareDetectors(loadScenario(name), { set: new Map(Object.entries(set)) });

const rowOf = ({ detectors }: DetectorsDocument, id: string): DetectorRow =>
  detectors.find((row) => row.id === id)!;

const verdicts = ({ detectors }: DetectorsDocument) =>
  Object.fromEntries(detectors.map(({ id, verdict }) => [id, verdict]));

describe('the published case', () => {
  let found: DetectorsDocument;
  beforeAll(() => {
    found = compare('shm-close-bug');
  });

  it('is caught by guard pages and the shadow; red zones and poison are blind', () => {
    expect(verdicts(found)).toEqual({
      none: 'missed',
      'slab-debug': 'missed',
      poison: 'missed',
      'kfence-left': 'caught',
      'kfence-right': 'caught',
      kasan: 'caught',
    });
    expect([found.caught, found.of]).toEqual([3, 5]);
  });

  it('still ends in the BUG under red zones: the conversion passes over 24 bytes of theirs and changes none', () => {
    const { outcome, watched, reason } = rowOf(found, 'slab-debug');
    expect(outcome).toMatchObject({ kind: 'bug', at: 'shm_close+0x3e' });
    // Two red zones and the last user lie between two objects of size-32: 56 bytes from one to the next.
    expect(watched.read).toEqual({ 'red zone': 16, 'last user': 8 });
    expect([watched.written, watched.changed]).toEqual([{}, 0]);
    expect(reason).toContain('changes only bytes that are 2f, to 5c');
    expect(reason).toContain('none of those 24 bytes is 2f');
    expect(reason).toContain('the first at sfd.id');
  });

  it('none of the bytes between the two objects is a slash or a NUL: only such would be changed, or end it', () => {
    const words = [0xd84156c5635688c0n, 0xffffffffa0421096n];
    const bytes = words.flatMap((word) =>
      Array.from({ length: 8 }, (_, at) => Number((word >> BigInt(at * 8)) & 0xffn)),
    );
    expect(bytes).not.toContain(0x2f);
    expect(bytes).not.toContain(0);
  });

  it('is caught at the first byte by what watches each access, and a page later from the other side', () => {
    expect(rowOf(found, 'kasan').caught).toMatchObject({ at: 'convert_delimiter+0x23', after: 0 });
    expect(rowOf(found, 'kfence-right').caught).toMatchObject({ at: 'convert_delimiter+0x23', after: 0 });
    const left = rowOf(found, 'kfence-left');
    // Six instructions for each of the 4064 bytes from the end of the object to the end of its page.
    expect(left.caught).toMatchObject({ at: 'convert_delimiter+0x23', after: 4064 * 6 });
    expect(left.watched.read).toMatchObject({ canary: 4064 });
  });

  it('is reported in the words of the kernels', () => {
    expect(rowOf(found, 'kasan').caught!.lines.slice(0, 2)).toEqual([
      'BUG: KASAN: slab-out-of-bounds in convert_delimiter+0x23/0x30',
      expect.stringMatching(/^Read of size 1 at addr [0-9a-f]{16} by task \S+\/26100$/u),
    ]);
    expect(rowOf(found, 'kfence-right').caught!.lines[0]).toBe(
      'BUG: KFENCE: out-of-bounds read in convert_delimiter+0x23/0x30',
    );
    expect(rowOf(found, 'kfence-right').caught!.lines[2]).toMatch(
      /^Out-of-bounds read at 0x[0-9a-f]{13}000 \(32B right of kfence-#\d+\):$/u,
    );
  });

  it('without a detector is the published run', () => {
    const { outcome, cause } = rowOf(found, 'none');
    expect(outcome).toMatchObject({ kind: 'bug', at: 'shm_close+0x3e', line: 205 });
    expect(cause).toMatchObject({
      kind: 'out-of-bounds',
      at: 'convert_delimiter+0x23',
      address: '0xffff8803f382cc60',
    });
  });

  it('costs what the layouts say', () => {
    const bytes = (id: string) => rowOf(found, id).memory.objects.find(({ cache }) => cache === 'size-32')!;
    expect(bytes('slab-debug')).toMatchObject({ plain: 32, bytes: 56 });
    expect(bytes('poison')).toMatchObject({ plain: 32, bytes: 32 });
    expect(bytes('kfence-left')).toMatchObject({ plain: 32, bytes: 8192 });
    expect(bytes('kasan')).toMatchObject({ plain: 32, bytes: 48 + 48 / 8 });
  });

  it('is answered in the first line', () => {
    expect(detectorsText(found).split('\n')[0]).toBe(
      'shm-close-bug: caught by 3 of 5 detectors: KFENCE left, KFENCE right and KASAN; missed by CONFIG_DEBUG_SLAB and SLAB_POISON.',
    );
  });
});

describe('runs without a fault', () => {
  it.each(['shm-close-control', 'slabinfo-control'])('%s: no detector reports anything', (name) => {
    const found = compare(name);
    for (const { verdict, reports, cause, outcome } of found.detectors)
      expect([verdict, reports, cause, outcome.kind]).toEqual(['missed', 0, null, 'returned']);
    expect(detectorsText(found)).toContain('nothing to catch');
  });

  it('of a zeroed slot either', () => {
    const found = compare('shm-close-bug', { previous: 'zero' });
    const debug = rowOf(found, 'slab-debug');
    expect(rowOf(found, 'none').cause).toMatchObject({ kind: 'uninitialised' });
    expect(rowOf(found, 'kasan').verdict).toBe('missed');
    // Poison fills the slot again: the NUL that ended the conversion is not there with it.
    expect(debug.cause).toMatchObject({ kind: 'out-of-bounds' });
    expect(debug.outcome.kind).toBe('bug');
  });

  it('of a world whose slots are chosen: the sandbox writes into no free object', () => {
    for (const id of ['slab-debug', 'poison']) expect(rowOf(compare('mount-arena'), id).reports).toBe(0);
  });
});

// Faults that the sandbox makes itself, so that every detector's checks can be seen.
const small = (steps: object) =>
  compareDetectors(scenarioWith({ steps: { one: { says: 'x', do: steps } } } as never));

describe('frees', () => {
  it('of an object that is free are reported by all that keep a state of objects, and not by poison', () => {
    const found = small([{ kmalloc: { as: 'a', size: 32 } }, { free: 'a' }, { free: 'a' }]);
    expect(verdicts(found)).toEqual({
      none: 'missed',
      'slab-debug': 'caught',
      poison: 'missed',
      'kfence-left': 'caught',
      'kfence-right': 'caught',
      kasan: 'caught',
    });
    const { caught } = rowOf(found, 'slab-debug');
    expect(caught).toMatchObject({ at: null, step: 'one', after: 0 });
    expect(caught!.lines[0]).toBe(
      "slab error in verify_redzone_free(): cache `size-32': double free detected",
    );
    expect(rowOf(found, 'kasan').caught!.lines[0]).toMatch(/^BUG: KASAN: double-free or invalid-free in /u);
  });
});

describe('the choice of detectors', () => {
  it('is by name, and a wrong name lists them', () => {
    const one = compareDetectors(loadScenario('shm-close-bug'), {}, ['kasan']);
    expect([one.caught, one.of, one.detectors.length]).toEqual([1, 1, 2]);
    expect(() => compareDetectors(loadScenario('shm-close-bug'), {}, ['kassan'])).toThrow(
      /should be one of slab-debug, poison, kfence-left, kfence-right, kasan, found "kassan"/u,
    );
  });
});

describe('a pool that is full', () => {
  it('is told: later allocations got no guard', () => {
    const one = [{ kmalloc: { as: 'a', size: 32 } }, { free: 'a' }];
    const found = small(Array.from({ length: 300 }, () => one).flat());
    expect(rowOf(found, 'kfence-left').unguarded).toBe(300 - 255);
    expect(rowOf(found, 'kasan').unguarded).toBe(0);
    expect(detectorsText(found)).toContain('nothing to catch');
  });
});

describe('a run that faults where no object lies', () => {
  it('is missed by all, and nothing is claimed of that access', () => {
    const found = compareDetectors(
      scenarioWith({
        steps: {
          one: {
            says: 'x',
            call: {
              function: 'strlen',
              arguments: [0x18],
              rsp: '0xffff880211337f00',
              returnTo: '0xffffffffa0451b2e',
            },
          },
        },
      } as never),
    );
    for (const { id, cause, reason, outcome } of found.detectors) {
      expect([cause, outcome.kind]).toEqual([null, 'fault']);
      if (id !== 'none') expect(reason).toMatch(/the access that ends the run, to 0x18, is to none$/u);
    }
  });
});
