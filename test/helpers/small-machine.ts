// A machine with a page of code, a page of data and a stack; for tests that bring their own bytes.
import { Machine, type CallOptions, type MachineObserver, type Stub } from '../../src/machine/machine.js';
import { PagedMemory, type Region } from '../../src/kernel/memory.js';
import type { EngineKind } from '../../src/machine/engine.js';
import { DEFAULT_ENGINE } from '../../src/machine/engines.js';
import { type CodeStop, codeStops } from '../../src/release/code-stops.js';
import { type Snippet, loadRelease } from '../../src/release/snippet.js';
import { fetchCode } from '../../src/x86/fetch.js';
import { SymbolTable } from '../../src/kernel/symbols.js';

export const CODE = 0xffffffff81f00000n;
export const DATA = 0xffff880000400000n;
export const STACK = 0xffff880000600000n; // 8 KiB
export const PER_CPU = 0xffff880000700000n;
export const RETURN = 0xffffffff81e00000n; // not mapped

const released = loadRelease().symbols;

/** @param code at CODE, or at `at`; the rest of its page is filled with bytes that are no instruction */
export const machineWith = (
  code: readonly number[],
  {
    regions = [],
    at = CODE,
    observer,
    engine = DEFAULT_ENGINE,
    ...options
  }: {
    readonly stubs?: readonly Stub[];
    /** Or what makes one of the finished memory. */
    readonly observer?: MachineObserver | ((memory: PagedMemory) => MachineObserver);
    readonly engine?: EngineKind;
    readonly regions?: readonly Region[];
    readonly at?: bigint;
    readonly stops?: readonly CodeStop[];
  } = {},
): Machine => {
  const memory = new PagedMemory([
    { start: at, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: 4096, protection: 'read-write', name: 'data' },
    { start: STACK, size: 8192, protection: 'read-write', name: 'stack' },
    { start: PER_CPU, size: 65536, protection: 'read-write', name: 'per-CPU area' },
    ...regions,
  ]);
  memory.write(at, new Uint8Array(4096).fill(0x06));
  memory.write(at, Uint8Array.from(code));
  const symbols = new SymbolTable([
    ...released.all(),
    { name: 'stub_one', address: 0xffffffff81e80000n, size: 16, kind: 'function', source: 'test' },
    { name: 'guest', address: at, size: 4096, kind: 'function', source: 'test' },
  ]);
  const snippet = { start: at, end: at, bytes: Uint8Array.from(code), manifest: {} } as Snippet; // all that is needed
  const stops = codeStops([snippet], engine.limits(), (address) => fetchCode(memory, address));
  const observed = typeof observer === 'function' ? observer(memory) : observer;
  return new Machine({
    memory,
    symbols,
    gsBase: PER_CPU,
    stops,
    engine,
    ...(observed === undefined ? {} : { observer: observed }),
    ...options,
  });
};

/** Call the code at CODE, or at `at`. */
export const callCode = (machine: Machine, options: Partial<CallOptions> = {}, at = CODE) =>
  machine.call(at, { rsp: STACK + 0x1f00n, returnTo: RETURN, budget: 5000, ...options });

/** The 8 bytes of a value, little-endian. */
export const quad = (value: bigint): number[] =>
  Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(index * 8)) & 0xffn));

/** mov $value,%rax; call *%rax */
export const callAbsolute = (target: bigint): number[] => [0x48, 0xb8, ...quad(target), 0xff, 0xd0];
