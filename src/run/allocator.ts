// The port to a kernel's allocator: what steps, stubs and the building of a world ask of it. slab-plan.ts is one.

import type { Addr } from '../base/address.js';
import type { Range } from '../kernel/ranges.js';
import type { Region, WritableMemory } from '../kernel/memory.js';
import type { Scenario } from '../scenario/scenario.js';

/** Something wrong that an operation met. */
export interface HeapFinding {
  readonly kind: 'double free' | 'foreign free' | 'misaligned free' | 'corrupted management';
  readonly address: Addr;
  /** A sentence with the address, what was expected and what was found. */
  readonly message: string;
}

/** What a recording sees of a heap. */
export interface HeapObserver {
  onAllocate?(event: {
    readonly address: Addr;
    readonly cache: string;
    readonly objectSize: number;
    readonly requested: number;
  }): void;
  onFree?(event: { readonly address: Addr; readonly cache: string }): void;
  onFinding?(finding: HeapFinding): void;
}

/** What kmalloc(0) returns. Source: ZERO_SIZE_PTR, include/linux/slab.h, v3.0.101 */
export const ZERO_SIZE_PTR: Addr = 16n;

/**
 * An allocator at work on guest memory. All that it knows it reads there, so memory may be put back without telling it.
 * Its functions are named after the kernel's. What is wrong is a finding, never an exception; then nothing is done.
 */
export interface Allocator {
  observer: HeapObserver | undefined;
  /** The head of the kernel's list of caches. */
  readonly cacheChain: Addr;
  /** Whether free objects hold what the heap put there, and nobody else may. */
  readonly ownsFreeBytes: boolean;

  /** Allocate `size` bytes. @returns the address; ZERO_SIZE_PTR for 0 bytes, 0 when there is no memory */
  kmalloc(size: number): Addr;
  /** kmalloc() of zeroed memory: the whole object is cleared. */
  kzalloc(size: number): Addr;
  /** Free what kmalloc() gave; 0 and ZERO_SIZE_PTR are ignored. */
  kfree(address: Addr): void;
  /** kfree() that clears the object first. */
  kzfree(address: Addr): void;
  /** Bytes of the object that kmalloc() gave at `address`, all of which may be used; 0 where no object begins. */
  ksize(address: Addr): number;
  /** Allocate an object of a cache. @returns 0 when there is no memory or no such cache */
  kmem_cache_alloc(cache: string): Addr;
  /** Give an object back to its cache. */
  kmem_cache_free(cache: string, address: Addr): void;

  /** The cache that kmalloc(size) takes from; `undefined` for a size that it refuses. */
  cacheFor(size: number): string | undefined;
  /** The cache whose page frames `address` lies in, whether they hold objects yet or not. */
  cacheOfFrame(address: Addr): string | undefined;
  /** Address of a cache's struct kmem_cache. */
  cacheAddress(name: string): Addr | undefined;
  /** The cache whose struct kmem_cache lies at `address`. */
  cacheName(address: Addr): string | undefined;
  /** Bytes that an object of a cache has for its user. @throws {RangeError} when there is no such cache */
  objectSize(name: string): number;
  /** Addresses of all objects in a page frame, in order; empty where there are none yet. */
  objectsIn(frame: bigint): Addr[];
  /** Whether an object of a cache begins at `address` and is in use. */
  isAllocated(address: Addr): boolean;
  /** What manages the objects around `address`, where that is an object itself; otherwise `undefined`. */
  managementOf(
    address: Addr,
  ): { readonly address: Addr; readonly size: number; readonly struct: string } | undefined;

  /**
   * Mark the object at exactly `address` as allocated: for objects that a world has at published addresses.
   *
   * @param needed bytes that it must hold
   * @returns what is wrong, or `undefined` when it is done
   */
  place(cache: string, address: Addr, needed: number): string | undefined;
  /** Allocate every free object of a page frame. @returns what is wrong, or `undefined` when it is done */
  fill(frame: bigint): string | undefined;
  /** Make sure that the next kmalloc(size) needs no refill. @returns what it will return; 0 for nothing */
  prime(size: number): Addr;
}

/** The heap that a scenario describes, before there is memory for it. */
export interface HeapPlan {
  /** The page frames of its caches. */
  readonly frames: readonly (Range & { readonly cache: string })[];
  /** The allocator's own data, in whole pages where nothing else may lie. */
  readonly data: readonly Region[];
  /** The kernel's descriptors of those frames, in pages where more may lie. */
  readonly descriptors: readonly Region[];
  /** Other memory where objects lie. */
  readonly pools?: readonly Region[];
  /** Lay out an empty heap. @throws {UnmappedError} when the frames or regions are not mapped */
  build(memory: WritableMemory): Allocator;
  /** Where on this heap lies what the scenario has at an address of its caches; there, without it. */
  relocate?(address: Addr): Addr;
}

/** A kind of allocator. @throws {InputError} with the place in the file when a scenario's caches cannot be */
export type PlanHeap = (scenario: Scenario) => HeapPlan;
