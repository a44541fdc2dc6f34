// The SLAB allocator of Linux 3.0 (mm/slab.c, one node), working on guest memory: it reads all that it knows there, so
// damage to its data shows. Errors are findings, never exceptions; then nothing is done. What debug options add is in
// slab-debug.ts.
// Differs: slabs are one page and are never given back; no cache_reap; one CPU allocates.
// Over 300 lines because allocation and free share the checks of one state.

import { type Addr, PAGE_SIZE, frameAddress, frameOf, hex, pageOffset, pageStart } from '../base/address.js';
import type { WritableMemory } from '../kernel/memory.js';
import {
  BATCHREFILL_LIMIT,
  COLOUR_OFFSET,
  SHARED_FACTOR,
  type SlabGeometry,
  kmallocCache,
} from '../kernel/slab-geometry.js';
import {
  CACHE_CHAIN,
  type CachePlaces,
  type HeapDescription,
  offsetOf,
  placeCaches,
} from '../kernel/slab-layout.js';
import { addNode, emptyList, findListProblem, isLinked, moveNode } from '../kernel/slab-list.js';
import { PG_slab, page, pageDescriptor } from '../kernel/structs/mm.js';
import {
  BUFCTL_END,
  CFLGS_OFF_SLAB,
  array_cache,
  kmem_cache,
  kmem_list3,
  slab,
} from '../kernel/structs/slab.js';
import { type Allocator, type HeapFinding, type HeapObserver, ZERO_SIZE_PTR } from './allocator.js';
import type { ObjectChecks } from './object-checks.js';

const AVAIL = offsetOf(array_cache, 'avail');
const LIMIT = offsetOf(array_cache, 'limit');
const BATCHCOUNT = offsetOf(array_cache, 'batchcount');
const TOUCHED = offsetOf(array_cache, 'touched');
const ENTRIES = BigInt(array_cache.size);
const PARTIAL = offsetOf(kmem_list3, 'slabs_partial');
const FULL = offsetOf(kmem_list3, 'slabs_full');
const FREE = offsetOf(kmem_list3, 'slabs_free');
const FREE_OBJECTS = offsetOf(kmem_list3, 'free_objects');
const COLOUR_NEXT = offsetOf(kmem_list3, 'colour_next');
const FREE_TOUCHED = offsetOf(kmem_list3, 'free_touched');
const S_MEM = offsetOf(slab, 's_mem');
const COLOUROFF = offsetOf(slab, 'colouroff');
const INUSE = offsetOf(slab, 'inuse');
const SLAB_FREE = offsetOf(slab, 'free');
const BUFCTL = BigInt(slab.size);
const PAGE_FLAGS = offsetOf(page, 'flags');
const PAGE_CACHE = offsetOf(page, 'lru.next');
const PAGE_SLAB = offsetOf(page, 'lru.prev');
const PAGE = BigInt(PAGE_SIZE);
const SLAB_FLAG = 1n << BigInt(PG_slab);

/** One slab, checked: its addresses make sense. */
interface Slab {
  readonly at: Addr; // struct slab
  readonly objects: Addr; // s_mem
}

/** The heap. Its state is in guest memory alone, so memory may be put back without telling it. */
export class SlabHeap implements Allocator {
  observer: HeapObserver | undefined;
  readonly cacheChain: Addr = CACHE_CHAIN;
  readonly #memory: WritableMemory;
  readonly #cpu: number;
  readonly #checks: ObjectChecks | undefined;
  readonly #caches = new Map<string, CachePlaces>();
  readonly #byAddress = new Map<Addr, CachePlaces>();
  readonly #byFrame = new Map<bigint, CachePlaces>();
  // Neighbouring calls ask for the same page.
  #lastPage: Addr | undefined;
  #lastDescriptor: Addr = 0n;
  // The largest array cache, or the bufctl of the slab with the most objects: read without a bigint per entry.
  readonly #words = new Uint32Array(PAGE_SIZE);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  /**
   * Lay out an empty heap in `memory`.
   *
   * @param checks what the debug options do, where the description has some
   * @throws {UnmappedError} when the regions of `heapRegions` are not mapped
   */
  constructor(memory: WritableMemory, description: HeapDescription, checks?: ObjectChecks) {
    this.#memory = memory;
    this.#checks = checks;
    this.#cpu = description.cpu;
    for (const places of placeCaches(description)) {
      this.#caches.set(places.geometry.name, places);
      this.#byAddress.set(places.cache, places);
      for (const frame of places.description.frames) this.#byFrame.set(frame, places);
    }
    emptyList(memory, CACHE_CHAIN);
    for (const places of this.#caches.values()) this.#initialize(places);
  }

  #initialize(places: CachePlaces): void {
    const { geometry, cache, list3, name, arrays, shared } = places;
    const memory = this.#memory;
    const put32 = (field: string, value: number): void =>
      memory.writeU32(cache + offsetOf(kmem_cache, field), value);
    const put64 = (field: string, value: bigint): void =>
      memory.writeU64(cache + offsetOf(kmem_cache, field), value);
    put32('batchcount', geometry.batchcount);
    put32('limit', geometry.limit);
    put32('shared', SHARED_FACTOR);
    put32('buffer_size', geometry.stride);
    put32(
      'reciprocal_buffer_size',
      Number((((1n << 32n) + BigInt(geometry.stride) - 1n) / BigInt(geometry.stride)) & 0xffffffffn),
    );
    put32('flags', geometry.offSlab ? CFLGS_OFF_SLAB : 0);
    put32('num', geometry.num);
    put64('colour', BigInt(geometry.colours));
    put32('colour_off', COLOUR_OFFSET);
    put64('slabp_cache', geometry.managedBy === undefined ? 0n : this.#caches.get(geometry.managedBy)!.cache);
    put32('slab_size', geometry.managementSize);
    put64('name', name);
    put64('nodelists', list3);
    arrays.forEach((array, cpu) => {
      put64(`array[${cpu}]`, array);
      this.#initializeArray(array, geometry.limit, geometry.batchcount);
    });
    this.#initializeArray(shared, geometry.batchcount * SHARED_FACTOR, 0xbaadf00d);
    memory.write(name, new TextEncoder().encode(`${geometry.name}\0`));
    for (const list of [PARTIAL, FULL, FREE]) emptyList(memory, list3 + list);
    memory.writeU64(list3 + offsetOf(kmem_list3, 'shared'), shared);
    memory.writeU32(
      list3 + offsetOf(kmem_list3, 'free_limit'),
      (1 + arrays.length) * geometry.batchcount + geometry.num,
    );
    addNode(memory, cache + offsetOf(kmem_cache, 'next'), CACHE_CHAIN, 'last');
  }

  #initializeArray(array: Addr, limit: number, batchcount: number): void {
    this.#memory.writeU32(array + LIMIT, limit);
    this.#memory.writeU32(array + BATCHCOUNT, batchcount);
  }

  #found(kind: HeapFinding['kind'], address: Addr, message: string): undefined {
    this.observer?.onFinding?.({ kind, address, message: `${kind}: ${message}` });
    return undefined;
  }

  // The array cache at `at`, if its counts make sense.
  #array(at: Addr, limit: number): { avail: number } | undefined {
    const avail = this.#memory.readU32(at + AVAIL);
    const found = this.#memory.readU32(at + LIMIT);
    if (found === limit && avail <= limit) return { avail };
    return this.#found(
      'corrupted management',
      at,
      `array_cache ${hex(at)}: avail ${avail} of limit ${found}, expected a limit of ${limit}`,
    );
  }

  // The struct slab at `at`, if it belongs to the cache and its fields make sense.
  #checkSlab({ geometry, cache }: CachePlaces, at: Addr): Slab | undefined {
    const memory = this.#memory;
    const bad = (what: string): undefined =>
      this.#found('corrupted management', at, `slab ${hex(at)} of ${geometry.name}: ${what}`);
    if (!memory.isMapped(at, slab.size + geometry.num * 4)) return bad('not mapped');
    if (!isLinked(memory, at)) return bad('its list neighbours do not point back at it');
    const objects = memory.readU64(at + S_MEM);
    const descriptor = this.#descriptor(objects);
    if (descriptor === undefined) return bad(`s_mem ${hex(objects)} is not in a slab page`);
    if (memory.readU64(descriptor + PAGE_CACHE) !== cache) return bad('its page belongs to another cache');
    if (memory.readU64(descriptor + PAGE_SLAB) !== at) return bad('its page points to another slab');
    const offset = pageOffset(objects) - geometry.firstObject;
    if (
      offset < 0 ||
      offset % COLOUR_OFFSET !== 0 ||
      pageOffset(objects) + geometry.num * geometry.stride > PAGE_SIZE
    ) {
      return bad(`s_mem ${hex(objects)} is not where a colour puts it`);
    }
    if (memory.readU32(at + INUSE) > geometry.num)
      return bad(`inuse ${memory.readU32(at + INUSE)} of ${geometry.num}`);
    return { at, objects };
  }

  // The struct page of an address in a slab page.
  #descriptor(address: Addr): Addr | undefined {
    const start = pageStart(address);
    if (start !== this.#lastPage) {
      const frame = frameOf(address);
      if (!this.#byFrame.has(frame)) return undefined;
      this.#lastPage = start;
      this.#lastDescriptor = pageDescriptor(frame);
    }
    const descriptor = this.#lastDescriptor;
    return (this.#memory.readU64(descriptor + PAGE_FLAGS) & SLAB_FLAG) === 0n ? undefined : descriptor;
  }

  #takeObject({ geometry }: CachePlaces, { at, objects }: Slab): Addr | undefined {
    const memory = this.#memory;
    const index = memory.readU32(at + SLAB_FREE);
    const inuse = memory.readU32(at + INUSE);
    if (index >= geometry.num || inuse >= geometry.num) {
      return this.#found(
        'corrupted management',
        at,
        `slab ${hex(at)}: free index ${index} with ${inuse} of ${geometry.num} in use`,
      );
    }
    memory.writeU32(at + SLAB_FREE, memory.readU32(at + BUFCTL + BigInt(index * 4)));
    memory.writeU32(at + INUSE, inuse + 1);
    return objects + BigInt(index * geometry.stride);
  }

  #countFree(list3: Addr, change: number): void {
    this.#memory.writeU64(
      list3 + FREE_OBJECTS,
      BigInt.asUintN(64, this.#memory.readU64(list3 + FREE_OBJECTS) + BigInt(change)),
    );
  }

  // Source: cache_alloc_refill(). Gives false when nothing could be had.
  #refill(places: CachePlaces, depth: number): boolean {
    const { geometry, shared } = places;
    const memory = this.#memory;
    const array = places.arrays[this.#cpu]!;
    const touched = memory.readU32(array + TOUCHED) !== 0;
    let batch = touched ? geometry.batchcount : Math.min(geometry.batchcount, BATCHREFILL_LIMIT);
    const common = this.#array(shared, geometry.batchcount * SHARED_FACTOR);
    if (common !== undefined && common.avail > 0) {
      this.#move(shared, common.avail, array, 0, Math.min(batch, common.avail));
      memory.writeU32(shared + TOUCHED, 1);
      return true;
    }
    let avail = 0;
    while (batch > 0) {
      const found = this.#slabWithRoom(places);
      if (found === undefined) break;
      let full = false;
      while (batch > 0 && !full) {
        const object = this.#takeObject(places, found);
        if (object === undefined) return this.#filled(places, avail);
        memory.writeU64(array + ENTRIES + BigInt(avail * 8), object);
        avail += 1;
        batch -= 1;
        full = memory.readU32(found.at + INUSE) >= geometry.num;
      }
      this.#file(places, found.at);
    }
    if (avail > 0) return this.#filled(places, avail);
    return this.#grow(places, depth) !== undefined && depth < 4 && this.#refill(places, depth + 1);
  }

  // After objects were taken from a slab: the list that it belongs on now. One that cannot be moved stays where it is.
  #file({ geometry, list3 }: CachePlaces, at: Addr): void {
    const where = this.#memory.readU32(at + SLAB_FREE) === BUFCTL_END ? FULL : PARTIAL;
    const problem = moveNode(this.#memory, at, list3 + where, 'first');
    if (problem !== undefined) this.#found('corrupted management', at, `${geometry.name}: ${problem}`);
  }

  #filled({ list3, arrays }: CachePlaces, avail: number): boolean {
    this.#countFree(list3, -avail);
    this.#memory.writeU32(arrays[this.#cpu]! + AVAIL, avail);
    return avail > 0;
  }

  // The first partial slab, otherwise the first free one.
  #slabWithRoom(places: CachePlaces): Slab | undefined {
    const { list3 } = places;
    for (const list of [PARTIAL, FREE]) {
      const first = this.#memory.readU64(list3 + list);
      if (first === list3 + list) {
        if (list === PARTIAL) this.#memory.writeU32(list3 + FREE_TOUCHED, 1);
        continue;
      }
      return this.#checkSlab(places, first);
    }
    return undefined;
  }

  // Move the newest `count` objects of one array cache to the end of another. Source: transfer_objects()
  #move(from: Addr, fromAvail: number, to: Addr, toAvail: number, count: number): void {
    const source = from + ENTRIES + BigInt((fromAvail - count) * 8);
    this.#memory.write(to + ENTRIES + BigInt(toAvail * 8), this.#memory.read(source, count * 8));
    this.#memory.writeU32(from + AVAIL, fromAvail - count);
    this.#memory.writeU32(to + AVAIL, toAvail + count);
  }

  // Make a slab of the next page frame that is not one yet. Source: cache_grow()
  #grow(places: CachePlaces, depth: number, wanted?: bigint): Slab | undefined {
    const { description, geometry, cache, list3 } = places;
    const memory = this.#memory;
    const frame =
      wanted ??
      description.frames.find((one) => (memory.readU64(pageDescriptor(one) + PAGE_FLAGS) & SLAB_FLAG) === 0n);
    if (frame === undefined || depth > 4) return undefined;
    const next = memory.readU32(list3 + COLOUR_NEXT);
    const problem =
      next < Math.max(geometry.colours, 1)
        ? findListProblem(memory, list3 + FREE, 'last')
        : `colour_next is ${next} of ${geometry.colours}`;
    if (problem !== undefined)
      return this.#found(
        'corrupted management',
        list3,
        `kmem_list3 ${hex(list3)} of ${geometry.name}: ${problem}`,
      );
    memory.writeU32(list3 + COLOUR_NEXT, next + 1 >= geometry.colours ? 0 : next + 1);
    const colour = (description.colours?.get(frame) ?? next) * COLOUR_OFFSET;
    const start = frameAddress(frame);
    const at = geometry.offSlab
      ? this.#allocate(geometry.managedBy!, geometry.managementSize, depth + 1)
      : start + BigInt(colour);
    if (at === 0n) return undefined;
    const objects = start + BigInt(colour + geometry.firstObject);
    memory.writeU64(at + COLOUROFF, BigInt(colour + geometry.firstObject));
    memory.writeU64(at + S_MEM, objects);
    memory.writeU32(at + INUSE, 0);
    memory.writeU32(at + SLAB_FREE, 0);
    for (let index = 0; index < geometry.num; index += 1) {
      memory.writeU32(at + BUFCTL + BigInt(index * 4), index === geometry.num - 1 ? BUFCTL_END : index + 1);
    }
    const descriptor = pageDescriptor(frame);
    memory.writeU64(descriptor + PAGE_FLAGS, memory.readU64(descriptor + PAGE_FLAGS) | SLAB_FLAG);
    memory.writeU64(descriptor + PAGE_CACHE, cache);
    memory.writeU64(descriptor + PAGE_SLAB, at);
    const late = addNode(memory, at, list3 + FREE, 'last'); // the management's own cache may have been damaged too
    if (late !== undefined) return this.#found('corrupted management', list3, `${geometry.name}: ${late}`);
    this.#countFree(list3, geometry.num);
    this.#checks?.grown(geometry, objects);
    return { at, objects };
  }

  // Source: ____cache_alloc()
  #allocate(name: string, requested: number, depth = 0): Addr {
    const places = this.#caches.get(name);
    if (places === undefined || !this.#ready(places, depth)) return 0n;
    const array = places.arrays[this.#cpu]!;
    const memory = this.#memory;
    const avail = memory.readU32(array + AVAIL) - 1;
    const object = memory.readU64(array + ENTRIES + BigInt(avail * 8));
    if (this.#objectIndex(places, object) === undefined) {
      this.#found(
        'corrupted management',
        array,
        `array_cache ${hex(array)} of ${name} hands out ${hex(object)}, which is not one of its objects`,
      );
      return 0n;
    }
    memory.writeU32(array + TOUCHED, 1);
    memory.writeU32(array + AVAIL, avail);
    const { geometry } = places;
    this.#checks?.allocated(geometry, object);
    const address = object + BigInt(geometry.objectOffset);
    this.observer?.onAllocate?.({ address, cache: name, objectSize: geometry.usable, requested });
    return address;
  }

  // Whether the CPU's array cache has an object, after a refill if need be.
  #ready(places: CachePlaces, depth: number): boolean {
    const state = this.#array(places.arrays[this.#cpu]!, places.geometry.limit);
    return state !== undefined && (state.avail > 0 || this.#refill(places, depth));
  }

  // The slab and index of an object of this cache; `undefined` when no object begins at the address.
  #objectIndex({ geometry, cache }: CachePlaces, address: Addr): { at: Addr; index: number } | undefined {
    const descriptor = this.#descriptor(address);
    if (descriptor === undefined || this.#memory.readU64(descriptor + PAGE_CACHE) !== cache) return undefined;
    const at = this.#memory.readU64(descriptor + PAGE_SLAB);
    if (!this.#memory.isMapped(at, slab.size + geometry.num * 4)) return undefined;
    const objects = this.#memory.readU64(at + S_MEM);
    const distance = address - objects;
    if (distance < 0n || distance >= PAGE) return undefined;
    if (pageOffset(address) + geometry.stride > PAGE_SIZE) return undefined; // a damaged s_mem
    const offset = Number(distance);
    if (offset >= geometry.num * geometry.stride) return undefined;
    const index = offset / geometry.stride;
    return Number.isInteger(index) ? { at, index } : undefined;
  }

  get ownsFreeBytes(): boolean {
    return this.#checks !== undefined;
  }

  kmalloc(size: number): Addr {
    if (size === 0) return ZERO_SIZE_PTR;
    const cache = kmallocCache(size);
    return cache === undefined ? 0n : this.#allocate(cache, size);
  }

  kzalloc(size: number): Addr {
    const address = this.kmalloc(size);
    const cache = kmallocCache(size);
    if (address > ZERO_SIZE_PTR && cache !== undefined)
      this.#memory.write(address, new Uint8Array(this.objectSize(cache)));
    return address;
  }

  kmem_cache_alloc(cache: string): Addr {
    return this.#allocate(cache, this.#caches.get(cache)?.geometry.objectSize ?? 0);
  }

  kfree(address: Addr): void {
    if (address === 0n || address === ZERO_SIZE_PTR) return;
    const places = this.#owner(address);
    if (places !== undefined) this.#free(places, address);
  }

  // Source: kzfree(), mm/util.c, v3.0.101
  kzfree(address: Addr): void {
    if (address === 0n || address === ZERO_SIZE_PTR) return;
    const places = this.#owner(address);
    if (places === undefined || this.#freeable(places, this.#start(places, address)) === undefined) return;
    this.#memory.write(address, new Uint8Array(places.geometry.usable));
    this.#free(places, address);
  }

  ksize(address: Addr): number {
    const places = this.#byFrame.get(frameOf(address));
    return places === undefined || this.#objectIndex(places, this.#start(places, address)) === undefined
      ? 0
      : places.geometry.usable;
  }

  kmem_cache_free(cache: string, address: Addr): void {
    const places = this.#caches.get(cache);
    if (places !== undefined) this.#free(places, address);
  }

  // Where the object begins that its user knows by `address`.
  #start({ geometry }: CachePlaces, address: Addr): Addr {
    return address - BigInt(geometry.objectOffset);
  }

  #owner(address: Addr): CachePlaces | undefined {
    const descriptor = this.#descriptor(address);
    const places =
      descriptor === undefined
        ? undefined
        : this.#byAddress.get(this.#memory.readU64(descriptor + PAGE_CACHE));
    if (places !== undefined) return places;
    return this.#found('foreign free', address, `${hex(address)} is not in a slab page`);
  }

  // The place of an object that may be freed; findings otherwise.
  #freeable(places: CachePlaces, address: Addr): { at: Addr; index: number } | undefined {
    const { name } = places.geometry;
    const descriptor = this.#descriptor(address);
    if (descriptor === undefined)
      return this.#found('foreign free', address, `${hex(address)} is not in a slab page`);
    if (this.#memory.readU64(descriptor + PAGE_CACHE) !== places.cache) {
      return this.#found('foreign free', address, `${hex(address)} belongs to another cache than ${name}`);
    }
    const place = this.#objectIndex(places, address);
    if (place === undefined)
      return this.#found(
        'misaligned free',
        address,
        `${hex(address)} is not the start of an object of ${name}`,
      );
    if (this.#isFree(places, address, place))
      return this.#found('double free', address, `${hex(address)} of ${name} is free already`);
    return place;
  }

  // In an array cache, or on the slab's free list. Both walks are bounded by what fits, and read in one go.
  #isFree(
    { geometry, arrays, shared }: CachePlaces,
    address: Addr,
    { at, index }: { at: Addr; index: number },
  ): boolean {
    const memory = this.#memory;
    for (const array of arrays) if (this.#holds(array, geometry.limit, address)) return true;
    if (this.#holds(shared, geometry.batchcount * SHARED_FACTOR, address)) return true;
    memory.readInto(this.#bytes, at + BUFCTL, geometry.num * 4);
    let free = memory.readU32(at + SLAB_FREE);
    for (let steps = 0; steps < geometry.num && free < geometry.num; steps += 1) {
      if (free === index) return true;
      free = this.#words[free]!;
    }
    return false;
  }

  // Whether an array cache has an object among its first `room` entries.
  #holds(array: Addr, room: number, address: Addr): boolean {
    const avail = Math.min(this.#memory.readU32(array + AVAIL), room);
    if (avail === 0) return false;
    this.#memory.readInto(this.#bytes, array + ENTRIES, avail * 8);
    const words = this.#words;
    const low = Number(BigInt.asUintN(32, address));
    const high = Number(address >> 32n);
    for (let entry = 0; entry < avail; entry += 1)
      if (words[entry * 2] === low && words[entry * 2 + 1] === high) return true;
    return false;
  }

  // Source: __cache_free()
  #free(places: CachePlaces, address: Addr): void {
    const { geometry } = places;
    const object = this.#start(places, address);
    this.#checks?.freeing(geometry, object, this.#objectIndex(places, object) !== undefined);
    if (this.#freeable(places, object) === undefined) return;
    const memory = this.#memory;
    const array = places.arrays[this.#cpu]!;
    const state = this.#array(array, geometry.limit);
    if (state === undefined) return;
    let { avail } = state;
    if (avail >= geometry.limit) {
      if (!this.#flush(places, array, avail)) return;
      avail = memory.readU32(array + AVAIL);
    }
    memory.writeU64(array + ENTRIES + BigInt(avail * 8), object);
    memory.writeU32(array + AVAIL, avail + 1);
    this.observer?.onFree?.({ address, cache: geometry.name });
  }

  // Make room: the oldest objects go to the shared array cache, otherwise back to their slabs. Source: cache_flusharray()
  #flush(places: CachePlaces, array: Addr, avail: number): boolean {
    const { geometry, shared } = places;
    const memory = this.#memory;
    const room = geometry.batchcount * SHARED_FACTOR;
    const common = this.#array(shared, room);
    if (common === undefined) return false;
    let batch = geometry.batchcount;
    if (common.avail < room) {
      batch = Math.min(batch, room - common.avail);
      memory.write(shared + ENTRIES + BigInt(common.avail * 8), memory.read(array + ENTRIES, batch * 8));
      memory.writeU32(shared + AVAIL, common.avail + batch);
    } else {
      let given = 0;
      while (given < batch && this.#giveBack(places, memory.readU64(array + ENTRIES + BigInt(given * 8))))
        given += 1;
      if (given === 0) return false;
      batch = given;
    }
    memory.write(array + ENTRIES, memory.read(array + ENTRIES + BigInt(batch * 8), (avail - batch) * 8));
    memory.writeU32(array + AVAIL, avail - batch);
    return true;
  }

  // Source: free_block()
  #giveBack(places: CachePlaces, object: Addr): boolean {
    const memory = this.#memory;
    const place = this.#objectIndex(places, object);
    if (place === undefined) {
      this.#found(
        'corrupted management',
        object,
        `${hex(object)} in an array cache is not an object of ${places.geometry.name}`,
      );
      return false;
    }
    const checked = this.#checkSlab(places, place.at);
    if (checked === undefined) return false;
    const inuse = memory.readU32(place.at + INUSE);
    const problem =
      inuse === 0
        ? `slab ${hex(place.at)} has no object in use`
        : moveNode(memory, place.at, places.list3 + (inuse === 1 ? FREE : PARTIAL), 'last');
    if (problem !== undefined) {
      this.#found('corrupted management', place.at, `${places.geometry.name}: ${problem}`);
      return false;
    }
    memory.writeU32(checked.at + BUFCTL + BigInt(place.index * 4), memory.readU32(checked.at + SLAB_FREE));
    memory.writeU32(checked.at + SLAB_FREE, place.index);
    memory.writeU32(checked.at + INUSE, inuse - 1);
    this.#countFree(places.list3, 1);
    return true;
  }

  place(name: string, address: Addr, needed: number): string | undefined {
    const places = this.#caches.get(name);
    const frame = frameOf(address);
    if (places === undefined || this.#byFrame.get(frame) !== places)
      return `${hex(address)} is not in a page frame of ${name}`;
    const { geometry, list3 } = places;
    if (needed > geometry.usable)
      return `needs ${needed} bytes, but objects of ${name} have ${geometry.usable}`;
    if (this.#descriptor(address) === undefined && this.#grow(places, 0, frame) === undefined) {
      return `no memory for the management of a slab of ${name}`;
    }
    const object = this.#start(places, address);
    const place = this.#objectIndex(places, object);
    if (place === undefined) return describeGrid(geometry, address);
    const memory = this.#memory;
    let link = place.at + SLAB_FREE;
    let free = memory.readU32(link);
    for (let steps = 0; free !== place.index && free < geometry.num && steps < geometry.num; steps += 1) {
      link = place.at + BUFCTL + BigInt(free * 4);
      free = memory.readU32(link);
    }
    if (free !== place.index) return `${hex(address)} of ${name} is taken already`;
    memory.writeU32(link, memory.readU32(place.at + BUFCTL + BigInt(free * 4)));
    memory.writeU32(place.at + INUSE, memory.readU32(place.at + INUSE) + 1);
    this.#countFree(list3, -1);
    const where = memory.readU32(place.at + SLAB_FREE) === BUFCTL_END ? FULL : PARTIAL;
    this.#checks?.placed(geometry, object);
    return moveNode(memory, place.at, list3 + where, 'first');
  }

  fill(frame: bigint): string | undefined {
    const places = this.#byFrame.get(frame);
    if (places === undefined) return `0x${frame.toString(16)} is a page frame of no cache`;
    const { name, usable } = places.geometry;
    if (this.#descriptor(frameAddress(frame)) === undefined && this.#grow(places, 0, frame) === undefined) {
      return `no memory for the management of a slab of ${name}`;
    }
    for (const address of this.objectsIn(frame)) {
      if (!this.isAllocated(address)) {
        const problem = this.place(name, address, usable);
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  }

  // Refills the CPU's array cache if it is empty.
  prime(size: number): Addr {
    const places = this.#caches.get(kmallocCache(size) ?? '');
    if (places === undefined || !this.#ready(places, 0)) return 0n;
    const array = places.arrays[this.#cpu]!;
    const next = this.#memory.readU64(
      array + ENTRIES + BigInt((this.#memory.readU32(array + AVAIL) - 1) * 8),
    );
    return this.#objectIndex(places, next) === undefined ? 0n : next + BigInt(places.geometry.objectOffset);
  }

  // The struct slab, where it is an object of another cache.
  managementOf(address: Addr): ReturnType<Allocator['managementOf']> {
    const descriptor = this.#descriptor(address);
    const geometry = this.#byFrame.get(frameOf(address))?.geometry;
    if (descriptor === undefined || geometry?.offSlab !== true) return undefined;
    const at = this.#memory.readU64(descriptor + PAGE_SLAB);
    return { address: at, size: geometry.managementSize, struct: slab.name };
  }

  objectsIn(frame: bigint): Addr[] {
    const geometry = this.#byFrame.get(frame)?.geometry;
    const descriptor = this.#descriptor(frameAddress(frame));
    if (geometry === undefined || descriptor === undefined) return [];
    const at = this.#memory.readU64(descriptor + PAGE_SLAB);
    if (!this.#memory.isMapped(at, slab.size)) return [];
    const first = this.#memory.readU64(at + S_MEM) + BigInt(geometry.objectOffset);
    return Array.from({ length: geometry.num }, (_, index) => first + BigInt(index * geometry.stride));
  }

  isAllocated(address: Addr): boolean {
    const places = this.#byFrame.get(frameOf(address));
    if (places === undefined) return false;
    const object = this.#start(places, address);
    const place = this.#objectIndex(places, object);
    return place !== undefined && !this.#isFree(places, object, place);
  }

  cacheFor(size: number): string | undefined {
    return kmallocCache(size);
  }

  cacheOfFrame(address: Addr): string | undefined {
    return this.#byFrame.get(frameOf(address))?.geometry.name;
  }

  cacheAddress(name: string): Addr | undefined {
    return this.#caches.get(name)?.cache;
  }

  cacheName(address: Addr): string | undefined {
    return this.#byAddress.get(address)?.geometry.name;
  }

  objectSize(name: string): number {
    const places = this.#caches.get(name);
    if (places === undefined) throw new RangeError(`there is no cache ${name}`);
    return places.geometry.usable;
  }
}

const describeGrid = ({ name, firstObject, stride, num }: SlabGeometry, address: Addr): string =>
  `${hex(address)} is not the start of an object of ${name}: its slab has ${num} objects, ` +
  `${stride} bytes apart, the first at offset 0x${firstObject.toString(16)} of the page plus 64 per colour`;
