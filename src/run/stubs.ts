// Functions that the sandbox does instead of running bytes, made from their descriptions in a release's files.
// They work on guest memory and the heap; arguments of the guest are never trusted.

import type { Addr } from '../base/address.js';
import { findField } from '../kernel/layout.js';
import type { WritableMemory } from '../kernel/memory.js';
import type { Structs } from '../kernel/structs/all.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { Stub, StubCall } from '../machine/machine.js';
import type { StubEntry, StubWork } from '../release/form.js';
import type { Allocator } from './allocator.js';
import type { RuledAllocations } from './ruled-allocations.js';

/** Something wrong that a stub met; a sentence. */
export type StubFinding = (message: string) => void;

/** gfp flag: clear the memory. Source: __GFP_ZERO, include/linux/gfp.h, v3.0.101 */
const GFP_ZERO = 0x8000;

/** Larger requests fail without a look at the heap. Source: KMALLOC_MAX_SIZE, include/linux/slab.h, v3.0.101 */
const MOST = 0x40_0000n;

interface StubWorld {
  readonly heap: Allocator;
  readonly symbols: SymbolTable;
  readonly structs: Structs;
  /** Decides about allocations before the heap does. */
  readonly allocations?: RuledAllocations;
  readonly onFinding?: StubFinding | undefined;
}

type Run = Stub['run'];

const onHeap = (world: StubWorld): Record<NonNullable<StubWork['heap']>, Run> => {
  const { heap, allocations, onFinding } = world;
  return {
    kmalloc: (call) => {
      const size = call.argument(0);
      const flags = Number(BigInt.asUintN(32, call.argument(1)));
      const isPossible = size <= MOST;
      const failed = isPossible && allocations?.prepare(Number(size)) === false;
      let address = 0n;
      if (isPossible && !failed) {
        const isZeroed = (flags & GFP_ZERO) !== 0;
        address = isZeroed ? heap.kzalloc(Number(size)) : heap.kmalloc(Number(size));
        if (!isZeroed && address !== 0n) allocations?.spoil(address);
      }
      allocations?.onRequest?.({ size, flags, address, failed });
      return address;
    },
    kfree: (call) => void heap.kfree(call.argument(0)),
    ksize: (call) => BigInt(heap.ksize(call.argument(0))),
    kmem_cache_free: (call) => {
      const cache = heap.cacheName(call.argument(0));
      if (cache === undefined) onFinding?.('kmem_cache_free: the first argument is not a kmem_cache');
      else heap.kmem_cache_free(cache, call.argument(1));
      return undefined;
    },
  };
};

const fieldsOf = ({ structs }: StubWorld, symbol: string, name: string) => {
  const struct = structs.find(name);
  if (struct === undefined) throw new TypeError(`the stub of ${symbol} needs struct ${name}`);
  const offsetOf = (field: string): bigint => {
    const place = findField(struct, field);
    if (place === undefined) throw new TypeError(`the stub of ${symbol} needs ${field} of struct ${name}`);
    return BigInt(place.offset);
  };
  return { size: struct.size, offsetOf };
};

const reading = (world: StubWorld, symbol: string, work: NonNullable<StubWork['reads']>): Run => {
  const field = fieldsOf(world, symbol, work.struct).offsetOf(work.field);
  return ({ memory, argument }: StubCall) => {
    const at = argument(0) + field;
    return memory.isMapped(at, 4) ? BigInt(memory.readU32(at)) : 0n;
  };
};

const putting = (world: StubWorld, symbol: string, work: NonNullable<StubWork['puts']>): Run => {
  const { heap, symbols, onFinding } = world;
  const { size, offsetOf } = fieldsOf(world, symbol, work.struct);
  const count = offsetOf(work.count);
  const frees = (work.frees ?? []).map(({ field, by, where }) => ({
    field: offsetOf(field),
    by,
    where: where && { field: offsetOf(where.field), holds: symbols.findSymbol(where.holds)?.address },
  }));
  const release = (memory: WritableMemory, at: Addr): void => {
    for (const { field, by, where } of frees) {
      if (where !== undefined && memory.readU64(at + where.field) !== where.holds) continue;
      const pointer = memory.readU64(at + field);
      if (pointer === 0n) continue;
      memory.writeU64(at + field, 0n);
      heap[by](pointer);
    }
    heap.kmem_cache_free(work.cache, at);
  };
  return ({ memory, argument }) => {
    const at = argument(0);
    if (!memory.isMapped(at, size)) {
      onFinding?.(`${symbol}: the ${work.struct} is not mapped`);
      return undefined;
    }
    const left = BigInt.asIntN(64, memory.readU64(at + count)) - 1n;
    memory.writeU64(at + count, BigInt.asUintN(64, left));
    if (left === 0n) release(memory, at);
    return undefined;
  };
};

const runOf = (world: StubWorld, { symbol, does }: StubEntry): Run => {
  const { heap, returns, reads, puts } = does;
  if (heap !== undefined) return onHeap(world)[heap];
  if (reads !== undefined) return reading(world, symbol, reads);
  if (puts !== undefined) return putting(world, symbol, puts);
  const value = returns == null ? undefined : BigInt(returns);
  return () => value;
};

/**
 * The stubs of a world: of functions that it has symbols of. It has none of functions that nothing in it can call.
 *
 * @throws {TypeError} when a stub needs a struct or field that the release does not have
 */
export const createStubs = (entries: readonly StubEntry[], world: StubWorld): Stub[] =>
  entries
    .filter(({ symbol }) => world.symbols.findSymbol(symbol) !== undefined)
    .map((entry) => ({
      symbol: entry.symbol,
      models: entry.models,
      leavesOut: entry.leavesOut,
      run: runOf(world, entry),
    }));
