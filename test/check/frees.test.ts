// What a call may free, must free, and may leave: judged on stated runs over a real heap.
import { describe, expect, it } from 'vitest';
import { fabricate } from '../helpers/fabricated-run.js';

const ENOMEM = 0xffff_fff4n; // -12 as an int, with garbage-free upper half
const OBJECTS = [
  { kzalloc: { as: 'conn', size: 32 } },
  { kzalloc: { as: 'log', size: 20 } },
  { kzalloc: { as: 'reason', size: 32 } },
];
const FREES = { conn: 'on success', log: 'maybe', reason: 'never' } as const;
const CHECK = { frees: FREES, writes: ['conn', 'log'] };

const open = (check: object = CHECK, returns = 'int') => fabricate({ do: OBJECTS, check, returns });

describe('frees', () => {
  it.each([
    ['on success, an object that is freed then', ['conn'], 0n, true],
    ['on success, one that may be freed', ['conn', 'log'], 0n, true],
    ['on failure, one that is freed on success only', ['conn'], ENOMEM, false],
    ['on failure, with garbage above the int', ['conn'], 0xdead_0000_0000_0000n | ENOMEM, false],
    ['on failure, one that may be freed', ['log'], ENOMEM, true],
    ['one that may never be freed', ['conn', 'reason'], 0n, false],
  ] as const)('%s', (_what, names, value, isRight) => {
    const { freed, judge } = open();
    const violation = judge('frees', value, { foreign: freed(...names) });
    if (isRight) expect(violation).toBeUndefined();
    else expect(violation).toMatchObject({ property: 'frees', object: names.at(-1) });
  });

  it('an object that the check does not name may never be freed', () => {
    const { freed, judge } = open({});
    expect(judge('frees', 0n, { foreign: freed('log') })).toMatchObject({ object: 'log', may: 'never' });
  });

  it('an object without a name may never be freed', () => {
    const { judge } = open();
    const foreign = [{ address: 0xffff_8802_0000_0000n, object: undefined, site: 0n }];
    expect(judge('frees', 0n, { foreign })).toMatchObject({ object: undefined, may: 'never' });
  });

  it('a result that cannot say failure counts as success', () => {
    const { freed, judge } = open(CHECK, 'void');
    expect(judge('frees', ENOMEM, { foreign: freed('conn') })).toBeUndefined();
  });

  it('a call that does not return has freed what may never be freed, and no more is said', () => {
    const { freed, judge } = open();
    const budget = { kind: 'budget', at: 0n } as const;
    expect(judge('frees', budget, { foreign: freed('conn') })).toBeUndefined();
    expect(judge('frees', budget, { foreign: freed('reason') })).toMatchObject({ object: 'reason' });
  });

  it('what the heap complains about names the object', () => {
    const { address, judge } = open();
    const finding = `double free: 0x${address('log').toString(16)} of size-32 is free already`;
    expect(judge('frees', 0n, { findings: [finding] })).toMatchObject({ object: 'log', finding });
  });
});

describe('no-leak', () => {
  it('what must be freed and is not, is named', () => {
    const { freed, judge } = open();
    expect(judge('no-leak', 0n)).toMatchObject({ unfreed: ['conn'], leaked: [] });
    expect(judge('no-leak', 0n, { foreign: freed('conn') })).toBeUndefined();
    expect(judge('no-leak', ENOMEM)).toBeUndefined();
  });

  it.each([
    ['always', ENOMEM, ['conn']],
    ['always', 0n, ['conn']],
    ['on failure', ENOMEM, ['conn']],
    ['on failure', 0n, []],
    ['maybe', 0n, []],
  ] as const)('%s, with the result %s', (when, value, unfreed) => {
    const { judge } = open({ frees: { conn: when } });
    const violation = judge('no-leak', value);
    expect(violation === undefined ? [] : (violation as { unfreed: unknown }).unfreed).toEqual(unfreed);
  });

  it('an object that was free before, or has no memory, need not be freed', () => {
    const { address, world, judge } = open();
    world.heap.kfree(address('conn'));
    expect(judge('no-leak', 0n)).toBeUndefined();
  });

  it('the result of a pointer type is not lost; what RAX holds of a void function is no result', () => {
    for (const [returns, isLost] of [
      ['char *', false],
      ['unsigned long', false],
      ['int', true],
      ['void', true],
    ] as const) {
      const { world, judge } = open({}, returns);
      const own = world.heap.kmalloc(32);
      const violation = judge('no-leak', own, { live: new Map([[own, 32]]) });
      expect(violation, returns).toEqual(
        isLost ? { property: 'no-leak', leaked: [own], unfreed: [] } : undefined,
      );
    }
  });

  it('an allocation that an object of the call points to is not lost, nor what that one points to', () => {
    const { address, world, judge } = open();
    const first = world.heap.kmalloc(32);
    const second = world.heap.kmalloc(64);
    const live = new Map([[first, 32], [second, 64]]); // prettier-ignore
    world.memory.writeU64(first + 24n, second + 8n); // into its middle, as a list does
    expect(judge('no-leak', ENOMEM, { live })).toMatchObject({ leaked: [first, second] });
    world.memory.writeU64(address('log') + 8n, first);
    expect(judge('no-leak', ENOMEM, { live })).toBeUndefined();
  });

  it('an object that the call only reads, or that it has freed, keeps nothing', () => {
    const { address, freed, world, judge } = open();
    const own = world.heap.kmalloc(64);
    world.memory.writeU64(address('reason'), own);
    world.memory.writeU64(address('conn'), own);
    const live = new Map([[own, 64]]);
    expect(judge('no-leak', 0n, { live, foreign: freed('conn') })).toMatchObject({ leaked: [own] });
  });
});
