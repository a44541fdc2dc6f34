// The map of path length against previous contents: every cell against a plain model of the C source.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultContents } from '../../src/chart/contents.js';
import { findSwept, pathOfLength, shortened } from '../../src/chart/sweep-paths.js';
import { type SweepCell, sweep } from '../../src/chart/sweep.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { replay } from '../../src/run/replay.js';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';
import { locateOutOfBounds } from '../../src/reading/out-of-bounds.js';
import { RecordedState } from '../../src/recording/state.js';
import { cases } from '../helpers/effort.js';
import { buildPathToRoot, kmallocSize } from '../helpers/overrun-model.js';

const bug = loadScenario('shm-close-bug');
const LENGTHS = Array.from({ length: 40 }, (_, index) => index + 1);

// The mount as the model takes it: what a length's texts are, and the memory that it finds.
const model = (scenario: Scenario, cell: SweepCell, delimiter: string, beyond: Uint8Array) => {
  const { texts } = findSwept(scenario);
  const inDfs = cell.length >= texts.length;
  const names = inDfs ? texts : texts.slice(-1);
  const set = pathOfLength(names, readParameters(scenario), cell.length);
  const parameters = readParameters(scenario, set);
  const bytes = (name: string): Uint8Array => {
    const value = parameters.get(name);
    return value?.type === 'text' ? value.bytes : new Uint8Array();
  };
  const mount = { inDfs, treeName: bytes('tree'), prepath: bytes('prepath'), posixPaths: delimiter === '/' };
  const memory = Uint8Array.of(...cell.stale, ...beyond);
  return buildPathToRoot(mount, memory, 0, scenario.name === 'shm-close-control');
};

const damageOf = (before: Uint8Array, after: Uint8Array, size: number) =>
  [...after].flatMap((to, at) => (at >= size && before[at] !== to ? [{ at, from: before[at]!, to }] : []));

/** The bytes after the slot in the page: from the recording of the same mount over zeros, which changes nothing. */
const afterSlot = (scenario: Scenario, cell: SweepCell, delimiter: string): Uint8Array => {
  const { texts } = findSwept(scenario);
  const inDfs = cell.length >= texts.length;
  const subject = inDfs ? scenario : shortened(findSwept(scenario))!.scenario;
  const names = inDfs ? texts : texts.slice(-1);
  const set = new Map([
    ...pathOfLength(names, readParameters(scenario), cell.length),
    ['previous', 'zero'] as const,
    ['delimiter', delimiter] as const,
  ]);
  const recording = replay(subject, { set });
  const state = stateAfterMount(recording);
  const start = cell.slot + BigInt(cell.stale.length);
  let size = 0;
  while (state.isMapped(start, size + 1) && size < 4096) size += 1;
  return state.read(start, size);
};

const stateAfterMount = (recording: ReturnType<typeof replay>): RecordedState => {
  const step = recording.header.steps.find(({ step: name }) => name === 'mount')!;
  return new RecordedState(recording).seek(step.to - 1);
};

describe('the sweep', () => {
  it.each([
    ['shm-close-bug', '\\'],
    ['shm-close-bug', '/'],
    ['shm-close-control', '\\'],
  ])('of %s with delimiter %s: every cell is what the C source does', (name, delimiter) => {
    const scenario = loadScenario(name);
    const set = new Map([['delimiter', delimiter]]);
    const { rows } = sweep(scenario, { lengths: LENGTHS, previous: defaultContents('shm_file_data'), set });
    const beyond = new Map(rows[0]!.cells.map((cell) => [cell.length, afterSlot(scenario, cell, delimiter)]));
    let harmed = 0;
    for (const { cells } of rows) {
      expect(cells.map(({ length }) => length)).toEqual(LENGTHS);
      for (const cell of cells) {
        const { length, cache, stale, damage } = cell;
        expect(cache).toBe(`size-${kmallocSize(length + 1)}`);
        const around = Uint8Array.of(...stale, ...beyond.get(length)!);
        const { memory, ranOut } = model(scenario, cell, delimiter, beyond.get(length)!);
        expect(ranOut).toBe(false);
        expect(damage.map(({ at, from, to }) => ({ at, from, to }))).toEqual(
          damageOf(around, memory, stale.length),
        );
        harmed += damage.length;
      }
    }
    if (name === 'shm-close-bug' && delimiter === '\\') expect(harmed).toBeGreaterThan(90);
    if (name === 'shm-close-control') expect(harmed).toBe(0);
  });

  it('of the published mount: 1 to 7 bytes are safe, 8 to 31 hit the id, and end in the BUG', () => {
    const { rows } = sweep(bug, { lengths: LENGTHS, previous: ['shm_file_data'] });
    for (const { length, damage, outcome } of rows[0]!.cells) {
      const isHit = length >= 8 && length <= 31;
      expect(damage.map(({ object, field, from, to }) => ({ object, field, from, to }))).toEqual(
        isHit ? [{ object: 'sfd', field: 'shm_file_data.id', from: 0x2f, to: 0x5c }] : [],
      );
      expect(outcome.kind).toBe(isHit ? 'bug' : 'returned');
    }
  });

  it('says what a recording of the same mount says', () => {
    const { texts } = findSwept(bug);
    const previous = ['shm_file_data', ...defaultContents('x').slice(2)];
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.constantFrom(...previous), (length, contents) => {
        const [cell] = sweep(bug, { lengths: [length], previous: [contents] }).rows[0]!.cells;
        const set = new Map([
          ...pathOfLength(texts, readParameters(bug), length),
          ['previous', contents] as const,
        ]);
        const recording = replay(bug, { set });
        const writes = locateOutOfBounds(recording).filter(
          ({ access, old, new: now }) => access === 'write' && old !== now,
        );
        expect(cell!.damage.map(({ address, from, to }) => [`0x${address.toString(16)}`, from, to])).toEqual(
          writes.map(({ address, old, new: now }) => [address, Number(old), Number(now)]),
        );
        expect(cell!.outcome).toEqual(recording.header.outcome);
      }),
      { numRuns: cases(20) },
    );
  });

  it('takes a scenario that mounts nothing as bad input', () => {
    const { mount: _mount, ...steps } = bug.spec.steps;
    expect(() => sweep(bug.with({ steps }), { lengths: [8], previous: ['zero'] })).toThrow(
      /cannot be swept/u,
    );
  });
});

describe('a path of a chosen length', () => {
  it('has that length, starts as the defaults do, and is what --set takes', () => {
    const { texts } = findSwept(bug);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1034 }), (length) => {
        const set = pathOfLength(texts, readParameters(bug), length);
        const bytes = [...readParameters(bug, set).values()].flatMap((value) =>
          value.type === 'text' ? [...value.bytes] : [],
        );
        expect(bytes).toHaveLength(length);
        const tree = bytes.slice(0, Math.min(11, length - 1));
        expect(String.fromCharCode(...tree)).toBe(String.raw`\\fs01\data`.slice(0, tree.length));
        expect(bytes[tree.length]).toBe(0x2f);
      }),
      { numRuns: cases(300) },
    );
  });
});
