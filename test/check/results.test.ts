// Results by their type, objects by their fields: what counts as the same, and what is right without memory.
import { describe, expect, it } from 'vitest';
import type { WatchedRun } from '../../src/check/property/property.js';
import type { CallEffect } from '../../src/check/world/effect.js';
import { formatResult, resultTypeOf } from '../../src/check/world/result-type.js';
import type { ResultKind } from '../../src/check/world/subject.js';
import { PagedMemory } from '../../src/kernel/memory.js';
import { fabricate } from '../helpers/fabricated-run.js';

const HIGH = 0xdead_beef_0000_0000n;
const NO_MEMORY = { requests: [{ size: 32, flags: 0xd0, address: 0n, failed: true, site: 0n }] };

const OBJECTS = [
  { kzalloc: { as: 'sfd', struct: 'shm_file_data', set: { id: 1, file: '&sfd' } } },
  { kzalloc: { as: 'plain', size: 16 } },
];

const open = (returns: string, result?: ResultKind) =>
  fabricate({
    do: OBJECTS,
    check: { writes: ['sfd', 'plain'], promise: { like: {} }, ...(result === undefined ? {} : { result }) },
    returns,
  });

type Made = ReturnType<typeof open>;

// The trusted version left memory as it is now, and returned `value`.
const trusted = (
  { world, objects }: Made,
  value: bigint,
  change: Partial<CallEffect> = {},
): Partial<WatchedRun> => {
  const memory = new PagedMemory(world.memory.regions);
  memory.bytes.set(world.memory.bytes);
  return {
    expected: () => ({ value, memory, objects, own: new Map(), freed: new Set(), ...change }),
  };
};

describe('results are compared in the width of their type', () => {
  it.each([
    ['int', undefined, 0n, HIGH, true],
    ['int', undefined, 0n, 1n, false],
    ['unsigned short', undefined, 0x10000n, 0n, true],
    ['s8', undefined, 0xffn, 0xffff_ffffn, true],
    ['void', undefined, 1n, 2n, true],
    ['bool', undefined, 1n, 0xff01n, true],
    ['bool', undefined, 1n, 0n, false],
    ['bool', undefined, 1n, 2n, false],
    ['unsigned long', undefined, 1n, HIGH | 1n, false],
    ['char *', undefined, 0n, 0x10n, false],
    ['int', 'errno', 0xffff_ffean, HIGH | 0xffff_ffean, true],
    ['int', 'errno', 0xffff_ffean, 0xffff_fff4n, false],
  ] as const)('%s (%s): %s and %s', (returns, kind, expected, found, same) => {
    const made = open(returns, kind as ResultKind | undefined);
    const violation = made.judge('result', found, trusted(made, expected));
    expect(violation === undefined).toBe(same);
  });

  it('a bool that is neither 0 nor 1 breaks without any promise', () => {
    const made = fabricate({ do: [], returns: 'bool' });
    expect(made.judge('result', 2n)).toMatchObject({ difference: { what: 'bool', found: 2n } });
    expect(made.judge('result', 0x100n)).toBeUndefined();
  });

  it('are shown as their type is written', () => {
    const shown = (returns: string, value: bigint, kind?: ResultKind) =>
      formatResult(resultTypeOf({ returns, arguments: [] }, kind), value);
    expect(shown('int', 0xffff_ffean)).toBe('-22 (-EINVAL)');
    expect(shown('int', HIGH | 7n)).toBe('7');
    expect(shown('int', 12n)).toBe('12');
    expect(shown('unsigned int', 0xffff_ffffn)).toBe('-1 (0xffffffff)');
    expect(shown('bool', 1n)).toBe('true');
    expect(shown('bool', 3n)).toBe('3, which is no bool');
    expect(shown('char *', 0n)).toBe('NULL');
    expect(shown('char *', 0xffff_ffff_ffff_fff4n, 'pointer or ERR_PTR')).toBe('ERR_PTR(-ENOMEM)');
    expect(shown('char *', 0xffff_8803_0000_0040n)).toBe('0xffff880300000040');
    expect(shown('void', 5n)).toBe('nothing');
  });
});

describe('objects that the call may write are compared', () => {
  it('by the fields of their struct: padding does not count', () => {
    const made = open('int');
    const { address, world, judge } = made;
    const run = trusted(made, 0n);
    world.memory.writeU32(address('sfd') + 4n, 0x41414141); // between id and ns
    expect(judge('result', 0n, run)).toBeUndefined();
    world.memory.writeU32(address('sfd'), 2);
    expect(judge('result', 0n, run)).toMatchObject({
      difference: { what: 'object', object: 'sfd', struct: 'shm_file_data' },
    });
  });

  it('byte for byte where they are none', () => {
    const made = open('int');
    const run = trusted(made, 0n);
    made.world.memory.writeU8(made.address('plain') + 15n, 1);
    expect(made.judge('result', 0n, run)).toMatchObject({
      difference: { what: 'object', object: 'plain', struct: null },
    });
  });

  it('unless one of the two versions freed them', () => {
    const made = open('int');
    const { address, world, judge, freed } = made;
    const run = trusted(made, 0n);
    world.memory.writeU32(address('sfd'), 2);
    expect(judge('result', 0n, { ...run, foreign: freed('sfd') })).toBeUndefined();
    const other = open('int');
    const freedThere = trusted(other, 0n, { freed: new Set([other.address('sfd')]) });
    other.world.memory.writeU32(other.address('sfd'), 2);
    expect(other.judge('result', 0n, freedThere)).toBeUndefined();
  });
});

describe('pointers to allocations of the call', () => {
  const open2 = (returns: string, sizes: readonly [number, number]) => {
    const made = open(returns);
    const { world } = made;
    const [left, right] = sizes.map((size) => world.heap.kmalloc(size)) as [bigint, bigint];
    return { ...made, left, right, sizes };
  };
  const write = ({ world }: Made, at: bigint, text: string) =>
    world.memory.write(at, new TextEncoder().encode(text));

  it('are the same where they hold the same text, whatever their addresses', () => {
    const made = open2('const char *', [8, 32]);
    const { left, right, judge } = made;
    write(made, left, 'abc\0xxxx');
    write(made, right, 'abc\0yyyyyyyyy');
    const own = { own: new Map([[left, 8]]) };
    const live = { live: new Map([[right, 32]]) };
    expect(judge('result', right, { ...trusted(made, left, own), ...live })).toBeUndefined();
    const run = { ...trusted(made, left, own), ...live };
    write(made, right, 'abd\0');
    expect(judge('result', right, run)).toMatchObject({ difference: { what: 'text' } });
    write(made, right, 'abcd'.repeat(8));
    expect(judge('result', right, run)).toMatchObject({ difference: { what: 'text', found: undefined } });
  });

  it('are the same where their structs have the same fields', () => {
    const made = open2('struct shm_file_data *', [32, 32]);
    const { left, right, world, judge } = made;
    world.memory.write(left, new Uint8Array(32));
    world.memory.write(right, new Uint8Array(32));
    const run = { ...trusted(made, left, { own: new Map([[left, 32]]) }), live: new Map([[right, 32]]) };
    expect(judge('result', right, run)).toBeUndefined();
    world.memory.writeU64(right + 16n, 1n);
    expect(judge('result', right, run)).toMatchObject({ difference: { object: '*result' } });
  });

  it('differ where only one of them is an allocation, or they point to other places in them', () => {
    const made = open2('char *', [8, 8]);
    const { left, right, judge, address } = made;
    const own = { own: new Map([[left, 8]]) };
    const live = { live: new Map([[right, 8]]) };
    expect(judge('result', address('sfd'), { ...trusted(made, left, own), ...live })).toBeDefined();
    expect(judge('result', right + 1n, { ...trusted(made, left, own), ...live })).toBeDefined();
    expect(judge('result', 0n, { ...trusted(made, left, own), ...live })).toBeDefined();
  });

  it('in objects that the call may write are the same likewise', () => {
    const made = open2('int', [32, 64]);
    const { left, right, world, judge, address } = made;
    world.memory.writeU64(address('sfd') + 16n, left);
    const run = { ...trusted(made, 0n, { own: new Map([[left, 32]]) }), live: new Map([[right, 64]]) };
    world.memory.writeU64(address('sfd') + 16n, right);
    expect(judge('result', 0n, run)).toBeUndefined();
    world.memory.writeU64(address('sfd') + 16n, right + 8n);
    expect(judge('result', 0n, run)).toBeDefined();
  });
});

describe('without memory', () => {
  it.each([
    ['int', 'errno', 0xffff_fff4n, true],
    ['int', 'errno', HIGH | 0xffff_fff4n, true],
    ['int', 'errno', 12n, false],
    ['char *', undefined, 0n, true],
    ['char *', undefined, 0xffff_ffff_ffff_fff4n, false],
    ['char *', 'pointer or ERR_PTR', 0xffff_ffff_ffff_fff4n, true],
    ['char *', 'pointer or ERR_PTR', 0n, true],
    ['char *', 'pointer or ERR_PTR', 12n, false],
    ['bool', undefined, 0n, true],
    ['void', undefined, 12n, true],
    ['unsigned int', undefined, 12n, true],
  ] as const)('%s (%s): %s', (returns, kind, value, isRight) => {
    const made = open(returns, kind);
    const run = { ...trusted(made, 0x77n), ...NO_MEMORY };
    expect(made.judge('allocation-failure', value, run) === undefined).toBe(isRight);
    expect(made.judge('result', value, run)).toBeUndefined();
  });

  it('the promised result is right as well, and a trap is not', () => {
    const made = open('int', 'errno');
    const run = { ...trusted(made, 5n), ...NO_MEMORY };
    expect(made.judge('allocation-failure', 5n, run)).toBeUndefined();
    const trap = { kind: 'exception', at: 0n, halted: false } as const;
    expect(made.judge('allocation-failure', trap, run)).toMatchObject({ property: 'allocation-failure' });
    expect(made.judge('ends', trap, run)).toBeUndefined();
  });

  it('a run without end is the business of ends', () => {
    const made = open('int', 'errno');
    const budget = { kind: 'budget', at: 0n } as const;
    expect(made.judge('allocation-failure', budget, NO_MEMORY)).toBeUndefined();
    expect(made.judge('ends', budget, NO_MEMORY)).toMatchObject({ property: 'ends' });
  });

  it('success is not looked at where nothing is promised', () => {
    const made = fabricate({ do: [], returns: 'int' });
    expect(made.judge('allocation-failure', 0n, NO_MEMORY)).toBeUndefined();
  });

  it('a request that no kernel serves is no lack of memory', () => {
    const made = open('int', 'errno');
    const requests = [{ size: 2 ** 64 - 1, flags: 0xd0, address: 0n, failed: false, site: 0n }];
    expect(made.judge('result', 0xffff_fff4n, { ...trusted(made, 0n), requests })).toBeDefined();
  });
});

describe('flags of allocations', () => {
  const asks = (flags: number, more: object = {}, check: object = {}) =>
    fabricate({ do: [], check }).judge('allocation-flags', 0n, {
      requests: [{ size: 32, flags, address: 0x10n, failed: false, site: 0n, ...more }],
    });

  it.each([
    [0xd0, undefined], // GFP_KERNEL
    [0x20, undefined], // GFP_ATOMIC
    [0x80d1, undefined], // GFP_KERNEL | __GFP_ZERO | __GFP_DMA
    [0x80_00d0, undefined], // GFP_KERNEL | __GFP_OTHER_NODE
    [0x3, 'refused'],
    [0xd4, 'refused'],
    [0x8000_00d0, 'refused'],
  ])('0x%x: %s', (flags, why) => {
    expect((asks(flags) as { why?: string } | undefined)?.why).toBe(why);
  });

  it('may not let the call sleep with interrupts off, or where the check says atomic', () => {
    expect(asks(0xd0, { interruptsOff: true })).toMatchObject({ why: 'sleeps' });
    expect(asks(0xd0, {}, { atomic: true })).toMatchObject({ why: 'sleeps' });
    expect(asks(0x20, { interruptsOff: true }, { atomic: true })).toBeUndefined();
  });

  it('are not looked at where kmalloc() refuses the size', () => {
    expect(asks(0x3, { size: 0 })).toBeUndefined();
    expect(asks(0x3, { size: 2 ** 40 })).toBeUndefined();
  });
});
