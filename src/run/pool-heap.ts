// Objects in a pool of their own, each with something around it that nobody may touch: as KFENCE and KASAN have them.
// A SLAB heap without debug options goes on beneath: it decides which allocation fails and which former object's bytes a
// new one begins with, so that a detector changes where an object lies and nothing else. No place of the pool is used
// twice: KFENCE and KASAN both let an object lie for long before its place has a new owner.
// Differs: the table of objects is not in guest memory.

import { type Addr, hex } from '../base/address.js';
import type { Region, WritableMemory } from '../kernel/memory.js';
import { type Allocator, type HeapObserver, ZERO_SIZE_PTR } from './allocator.js';
import type { DetectorReport, DetectorSight } from './detector.js';

/** An object of a pool. */
export interface PoolObject {
  readonly address: Addr;
  readonly requested: number; // bytes
  readonly size: number; //      bytes that its user may use
  readonly cache: string;
  /** Its number in the pool, from 0. */
  readonly number: number;
  live: boolean;
  /** Where the heap beneath has it. */
  readonly slot: Addr;
}

/** How a pool is laid out. */
export interface PoolLayout {
  readonly regions: readonly Region[];
  /** Where the next object goes; `undefined` when the pool is full. Nothing is written. */
  take(requested: number, objectSize: number): Addr | undefined;
  /** How many bytes of an object its user may use. */
  usable(requested: number, objectSize: number): number;
  /** An object gets its place. */
  prepare?(memory: WritableMemory, object: PoolObject): void;
  /** It is freed. @returns what is wrong around it */
  check?(memory: WritableMemory, object: PoolObject, sight: DetectorSight): DetectorReport | undefined;
  /** Somebody frees what is not a live object of the pool. */
  invalidFree(address: Addr, object: PoolObject | undefined, sight: DetectorSight): DetectorReport;
}

/** The heap. */
export class PoolHeap implements Allocator {
  observer: HeapObserver | undefined;
  readonly cacheChain: Addr;
  readonly ownsFreeBytes = false;
  /** Allocations that found the pool full, and lie in the heap beneath. */
  outside = 0;
  /** Every object that the pool ever had, in order. */
  readonly objects: PoolObject[] = [];
  readonly #byStart = new Map<Addr, PoolObject>();

  /**
   * @param moved where the world's objects lie that have moved to the pool, and where the heap beneath has them
   */
  constructor(
    private readonly beneath: Allocator,
    private readonly memory: WritableMemory,
    private readonly layout: PoolLayout,
    private readonly sight: DetectorSight,
    private readonly moved: ReadonlyMap<Addr, Addr> = new Map(),
  ) {
    this.cacheChain = beneath.cacheChain;
  }

  #isInPool(address: Addr): boolean {
    return this.layout.regions.some(({ start, size }) => address >= start && address < start + BigInt(size));
  }

  /** The object of the pool that covers an address, freed ones included. */
  objectAt(address: Addr): PoolObject | undefined {
    if (!this.#isInPool(address)) return undefined;
    return this.objects.findLast(
      ({ address: start, size }) => address >= start && address < start + BigInt(Math.max(1, size)),
    );
  }

  #add(address: Addr, slot: Addr, cache: string, requested: number): PoolObject {
    const size = this.layout.usable(requested, this.beneath.objectSize(cache));
    const number = this.objects.length;
    const object: PoolObject = { address, requested, size, cache, number, live: true, slot };
    this.objects.push(object);
    this.#byStart.set(address, object);
    this.layout.prepare?.(this.memory, object);
    return object;
  }

  #allocate(slot: Addr, cache: string | undefined, requested: number): Addr {
    if (slot === 0n || cache === undefined) return slot;
    const objectSize = this.beneath.objectSize(cache);
    const address = this.layout.take(requested, objectSize) ?? slot;
    let size = objectSize;
    if (address === slot) this.outside += 1;
    else {
      ({ size } = this.#add(address, slot, cache, requested));
      this.memory.write(address, this.memory.read(slot, size));
    }
    this.observer?.onAllocate?.({ address, cache, objectSize: size, requested });
    return address;
  }

  kmalloc(size: number): Addr {
    if (size === 0) return ZERO_SIZE_PTR;
    return this.#allocate(this.beneath.kmalloc(size), this.beneath.cacheFor(size), size);
  }

  kzalloc(size: number): Addr {
    const address = this.kmalloc(size);
    const usable = address > ZERO_SIZE_PTR ? this.ksize(address) : 0;
    if (usable > 0) this.memory.write(address, new Uint8Array(usable));
    return address;
  }

  kmem_cache_alloc(cache: string): Addr {
    const slot = this.beneath.kmem_cache_alloc(cache);
    return slot === 0n ? 0n : this.#allocate(slot, cache, this.beneath.objectSize(cache));
  }

  kfree(address: Addr): void {
    this.#free(address, () => this.beneath.kfree(address));
  }

  kmem_cache_free(cache: string, address: Addr): void {
    this.#free(address, () => this.beneath.kmem_cache_free(cache, address));
  }

  #free(address: Addr, elsewhere: () => void): void {
    if (!this.#isInPool(address)) {
      this.beneath.observer = this.observer;
      elsewhere();
      this.beneath.observer = undefined;
      return;
    }
    const object = this.#byStart.get(address);
    if (object?.live !== true) {
      this.sight.report(this.layout.invalidFree(address, object ?? this.objectAt(address), this.sight));
      const kind = object === undefined ? 'misaligned free' : 'double free';
      const message = `${kind}: ${hex(address)} is not a live object of the pool`;
      this.observer?.onFinding?.({ kind, address, message });
      return;
    }
    const report = this.layout.check?.(this.memory, object, this.sight);
    if (report !== undefined) this.sight.report(report);
    object.live = false;
    this.memory.write(object.slot, this.memory.read(address, object.size));
    this.beneath.kmem_cache_free(object.cache, object.slot);
    this.observer?.onFree?.({ address, cache: object.cache });
  }

  kzfree(address: Addr): void {
    const object = this.#byStart.get(address);
    if (object?.live === true) this.memory.write(address, new Uint8Array(object.size));
    if (object !== undefined) this.kfree(address);
    else this.#free(address, () => this.beneath.kzfree(address));
  }

  ksize(address: Addr): number {
    const object = this.#byStart.get(address);
    return object === undefined ? this.beneath.ksize(address) : object.live ? object.size : 0;
  }

  cacheFor(size: number): string | undefined {
    return this.beneath.cacheFor(size);
  }

  cacheOfFrame(address: Addr): string | undefined {
    const moved = this.moved.get(address);
    if (moved !== undefined) return this.beneath.cacheOfFrame(moved);
    return this.objectAt(address)?.cache ?? this.beneath.cacheOfFrame(address);
  }

  cacheAddress(name: string): Addr | undefined {
    return this.beneath.cacheAddress(name);
  }

  cacheName(address: Addr): string | undefined {
    return this.beneath.cacheName(address);
  }

  objectSize(name: string): number {
    return this.beneath.objectSize(name);
  }

  objectsIn(frame: bigint): Addr[] {
    return this.beneath.objectsIn(frame);
  }

  isAllocated(address: Addr): boolean {
    return this.#byStart.get(address)?.live ?? this.beneath.isAllocated(address);
  }

  managementOf(address: Addr): ReturnType<Allocator['managementOf']> {
    return this.beneath.managementOf(this.#byStart.get(address)?.slot ?? address);
  }

  place(cache: string, address: Addr, needed: number): string | undefined {
    const slot = this.moved.get(address);
    const problem = this.beneath.place(cache, slot ?? address, needed);
    if (slot !== undefined && problem === undefined) this.#add(address, slot, cache, needed);
    return problem;
  }

  fill(frame: bigint): string | undefined {
    return this.beneath.fill(frame);
  }

  prime(size: number): Addr {
    return this.beneath.prime(size);
  }
}
