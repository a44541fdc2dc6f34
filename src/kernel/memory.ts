// Guest memory as the host sees it: guest addresses map to pages of one flat buffer.
// Over 300 lines because reading and writing in every width share one page table.

import { type Addr, IN_PAGE, PAGE_SIZE, hex, isCanonical, u64 } from '../base/address.js';
import { allocate } from '../base/allocate.js';
import { EngineError, UnmappedError } from '../base/errors.js';

/** What views need of guest memory: bytes at addresses, little-endian. */
export interface Memory {
  /** Whether all of `size` bytes at `address` are mapped. */
  isMapped(address: Addr, size: number): boolean;
  /** A copy of `size` bytes. @throws {UnmappedError} when one of them is not mapped */
  read(address: Addr, size: number): Uint8Array;
  readU8(address: Addr): number;
  readU16(address: Addr): number;
  readU32(address: Addr): number;
  readU64(address: Addr): bigint;
}

/** Memory that the host may change. */
export interface WritableMemory extends Memory {
  /** Fill the start of `target` with `size` bytes, without making a copy. @throws {UnmappedError} as `read` does */
  readInto(target: Uint8Array, address: Addr, size: number): void;
  /** @throws {UnmappedError} when one of the bytes is not mapped; then nothing was written */
  write(address: Addr, bytes: Uint8Array): void;
  writeU8(address: Addr, value: number): void;
  writeU16(address: Addr, value: number): void;
  writeU32(address: Addr, value: number): void;
  writeU64(address: Addr, value: bigint): void;
}

/** What the guest may do with a region. The host may read and write all of them. */
export type Protection = 'read' | 'read-write' | 'read-execute';

/** A run of whole pages at consecutive guest addresses. */
export interface Region {
  readonly start: Addr;
  readonly size: number; // bytes, a multiple of PAGE_SIZE
  readonly protection: Protection;
  /** What it holds, in words. */
  readonly name: string;
}

const MEMORY = 'the memory of the guest';

/** Called before the host changes `size` bytes at `address`. */
type HostWriteObserver = (address: Addr, bytes: Uint8Array) => void;

const pageNumber = (address: Addr): number => Number(address >> 12n);

/** Bytes that `PagedMemory.written` keeps one mark for. */
export const WRITTEN_BLOCK = 256;
/** A mark: it was written to since who reads the marks cleared this bit. */
export const WRITTEN_NOW = 1;
/** A mark: the guest may write there at any time without another word. */
const WRITTEN_UNSEEN = 2;

const MAX_ADDRESS = 0xffff_ffff_ffff_ffffn;

// Entries of the direct-mapped cache before the page table; a power of two.
const CACHED_PAGES = 1024;

/**
 * Guest RAM: one flat buffer that holds the pages of all regions, and the table from page to place in it.
 * The engine maps parts of the same buffer, so what one side writes the other sees.
 * Writable regions lie first in the buffer, in the order given; so `writableSize` bytes from its start
 * are all that a guest can change.
 */
export class PagedMemory implements WritableMemory {
  readonly regions: readonly Region[];
  /** Another array after `moveTo`. */
  bytes: Uint8Array;
  view: DataView;
  /** Bytes at the start of `bytes` that hold the guest-writable regions. */
  readonly writableSize: number;
  /** Told of each host write before it happens; recording sets it. */
  onHostWrite: HostWriteObserver | undefined;
  /**
   * One byte per WRITTEN_BLOCK bytes of `bytes`, not 0 once the host, or the guest of an engine that tracks writes, has
   * written to it: WRITTEN_NOW, which the array's reader clears, or a mark that stays. A block marked 0 is unchanged since.
   * Another array after `moveTo`.
   */
  written: Uint8Array;
  // Offsets at and after this take no writes.
  #end: number;
  // What holds bytes and marks, until they are moved.
  readonly #own: ArrayBuffer[];
  readonly #offsets = new Map<number, number>(); // page number → offset in `bytes`
  readonly #scratch = new DataView(new ArrayBuffer(8));
  // Bigint arithmetic and a Map are slow: an address is split into 32-bit halves here, and found pages are kept.
  readonly #split = new BigUint64Array(1);
  readonly #halves = new Uint32Array(this.#split.buffer);
  readonly #cachedHigh = new Uint32Array(CACHED_PAGES);
  readonly #cachedLow = new Uint32Array(CACHED_PAGES);
  readonly #cachedOffset = new Int32Array(CACHED_PAGES).fill(-1);

  /**
   * @throws {EngineError} when a region is empty, unaligned, not canonical, or overlaps another
   * @throws {MemoryError} when this machine has not that much
   */
  constructor(regions: readonly Region[]) {
    this.regions = [
      ...regions.filter((region) => region.protection === 'read-write'),
      ...regions.filter((region) => region.protection !== 'read-write'),
    ];
    const total = this.regions.reduce((sum, region) => sum + region.size, 0);
    const padded = allocate(total + PAGE_SIZE, MEMORY);
    this.bytes = new Uint8Array(padded, 0, total);
    this.view = new DataView(padded, 0, total);
    this.writableSize = this.regions
      .filter((region) => region.protection === 'read-write')
      .reduce((sum, region) => sum + region.size, 0);
    let offset = 0;
    for (const region of this.regions) {
      this.#mapRegion(region, offset);
      offset += region.size;
    }
    const marks = allocate(total / WRITTEN_BLOCK, MEMORY);
    this.written = new Uint8Array(marks);
    this.#own = [padded, marks];
    this.#end = total;
  }

  /**
   * Keep the bytes and the marks in other memory from now on, for an engine that has memory of its own. The arrays from before
   * are empty afterwards: who kept one would look at what no guest changes.
   *
   * @param offset where the bytes begin there, with room for a page after them
   * @param marks where the marks begin there, a multiple of 4
   */
  moveTo(buffer: ArrayBuffer, offset: number, marks: number): void {
    const moved = new Uint8Array(buffer, offset, this.bytes.length);
    moved.set(this.bytes);
    this.bytes = moved;
    this.view = new DataView(buffer, offset, moved.length);
    const written = new Uint8Array(buffer, marks, this.written.length);
    written.set(this.written);
    this.written = written;
    for (const old of this.#own.splice(0)) structuredClone(old, { transfer: [old] });
  }

  /**
   * From now on the host cannot write where the guest cannot: such a write is ignored as a whole. So code stays what was
   * checked, whatever address a damaged heap makes the sandbox write to.
   */
  seal(): void {
    this.#end = this.writableSize;
  }

  #mapRegion(region: Region, offset: number): void {
    const { start, size, name } = region;
    const last = start + BigInt(size) - 1n;
    if (size <= 0 || size % PAGE_SIZE !== 0 || start % BigInt(PAGE_SIZE) !== 0n || start !== u64(start)) {
      throw new EngineError(`region ${name} (${hex(start)}, ${size} bytes): not whole pages`);
    }
    if (!isCanonical(start) || !isCanonical(last)) {
      throw new EngineError(`region ${name} (${hex(start)}, ${size} bytes): not a canonical address`);
    }
    for (let done = 0; done < size; done += PAGE_SIZE) {
      const page = pageNumber(start + BigInt(done));
      if (this.#offsets.has(page)) {
        throw new EngineError(`region ${name}: page ${hex(start + BigInt(done))} is mapped already`);
      }
      this.#offsets.set(page, offset + done);
    }
  }

  /**
   * Offset in `bytes` of a mapped address, or -1. Valid up to the end of the page only:
   * neighbouring pages need not be neighbours in the buffer.
   */
  locate(address: Addr): number {
    if (address < 0n || address > MAX_ADDRESS) return -1;
    this.#split[0] = address;
    const low = this.#halves[0]!;
    const high = this.#halves[1]!;
    const page = low >>> 12;
    const slot = (page ^ (page >>> 10) ^ (high << 3)) & (CACHED_PAGES - 1);
    const cached = this.#cachedOffset[slot]!;
    if (cached >= 0 && this.#cachedLow[slot] === page && this.#cachedHigh[slot] === high) {
      return cached + (low & IN_PAGE);
    }
    const offset = this.#offsets.get(high * 0x10_0000 + page);
    if (offset === undefined) return -1;
    this.#cachedOffset[slot] = offset;
    this.#cachedLow[slot] = page;
    this.#cachedHigh[slot] = high;
    return offset + (low & IN_PAGE);
  }

  isMapped(address: Addr, size: number): boolean {
    if (size <= 0) return size === 0;
    const offset = this.locate(address);
    if (offset < 0) return false;
    if ((offset & IN_PAGE) + size <= PAGE_SIZE) return true;
    const last = address + BigInt(size) - 1n;
    if (last !== u64(last)) return false;
    for (let page = pageNumber(address); page <= pageNumber(last); page += 1) {
      if (!this.#offsets.has(page)) return false;
    }
    return true;
  }

  /** Whether the guest may write all of `size` bytes at `address`. */
  isWritable(address: Addr, size: number): boolean {
    return this.#isBelow(this.writableSize, address, size);
  }

  // Whether all of `size` bytes at `address` are mapped, to offsets below `end`.
  #isBelow(end: number, address: Addr, size: number): boolean {
    const offset = this.locate(address);
    if (offset < 0 || offset >= end) return false;
    for (let done = PAGE_SIZE - (offset & IN_PAGE); done < size; done += PAGE_SIZE) {
      const next = this.locate(u64(address + BigInt(done)));
      if (next < 0 || next >= end) return false;
    }
    return true;
  }

  // Offset of `size` bytes that lie in one page, or -1 when they cross into another.
  #within(address: Addr, size: number): number {
    const offset = this.locate(address);
    if (offset < 0) throw new UnmappedError(address, size);
    return (offset & IN_PAGE) + size <= PAGE_SIZE ? offset : -1;
  }

  read(address: Addr, size: number): Uint8Array {
    const start = this.locate(address);
    if (start >= 0 && (start & IN_PAGE) + size <= PAGE_SIZE) return this.bytes.slice(start, start + size);
    if (!this.isMapped(address, size)) throw new UnmappedError(address, size);
    const copy = new Uint8Array(size);
    this.#copyPages(copy, address, size);
    return copy;
  }

  readInto(target: Uint8Array, address: Addr, size: number): void {
    const start = this.locate(address);
    if (start >= 0 && (start & IN_PAGE) + size <= PAGE_SIZE) {
      if (size > 64) return target.set(this.bytes.subarray(start, start + size));
      // A subarray would cost more than these few bytes.
      for (let index = 0; index < size; index += 1) target[index] = this.bytes[start + index]!;
      return undefined;
    }
    if (!this.isMapped(address, size)) throw new UnmappedError(address, size);
    return this.#copyPages(target, address, size);
  }

  #copyPages(target: Uint8Array, address: Addr, size: number): void {
    for (let done = 0; done < size;) {
      const offset = this.locate(address + BigInt(done));
      const length = Math.min(size - done, PAGE_SIZE - (offset & IN_PAGE));
      target.set(this.bytes.subarray(offset, offset + length), done);
      done += length;
    }
  }

  write(address: Addr, bytes: Uint8Array): void {
    const start = this.locate(address);
    if (start >= 0 && (start & IN_PAGE) + bytes.length <= PAGE_SIZE) {
      if (start >= this.#end) return;
      this.onHostWrite?.(address, bytes);
      this.#mark(start, bytes.length);
      this.bytes.set(bytes, start);
      return;
    }
    if (!this.isMapped(address, bytes.length)) throw new UnmappedError(address, bytes.length);
    if (!this.#isBelow(this.#end, address, bytes.length)) return;
    this.onHostWrite?.(address, bytes);
    for (let done = 0; done < bytes.length;) {
      const offset = this.locate(address + BigInt(done));
      const length = Math.min(bytes.length - done, PAGE_SIZE - (offset & IN_PAGE));
      this.#mark(offset, length);
      this.bytes.set(bytes.subarray(done, done + length), offset);
      done += length;
    }
  }

  // The host writes `size` bytes of `bytes`, starting at `offset`.
  #mark(offset: number, size: number): void {
    const { written } = this;
    const last = (offset + size - 1) >> 8;
    for (let block = offset >> 8; block <= last; block += 1) written[block]! |= WRITTEN_NOW;
  }

  /** Mark `size` bytes of `bytes`, starting at `offset`, for good: the guest writes there from now on. */
  markWritten(offset: number, size: number): void {
    const last = (offset + size - 1) >> 8;
    for (let block = offset >> 8; block <= last; block += 1) this.written[block]! |= WRITTEN_UNSEEN;
  }

  readU8(address: Addr): number {
    return this.view.getUint8(this.#within(address, 1));
  }

  readU16(address: Addr): number {
    const offset = this.#within(address, 2);
    return offset < 0 ? this.#crossing(address, 2).getUint16(0, true) : this.view.getUint16(offset, true);
  }

  readU32(address: Addr): number {
    const offset = this.#within(address, 4);
    return offset < 0 ? this.#crossing(address, 4).getUint32(0, true) : this.view.getUint32(offset, true);
  }

  readU64(address: Addr): bigint {
    const offset = this.#within(address, 8);
    return offset < 0
      ? this.#crossing(address, 8).getBigUint64(0, true)
      : this.view.getBigUint64(offset, true);
  }

  #crossing(address: Addr, size: number): DataView {
    return new DataView(this.read(address, size).buffer);
  }

  writeU8(address: Addr, value: number): void {
    this.#scratch.setUint8(0, value);
    this.#writeScratch(address, 1);
  }

  writeU16(address: Addr, value: number): void {
    this.#scratch.setUint16(0, value, true);
    this.#writeScratch(address, 2);
  }

  writeU32(address: Addr, value: number): void {
    const offset = this.#within(address, 4);
    if (offset >= 0 && offset < this.#end && this.onHostWrite === undefined) {
      this.#mark(offset, 4);
      return this.view.setUint32(offset, value, true);
    }
    this.#scratch.setUint32(0, value, true);
    return this.#writeScratch(address, 4);
  }

  writeU64(address: Addr, value: bigint): void {
    const offset = this.#within(address, 8);
    if (offset >= 0 && offset < this.#end && this.onHostWrite === undefined) {
      this.#mark(offset, 8);
      return this.view.setBigUint64(offset, value, true);
    }
    this.#scratch.setBigUint64(0, value, true);
    return this.#writeScratch(address, 8);
  }

  #writeScratch(address: Addr, size: number): void {
    this.write(address, new Uint8Array(this.#scratch.buffer, 0, size));
  }
}
