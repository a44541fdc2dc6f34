// The rows of a recording, written into memory here; the host takes them over in blocks. Their form is that of `EngineLog`
// in src/machine/engine.ts.

import { LAST, STATE } from './state';

declare function takeLog(): void;

const REGISTERS: u32 = 18;
/** The most that the row of an instruction takes: a mask, and all registers. Bytes. */
const MOST: usize = 4 + 8 * REGISTERS;
/** What the row of an access takes. */
const ACCESS: usize = 32;

let rowsEnd: usize = 0;
let accessesEnd: usize = 0;

/** Where the next row of an instruction is written. The host reads it, as it does the next two. */
export let rowsAt: usize = 0;
/** Where the next row of an access is written. */
export let accessesAt: usize = 0;
/** Instructions logged so far. */
export let logged: u32 = 0;

/** Where to write, up to which end, after so many instructions. */
export function setLog(
  rows: usize,
  endOfRows: usize,
  accesses: usize,
  endOfAccesses: usize,
  done: u32,
): void {
  rowsAt = rows;
  rowsEnd = endOfRows;
  accessesAt = accesses;
  accessesEnd = endOfAccesses;
  logged = done;
}

/** The registers before an instruction: those that differ from the row before. @returns whether there was room */
export function logInstruction(): bool {
  if (rowsAt + MOST > rowsEnd) {
    takeLog();
    if (rowsAt + MOST > rowsEnd) return false;
  }
  let at = rowsAt + 4;
  let mask: u32 = 0;
  for (let index: u32 = 0; index < REGISTERS; index += 1) {
    const place = (<usize>index) << 3;
    const value = load<u64>(STATE + place);
    if (value == load<u64>(LAST + place)) continue;
    store<u64>(LAST + place, value);
    store<u64>(at, value);
    mask |= (<u32>1) << index;
    at += 8;
  }
  store<u32>(rowsAt, mask);
  rowsAt = at;
  logged += 1;
  return true;
}

/** An access of the instruction logged last. @param flags as a recording has them. @returns whether there was room */
export function logAccess(address: u64, flags: u32, before: u64, after: u64): bool {
  if (accessesAt + ACCESS > accessesEnd) {
    takeLog();
    if (accessesAt + ACCESS > accessesEnd) return false;
  }
  const at = accessesAt;
  store<u32>(at, logged - 1);
  store<u32>(at, flags, 4);
  store<u64>(at, address, 8);
  store<u64>(at, before, 16);
  store<u64>(at, after, 24);
  accessesAt = at + ACCESS;
  return true;
}
