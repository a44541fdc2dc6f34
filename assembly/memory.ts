// Guest memory: pages by their number, faults, and who is told of accesses.

import { logAccess } from './log';
import {
  EXECUTE,
  LOGGED,
  OBSERVED,
  PAGES,
  READ,
  READ_PAGES,
  TABLE,
  WATCHED,
  WRITE,
  WRITE_PAGES,
} from './state';

declare function tellRead(whom: i32, low: i32, high: i32, size: i32): void;
declare function tellWrite(whom: i32, low: i32, high: i32, size: i32, valueLow: i32, valueHigh: i32): void;

// Of eight bytes: the right to read, and that to read and change.
const MAY_READ: u64 = 0x0101010101010101;
const MAY_WRITE: u64 = 0x0303030303030303;

/** Of the size in the flags of a logged access. */
const LOGGED_WRITE: u32 = 0x100;

let tableMask: u32 = 0;
// Where the mark of the block at offset 0 would be.
let marks: usize = 0;
/** How accesses are told of. */
export let mode: u32 = 0;
// How far the rights of a byte are from it; 0 where they are not known.
let rights: usize = 0;
let ranges: usize = 0;
let rangeCount: i32 = 0;
let skippedReads: usize = 0;
let skippedReadCount: i32 = 0;
let skippedWrites: usize = 0;
let skippedWriteCount: i32 = 0;

/** The access that faulted. */
export let faultAddress: u64 = 0;
export let faultSize: i32 = 0;
export let faultIsWrite: bool = false;
/** Whether the instruction that runs has faulted. */
export let faulted: bool = false;

export function noFault(): void {
  faulted = false;
}

/** @param mask one less than the entries of the page table, a power of two */
export function setPages(mask: u32, how: u32): void {
  tableMask = mask;
  mode = how;
}

/**
 * Marks of blocks that were written to, a byte for each 256 bytes.
 *
 * @param guest where the guest's memory begins, which the first mark is of
 */
export function setMarks(at: usize, guest: usize): void {
  marks = at - (guest >> 8);
}

/**
 * What may be done with each byte of the guest's memory, a byte for each. Then nobody is told of what may be done.
 *
 * @param guest where the guest's memory begins, which the first of them is of
 */
export function setRights(at: usize, guest: usize): void {
  rights = at - guest;
}

export function setMode(how: u32): void {
  mode = how;
}

/** Lists of addresses and sizes, 8 bytes each. */
export function setRanges(at: usize, count: i32): void {
  ranges = at;
  rangeCount = count;
}

export function setSkipped(isWrite: bool, at: usize, count: i32): void {
  if (isWrite) {
    skippedWrites = at;
    skippedWriteCount = count;
  } else {
    skippedReads = at;
    skippedReadCount = count;
  }
}

/** The entry of a page: its number, its offset in memory, and what may be done there; 0 where there is none. */
export function findPage(page: u64): usize {
  let index = (<u32>(page ^ (page >> 9))) & tableMask;
  let entry = TABLE + ((<usize>index) << 4);
  while (load<u32>(entry, 12) != 0 && load<u64>(entry) != page) {
    index = (index + 1) & tableMask;
    entry = TABLE + ((<usize>index) << 4);
  }
  return load<u32>(entry, 12) == 0 ? 0 : entry;
}

/** Where a byte of code lies; 0 where no code can be. */
export function codeAt(address: u64): usize {
  const entry = findPage(address >> 12);
  if (entry == 0 || (load<u32>(entry, 12) & EXECUTE) == 0) return 0;
  return <usize>load<u32>(entry, 8) + ((<usize>address) & 0xfff);
}

// Where a byte lies; 0 where it cannot be read or written.
function lookUp(address: u64, isWrite: bool): usize {
  const page = address >> 12;
  const known = (isWrite ? WRITE_PAGES : READ_PAGES) + (((<usize>page) & (PAGES - 1)) << 4);
  if (load<u64>(known) == page && load<u32>(known, 8) != 0)
    return <usize>load<u32>(known, 8) + ((<usize>address) & 0xfff);
  const entry = findPage(page);
  if (entry == 0) return 0;
  const allowed = load<u32>(entry, 12);
  if ((allowed & (isWrite ? WRITE : READ)) == 0) return 0;
  const offset = load<u32>(entry, 8);
  store<u64>(known, page);
  store<u32>(known, offset, 8);
  return <usize>offset + ((<usize>address) & 0xfff);
}

function touches(address: u64, size: u32): bool {
  for (let index = 0, at = ranges; index < rangeCount; index += 1, at += 16) {
    const start = load<u64>(at);
    if (address - start < load<u64>(at, 8) || start - address < <u64>size) return true;
  }
  return false;
}

function isSkipped(address: u64, size: u32, isWrite: bool): bool {
  const count = isWrite ? skippedWriteCount : skippedReadCount;
  for (let index = 0, at = isWrite ? skippedWrites : skippedReads; index < count; index += 1, at += 16) {
    const offset = address - load<u64>(at);
    const length = load<u64>(at, 8);
    if (offset < length && <u64>size <= length - offset) return true;
  }
  return false;
}

// Whether an access to bytes of one page does what may not be done there. Outside of all memory nothing is forbidden.
function isForbidden(at: usize, size: u32, isWrite: bool): bool {
  if (at == 0) return false;
  const wanted = isWrite ? MAY_WRITE : MAY_READ;
  switch (size) {
    case 1:
      return ((<u32>load<u8>(at + rights)) & (<u32>wanted)) != <u32>(wanted & 0xff);
    case 2:
      return ((<u32>load<u16>(at + rights)) & (<u32>wanted)) != <u32>(wanted & 0xffff);
    case 4:
      return (load<u32>(at + rights) & (<u32>wanted)) != <u32>wanted;
    default:
      return (load<u64>(at + rights) & wanted) != wanted;
  }
}

// Who is told of an access: the observer, the one who watches, both.
function whoIsTold(address: u64, size: u32, isWrite: bool, at: usize, isSplit: bool): u32 {
  const told = mode & OBSERVED;
  if ((mode & WATCHED) == 0) return told;
  const isWatched =
    rights != 0
      ? isSplit || isForbidden(at, size, isWrite)
      : touches(address, size) && !isSkipped(address, size, isWrite);
  return isWatched ? told | WATCHED : told;
}

function fault(address: u64, size: i32, isWrite: bool): void {
  faulted = true;
  faultAddress = address;
  faultSize = size;
  faultIsWrite = isWrite;
}

// Where an access over the edge of a page faults on the next one, as CR2 has it.
function nextPage(address: u64): u64 {
  return (address | 0xfff) + 1;
}

function bytesAt(at: usize, size: i32): u64 {
  switch (size) {
    case 1:
      return load<u8>(at);
    case 2:
      return load<u16>(at);
    case 4:
      return load<u32>(at);
    default:
      return load<u64>(at);
  }
}

// The block that holds a byte was written to.
function mark(at: usize): void {
  store<u8>(marks + (at >> 8), 1);
}

// What lies at an address; bytes that are not mapped are 0.
function presentBytes(address: u64, size: i32, isSplit: bool): u64 {
  if (!isSplit) {
    const at = lookUp(address, false);
    return at == 0 ? 0 : bytesAt(at, size);
  }
  let value: u64 = 0;
  for (let index = 0; index < size; index += 1) {
    const at = lookUp(address + <u64>index, false);
    if (at != 0) value |= (<u64>load<u8>(at)) << ((<u64>index) << 3);
  }
  return value;
}

// `at` is where the first byte lies, as lookUp has it.
function tellOfRead(address: u64, size: i32, isSplit: bool, at: usize): void {
  if ((mode & LOGGED) != 0 && logAccess(address, size, 0, 0)) return;
  const whom = whoIsTold(address, size, false, at, isSplit);
  if (whom != 0) tellRead(whom, <i32>address, <i32>(address >> 32), size);
}

function tellOfWrite(address: u64, size: i32, isSplit: bool, value: u64, at: usize): void {
  const known = size == 8 ? value : value & (((<u64>1) << ((<u64>size) << 3)) - 1);
  if (
    (mode & LOGGED) != 0 &&
    logAccess(address, size | LOGGED_WRITE, presentBytes(address, size, isSplit), known)
  )
    return;
  const whom = whoIsTold(address, size, true, at, isSplit);
  if (whom != 0) tellWrite(whom, <i32>address, <i32>(address >> 32), size, <i32>known, <i32>(known >> 32));
}

/** `size` bytes, 1 to 8; 0 after a fault. */
export function read(address: u64, size: i32): u64 {
  const isSplit = ((<u32>address) & 0xfff) + <u32>size > 4096;
  const at = lookUp(address, false);
  if (at == 0 || (isSplit && lookUp(nextPage(address), false) == 0)) {
    fault(at == 0 ? address : nextPage(address), size, false);
    return 0;
  }
  if (mode) tellOfRead(address, size, isSplit, at);
  return isSplit ? presentBytes(address, size, true) : bytesAt(at, size);
}

/** Nothing is written after a fault. */
export function write(address: u64, size: i32, value: u64): void {
  const isSplit = ((<u32>address) & 0xfff) + <u32>size > 4096;
  const at = lookUp(address, true);
  if (mode) tellOfWrite(address, size, isSplit, value, at);
  if (at == 0 || (isSplit && lookUp(nextPage(address), true) == 0)) {
    fault(at == 0 ? address : nextPage(address), at == 0 ? size : 1, true);
    return;
  }
  if (isSplit) {
    for (let index = 0; index < size; index += 1) {
      const one = lookUp(address + <u64>index, true);
      store<u8>(one, <u8>(value >> ((<u64>index) << 3)));
      mark(one);
    }
    return;
  }
  mark(at);
  mark(at + size - 1);
  switch (size) {
    case 1:
      store<u8>(at, <u8>value);
      break;
    case 2:
      store<u16>(at, <u16>value);
      break;
    case 4:
      store<u32>(at, <u32>value);
      break;
    default:
      store<u64>(at, value);
  }
}
