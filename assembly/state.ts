// Where everything of one CPU lies in its memory. The host fills in what is marked so.

/** The register file: 16 general registers, RIP, RFLAGS, the bases of FS and GS, and a zero; 8 bytes each. */
export const STATE: usize = 1024;
export const RIP: u32 = 16;
export const RFLAGS: u32 = 17;
export const FS: u32 = 18;
export const GS: u32 = 19;
export const ZERO: u32 = 20;

/** The registers and RFLAGS as the log has them last; 8 bytes each. */
export const LAST: usize = 0x600;

export const RAX: u32 = 0;
export const RCX: u32 = 1;
export const RDX: u32 = 2;
export const RSP: u32 = 4;
export const RBP: u32 = 5;
export const RSI: u32 = 6;
export const RDI: u32 = 7;

/** Pages that were looked up: 256 entries of a page number and an offset, for reads and for writes. */
export const READ_PAGES: usize = 0x2000;
export const WRITE_PAGES: usize = 0x3000;
export const PAGES: usize = 256;

/** Decoded instructions: 8192 entries of 48 bytes, by the low bits of the address. */
export const CACHE: usize = 0x10000;
export const CACHE_ENTRIES: usize = 8192;
export const ENTRY: usize = 48;

/** The page table, which the host fills in: a hash table of pages, 16 bytes each. */
export const TABLE: usize = 0x70000;

/** Of a page in the table. */
export const READ: u32 = 1;
export const WRITE: u32 = 2;
export const EXECUTE: u32 = 4;

/** Ways to run, as bits. */
export const OBSERVED: u32 = 1;
export const WATCHED: u32 = 2;
/** What an observer would be told is logged. */
export const LOGGED: u32 = 4;

/** Why a run ended. */
export const enum End {
  GoesOn = 0,
  Until = 1,
  Budget = 2,
  InvalidOpcode = 3,
  Exception = 4,
  Halted = 5,
  DataFault = 6,
  FetchFault = 7,
  Aborted = 8,
  Unsupported = 9,
}

export function register(index: u32): u64 {
  return load<u64>(STATE + ((<usize>index) << 3));
}

export function setRegister(index: u32, value: u64): void {
  store<u64>(STATE + ((<usize>index) << 3), value);
}

/** The low `size` bytes, as ones. */
export function maskOf(size: u32): u64 {
  return (<u64>-1) >> (64 - ((<u64>size) << 3));
}

/** The low `size` bytes of a value, with their sign. */
export function signed(value: u64, size: u32): i64 {
  const unused = <i64>(64 - (size << 3));
  return ((<i64>value) << unused) >> unused;
}
