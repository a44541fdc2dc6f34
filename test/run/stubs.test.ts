// Stubs as data: each kind of work on a release made for the test.
import { describe, expect, it } from 'vitest';
import { STRUCTS } from '../../src/kernel/structs/all.js';
import { SymbolTable } from '../../src/kernel/symbols.js';
import type { StubEntry, StubWork } from '../../src/release/form.js';
import { loadRelease } from '../../src/release/snippet.js';
import { createStubs } from '../../src/run/stubs.js';
import { worldWith } from '../helpers/small-world.js';

const OPERATIONS = 0xffffffff81700000n;
const symbols = new SymbolTable([
  { name: 'work', address: 0xffffffff81e80000n, size: 16, kind: 'function', source: 'test' },
  { name: 'operations', address: OPERATIONS, size: 8, kind: 'data', source: 'test' },
]);

const entry = (does: StubWork, symbol = 'work'): StubEntry => ({
  symbol,
  does,
  models: 'a test',
  leavesOut: 'nothing',
});

const open = (does: StubWork) => {
  const { heap, memory } = worldWith({});
  const findings: string[] = [];
  const onFinding = (message: string) => findings.push(message);
  const [stub] = createStubs([entry(does)], { heap, symbols, structs: STRUCTS, onFinding });
  const call = (...values: bigint[]) => stub!.run({ memory, argument: (index) => values[index] ?? 0n });
  return { heap, memory, findings, call };
};

describe('a stub that returns', () => {
  it.each([
    [7, 7n],
    [0, 0n],
    [null, undefined],
  ])('gives %s as %s', (returns, result) => {
    expect(open({ returns }).call()).toBe(result);
  });
});

describe('a stub that reads', () => {
  it('gives a field of its argument, and 0 where nothing is mapped', () => {
    const { heap, memory, call } = open({ reads: { struct: 'idr', field: 'layers' } });
    const at = heap.kzalloc(32);
    memory.writeU32(at + 0x10n, 3);
    expect(call(at)).toBe(3n);
    expect(call(0n)).toBe(0n);
  });
});

describe('a stub that puts', () => {
  const puts = {
    struct: 'vm_operations_struct',
    count: 'open',
    frees: [
      { field: 'close', by: 'kfree', where: { field: 'fault', holds: 'operations' } },
      { field: 'access', by: 'kzfree' },
    ],
    cache: 'size-64',
  } as const;

  const opened = (count: bigint, fault: bigint) => {
    const all = open({ puts });
    const { heap, memory } = all;
    const [at, one, other] = [heap.kzalloc(64), heap.kzalloc(32), heap.kzalloc(32)];
    memory.writeU64(other, 0x2fn);
    [count, one, fault, 0n, other].forEach((value, index) => memory.writeU64(at + BigInt(index * 8), value));
    return { ...all, at, one, other };
  };

  it('drops a reference', () => {
    const { heap, memory, call, at, one } = opened(2n, OPERATIONS);
    expect(call(at)).toBeUndefined();
    expect(memory.readU64(at)).toBe(1n);
    expect([at, one].every((address) => heap.isAllocated(address))).toBe(true);
  });

  it('frees pointers and object after the last one, cleared where the kernel clears', () => {
    const { heap, memory, call, at, one, other, findings } = opened(1n, OPERATIONS);
    call(at);
    expect([at, one, other].filter((address) => heap.isAllocated(address))).toEqual([]);
    expect(memory.readU64(other)).toBe(0n);
    expect(findings).toEqual([]);
  });

  it('leaves a pointer alone where another field does not hold what it must', () => {
    const { heap, call, at, one, other } = opened(1n, 0n);
    call(at);
    expect(heap.isAllocated(one)).toBe(true);
    expect(heap.isAllocated(other)).toBe(false);
  });

  it('reports an argument that is not mapped', () => {
    const { call, findings } = opened(1n, 0n);
    call(0x10n);
    expect(findings).toEqual(['work: the vm_operations_struct is not mapped']);
  });
});

describe('a stub of the heap', () => {
  it('allocates, frees, and measures', () => {
    const { heap, memory, call } = open({ heap: 'kmalloc' });
    const at = call(20n, 0x8000n)!;
    expect(memory.read(at, 32)).toEqual(new Uint8Array(32));
    expect(open({ heap: 'ksize' }).call(at)).toBe(0n); // another world
    expect(heap.ksize(at)).toBe(32);
    expect(call(1n << 40n, 0n)).toBe(0n);
  });

  it('finds a cache by its address, and reports what is not one', () => {
    const { heap, call, findings } = open({ heap: 'kmem_cache_free' });
    const at = heap.kmem_cache_alloc('size-32');
    call(heap.cacheAddress('size-32')!, at);
    expect(heap.isAllocated(at)).toBe(false);
    call(0x1234n, at);
    expect(findings).toHaveLength(1);
  });
});

describe('the stubs of a release', () => {
  it('exist for symbols of the world only', () => {
    const { heap } = worldWith({});
    expect(createStubs([entry({ returns: 0 }, 'elsewhere')], { heap, symbols, structs: STRUCTS })).toEqual(
      [],
    );
  });

  it('that need a struct or field of no release are an error that names it', () => {
    expect(() => open({ reads: { struct: 'nothing', field: 'x' } })).toThrow(
      'the stub of work needs struct nothing',
    );
    expect(() => open({ reads: { struct: 'idr', field: 'x' } })).toThrow('needs x of struct idr');
  });

  it('are functions that the release has no bytes of', () => {
    const release = loadRelease();
    const without = new Set(release.stubSymbols().map(({ name }) => name));
    expect(release.stubs.filter(({ symbol }) => !without.has(symbol))).toEqual([]);
  });
});
