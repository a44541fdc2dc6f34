// What a candidate may call besides what cifs_build_path_to_root() does: string and memory functions against plain
// models of lib/string.c, emulated and on this machine's own CPU, and the stubs around allocation.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageStart } from '../../src/base/address.js';
import type { Stub } from '../../src/machine/machine.js';
import { PagedMemory } from '../../src/kernel/memory.js';
import { replay } from '../../src/run/replay.js';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';
import type { HeapFinding } from '../../src/run/allocator.js';
import { SlabHeap } from '../../src/run/slab-heap.js';
import { heapRegions } from '../../src/kernel/slab-layout.js';
import { loadRelease } from '../../src/release/snippet.js';
import { createStubs } from '../../src/run/stubs.js';
import { runGuest } from '../helpers/guest-library.js';
import { NativeCpu, native } from '../helpers/native-cpu.js';
import { DATA, RETURN, STACK, machineWith, quad } from '../helpers/small-machine.js';

const release = loadRelease();

/** Arguments: an offset into the memory that a call gets, or a number. */
type Argument = { readonly at: number } | number;
/** What a function gives: a pointer into that memory, a number, or null for NULL. */
type Result = { readonly at: number } | number | null;

interface Case {
  readonly memory: Uint8Array;
  readonly arguments: readonly Argument[];
}

interface Callable {
  readonly cases: fc.Arbitrary<Case>;
  /** Does it to `memory`; places are offsets, and so is a pointer that it gives. */
  readonly model: (memory: Uint8Array, a: number, b: number, c: number) => Result;
}

const byte = fc.oneof(fc.constantFrom(0x2f, 0x5c, 0x01, 0xff), fc.integer({ min: 1, max: 0xff }));
const string = fc.array(byte, { maxLength: 30 });
const character = fc.oneof(byte, fc.constant(0), fc.integer({ min: 0x100, max: 0x7fffffff }));
const rest = fc.array(fc.nat(0xff), { minLength: 128, maxLength: 128 });

const SECOND = 64; // where the second of two places is

/** Two strings in memory of any bytes. */
const strings = (third: fc.Arbitrary<readonly number[]> = fc.constant([])): fc.Arbitrary<Case> =>
  fc.tuple(rest, string, string, fc.boolean(), third).map(([bytes, first, own, alike, more]) => {
    const memory = Uint8Array.from(bytes);
    memory.set([...first, 0], 0);
    memory.set([...(alike ? first : own), 0], SECOND);
    return { memory, arguments: [{ at: 0 }, { at: SECOND }, ...more] };
  });
const stringAnd = (argument: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc.tuple(strings(), argument).map(([{ memory }, value]) => ({ memory, arguments: [{ at: 0 }, value] }));
const two = (
  a: fc.Arbitrary<number>,
  b: fc.Arbitrary<number>,
  count: fc.Arbitrary<number>,
): fc.Arbitrary<Case> =>
  fc.tuple(rest, a, b, count).map(([bytes, first, second, size]) => ({
    memory: Uint8Array.from(bytes),
    arguments: [{ at: first }, { at: second }, size],
  }));

const lengthAt = (memory: Uint8Array, at: number): number => memory.indexOf(0, at) - at;
const sign = (value: number): number => Math.sign(value);

// Source: lib/string.c, v3.0.101; memory functions: include/linux/string.h's contract
const CALLABLE: Readonly<Record<string, Callable>> = {
  strcpy: {
    cases: strings(),
    model: (memory, dest, src) => {
      memory.copyWithin(dest, src, src + lengthAt(memory, src) + 1);
      return { at: dest };
    },
  },
  strcat: {
    cases: strings(),
    model: (memory, dest, src) => {
      memory.copyWithin(dest + lengthAt(memory, dest), src, src + lengthAt(memory, src) + 1);
      return { at: dest };
    },
  },
  strlcpy: {
    cases: strings(fc.nat(40).map((size) => [size])),
    model: (memory, dest, src, size) => {
      const length = lengthAt(memory, src);
      if (size === 0) return length;
      const copied = Math.min(length, size - 1);
      memory.copyWithin(dest, src, src + copied);
      memory[dest + copied] = 0;
      return length;
    },
  },
  strcmp: {
    cases: strings(),
    model: (memory, a, b) =>
      sign(
        Buffer.compare(memory.subarray(a, memory.indexOf(0, a)), memory.subarray(b, memory.indexOf(0, b))),
      ),
  },
  strchr: {
    cases: stringAnd(character),
    model: (memory, s, c) => {
      const at = memory.indexOf(c & 0xff, s);
      return at < 0 || at > memory.indexOf(0, s) ? null : { at };
    },
  },
  strrchr: {
    cases: stringAnd(character),
    model: (memory, s, c) => {
      const at = memory.lastIndexOf(c & 0xff, memory.indexOf(0, s));
      return at < s ? null : { at };
    },
  },
  memset: {
    cases: fc.tuple(rest, fc.nat(60), character, fc.nat(60)).map(([bytes, at, c, count]) => ({
      memory: Uint8Array.from(bytes),
      arguments: [{ at }, c, count],
    })),
    model: (memory, s, c, count) => {
      memory.fill(c & 0xff, s, s + count);
      return { at: s };
    },
  },
  memcpy: {
    cases: two(fc.nat(4), fc.integer({ min: 64, max: 68 }), fc.nat(60)),
    model: (memory, to, from, count) => {
      memory.copyWithin(to, from, from + count);
      return { at: to };
    },
  },
  memmove: {
    cases: two(fc.nat(50), fc.nat(50), fc.nat(70)),
    model: (memory, to, from, count) => {
      memory.copyWithin(to, from, from + count);
      return { at: to };
    },
  },
  memcmp: {
    cases: fc.oneof(
      two(fc.nat(60), fc.nat(60), fc.nat(60)),
      fc.tuple(strings(), fc.nat(40)).map(([{ memory }, count]) => ({
        memory,
        arguments: [{ at: 0 }, { at: SECOND }, count],
      })),
    ),
    model: (memory, a, b, count) => {
      for (let index = 0; index < count; index += 1) {
        const difference = memory[a + index]! - memory[b + index]!;
        if (difference !== 0) return difference;
      }
      return 0;
    },
  },
};

const modelled = (
  { model }: Callable,
  { memory, arguments: args }: Case,
): { result: Result; memory: Uint8Array } => {
  const after = memory.slice();
  const [a = 0, b = 0, c = 0] = args.map((one) => (typeof one === 'number' ? one : one.at));
  return { result: model(after, a, b, c), memory: after };
};
const valuesAt = (base: bigint, args: readonly Argument[]): bigint[] =>
  args.map((one) => (typeof one === 'number' ? BigInt(one) : base + BigInt(one.at)));
// An int in RAX has no upper half.
const resultAt = (base: bigint, value: bigint, like: Result): Result => {
  if (typeof like === 'number') return Number(BigInt.asIntN(32, value));
  return value === 0n ? null : { at: Number(value - base) };
};

describe.each(Object.entries(CALLABLE))('%s', (name, callable) => {
  const { start, bytes, manifest } = release.findSnippet(name)!;
  const region = {
    start: pageStart(start),
    size: 4096,
    protection: 'read-execute',
    name: 'library',
  } as const;
  const machine = machineWith([], { regions: [region] });
  machine.memory.write(start, bytes);
  afterAll(() => machine.close());

  const emulate = ({ memory, arguments: args }: Case): { value: bigint; memory: Uint8Array } => {
    machine.memory.write(DATA, memory);
    const options = { rsp: STACK + 0x1f00n, returnTo: RETURN, budget: 5000 };
    const result = machine.call(start, { ...options, arguments: valuesAt(DATA, args) });
    if (result.kind !== 'returned') throw new Error(`${name}: ${result.kind}`);
    return { value: result.value, memory: machine.memory.read(DATA, memory.length) };
  };

  it('does what its source says, emulated', () => {
    fc.assert(
      fc.property(callable.cases, (one) => {
        const wanted = modelled(callable, one);
        const { value, memory } = emulate(one);
        expect(resultAt(DATA, value, wanted.result)).toEqual(wanted.result);
        expect(memory).toEqual(wanted.memory);
      }),
      { numRuns: 300 },
    );
  });

  it('is declared with its arguments, calls nothing, and lies in a world only on demand', () => {
    expect(manifest.prototype.arguments.length).toBeGreaterThanOrEqual(2);
    expect(manifest.calls).toEqual([]);
    expect(manifest.onDemand).toBe(true);
  });
});

describe.skipIf(!native)('on the CPU of this machine (needs Linux on x86-64)', () => {
  let cpu: NativeCpu;
  beforeAll(async () => {
    cpu = await NativeCpu.start();
    await cpu.place(
      Object.keys(CALLABLE).map((name) => {
        const { start, bytes } = release.findSnippet(name)!;
        return { name, at: start, bytes };
      }),
    );
  });
  afterAll(() => {
    cpu.close();
  });

  it.each(Object.entries(CALLABLE))('%s does what its source says', async (name, callable) => {
    await fc.assert(
      fc.asyncProperty(callable.cases, async (one) => {
        const wanted = modelled(callable, one);
        const { result, memory } = await cpu.call(name, one.memory, ...valuesAt(cpu.base, one.arguments));
        expect(resultAt(cpu.base, result, wanted.result)).toEqual(wanted.result);
        expect(memory).toEqual(wanted.memory);
      }),
      { numRuns: 200 },
    );
  });
});

describe('stubs', () => {
  const description = {
    cpu: 0,
    cpus: 1,
    caches: [
      { name: 'size-32', frames: [0x20000n, 0x20001n] },
      { name: 'size-64', frames: [0x20002n] },
      { name: 'size-128', frames: [0x20003n] },
      { name: 'size-512', frames: [0x20004n] },
    ],
  };
  const open = () => {
    const memory = new PagedMemory(heapRegions(description));
    const heap = new SlabHeap(memory, description);
    const findings: HeapFinding[] = [];
    heap.observer = { onFinding: (finding) => findings.push(finding) };
    const stubs = new Map(
      createStubs(release.stubs, { heap, symbols: release.symbols, structs: release.structs }).map((stub) => [
        stub.symbol,
        stub,
      ]),
    );
    const call = (symbol: string, ...args: bigint[]): bigint | undefined =>
      (stubs.get(symbol) as Stub).run({ memory, argument: (index) => args[index] ?? 0n });
    return { memory, findings, call, heap };
  };
  const GFP_KERNEL = 0xd0n;
  const GFP_ZERO = 0x8000n;

  it('__kmalloc clears the whole object with __GFP_ZERO, and nothing without', () => {
    const { memory, call } = open();
    const dirty = new Uint8Array(32).fill(0x2f);
    const first = call('__kmalloc', 5n, GFP_KERNEL)!;
    memory.write(first, dirty);
    call('kfree', first);
    expect(call('__kmalloc', 5n, GFP_KERNEL)).toBe(first);
    expect(memory.read(first, 32)).toEqual(dirty);
    call('kfree', first);
    expect(call('__kmalloc', 5n, GFP_KERNEL | GFP_ZERO)).toBe(first);
    expect(memory.read(first, 32)).toEqual(new Uint8Array(32));
  });

  it('__kmalloc gives NULL for what no cache holds, with __GFP_ZERO too', () => {
    const { call } = open();
    for (const size of [513n, 4097n, 0x40_0001n, 2n ** 64n - 1n])
      expect(call('__kmalloc', size, GFP_ZERO)).toBe(0n);
    expect(call('__kmalloc', 0n, GFP_ZERO)).toBe(16n); // ZERO_SIZE_PTR
  });

  it('ksize is the size of the object, and 0 for any other address', () => {
    const { call, heap } = open();
    for (const size of [1, 32, 33, 64, 100, 300]) {
      const at = call('__kmalloc', BigInt(size), GFP_KERNEL)!;
      expect(call('ksize', at)).toBe([32n, 64n, 128n, 512n].find((one) => one >= BigInt(size)));
      expect(call('ksize', at + 1n)).toBe(0n);
    }
    expect(call('ksize', 0n)).toBe(0n);
    expect(call('ksize', 16n)).toBe(0n);
    expect(call('ksize', heap.cacheChain)).toBe(0n);
  });

  it('kfree of NULL does nothing; twice, or of anything but an object, it is a finding', () => {
    const { call, findings } = open();
    const at = call('__kmalloc', 32n, GFP_KERNEL)!;
    call('kfree', 0n);
    call('kfree', at);
    expect(findings).toEqual([]);
    call('kfree', at);
    call('kfree', at + 4n);
    call('kfree', 0x1234n);
    expect(findings.map(({ kind }) => kind)).toEqual(['double free', 'misaligned free', 'foreign free']);
  });

  it('printk returns 0', () => {
    expect(open().call('printk', 0n)).toBe(0n);
  });

  it('take any argument', () => {
    const { call, heap } = open();
    const object = call('__kmalloc', 32n, GFP_KERNEL)!;
    const value = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: -64, max: 4096 }).map((offset) => BigInt.asUintN(64, object + BigInt(offset))),
      fc.integer({ min: -64, max: 64 }).map((offset) => BigInt.asUintN(64, heap.cacheChain + BigInt(offset))),
    );
    fc.assert(
      fc.property(fc.constantFrom('ksize', 'kfree', '__kmalloc', 'printk'), value, value, (symbol, a, b) => {
        expect(() => call(symbol, a, b)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('functions on demand', () => {
  const onDemandIn = (scenario: Scenario): string[] => {
    const known = new Set(replay(scenario).header.symbols.map(({ name }) => name));
    return release.onDemand.filter((name) => known.has(name));
  };
  const bug = loadScenario('shm-close-bug');
  const using = (name: string): Scenario => bug.with({ variants: { cifs_build_path_to_root: name } });

  it('are what only a candidate or a user calls', () => {
    expect(release.onDemand.toSorted()).toEqual(
      [...Object.keys(CALLABLE), 'kfree', 'ksize', 'printk'].toSorted(),
    );
  });

  it('are all named in docs/snippets.md', () => {
    const page = readFileSync(new URL('../../docs/snippets.md', import.meta.url), 'utf8');
    expect(release.onDemand.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('are in no recording of a scenario that calls none of them', () => {
    expect(onDemandIn(bug)).toEqual([]);
  });

  it('are there where the code of the scenario calls them', () => {
    expect(onDemandIn(using('memset-misses-nul'))).toEqual(['memset']);
    expect(onDemandIn(using('bound-by-object-size'))).toEqual(['ksize']);
  });

  it('are there where a step calls them', () => {
    const { spec } = bug;
    const call = { ...spec.steps['mount']!.call!, function: 'strlcpy', arguments: ['&vol', '&tcon', 0] };
    expect(onDemandIn(bug.with({ steps: { mount: { ...spec.steps['mount']!, call } } }))).toEqual([
      'strlcpy',
    ]);
  });

  it('are all there for code of a user, which may call them in any way', () => {
    // movabs $memset,%rax; jmp *%rax: no direct call says so
    const { start } = release.findSnippet('memset')!;
    const code = [0x31, 0xd2, 0x48, 0xb8, ...quad(start), 0xff, 0xe0]; // with a count of 0
    const { header } = runGuest(code);
    expect(header.outcome.kind).toBe('returned');
    const known = new Set(header.symbols.map(({ name }) => name));
    expect(release.onDemand.filter((name) => !known.has(name))).toEqual([]);
  });
});
