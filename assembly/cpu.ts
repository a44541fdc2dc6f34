// One CPU: x86-64 code in the host's memory, an instruction after the other.

import { decode } from './decode';
import { LENGTH, OPERATION, Op } from './entry';
import { execute, next } from './execute';
import { loadFlags, others, storeFlags } from './flags';
import { logInstruction } from './log';
import { codeAt, mode, noFault } from './memory';
import { FIRST_QUICK, doQuick, following, quicken } from './quick';
import { CACHE, CACHE_ENTRIES, ENTRY, End, LOGGED, OBSERVED, RIP, register, setRegister } from './state';

export { accessesAt, logged, rowsAt, setLog } from './log';
export {
  faultAddress,
  faultIsWrite,
  faultSize,
  setMarks,
  setMode,
  setPages,
  setRanges,
  setRights,
  setSkipped,
} from './memory';

// Of an entry, besides what decoding says.
const IS_KNOWN: usize = 40;
const IS_STOP: usize = 41;

declare function instruction(): void;
declare function comesTo(low: i32, high: i32, length: u32): i32;

// What it gives.
const STOPS: i32 = 1;
const CHANGED: i32 = 3;

const TF: u64 = 0x100;

let aborted: bool = false;
const scratch: usize = CACHE - 64; // the bytes of one instruction that lies on two pages

/** A host function has failed: the run ends. */
export function abort(): void {
  aborted = true;
}

function entryOf(address: u64): usize {
  return CACHE + <usize>(((<u32>address) ^ (<u32>(address >> 12))) & (<u32>(CACHE_ENTRIES - 1))) * ENTRY;
}

function isKnown(entry: usize, address: u64): bool {
  return load<u64>(entry) == address && load<u8>(entry + IS_KNOWN) != 0;
}

// The instruction at an address that is not known, decoded; 0 where it cannot be fetched.
function fetch(address: u64): usize {
  const entry = entryOf(address);
  let at = codeAt(address);
  if (at == 0) return 0;
  let count = 4096 - ((<u32>address) & 0xfff);
  if (count < 15) {
    const after = codeAt(address + <u64>count);
    if (after != 0) {
      memory.copy(scratch, at, count);
      memory.copy(scratch + count, after, 15 - count);
      at = scratch;
      count = 15;
    }
  }
  store<u8>(entry + IS_KNOWN, 0);
  const isWhole = decode(address, at, count, entry);
  const found = comesTo(<i32>address, <i32>(address >> 32), isWhole ? <u32>load<u8>(entry + LENGTH) : count);
  if (found == CHANGED) return fetch(address);
  if (found != 0) {
    store<u64>(entry, address);
    store<u16>(entry + OPERATION, found == STOPS ? <u16>Op.TooLong : <u16>Op.Invalid);
    store<u8>(entry + IS_STOP, 1);
  } else if (!isWhole) {
    store<u64>(entry, 0);
    return 0;
  } else quicken(entry);
  store<u8>(entry + IS_KNOWN, 1);
  return entry;
}

/** Forget what was decoded. */
export function forgetAll(): void {
  memory.fill(CACHE, 0, CACHE_ENTRIES * ENTRY);
}

/** Forget the instructions that can contain a byte. */
export function forget(address: u64): void {
  for (let back: u64 = 0; back < 15; back += 1) {
    const entry = entryOf(address - back);
    if (load<u64>(entry) == address - back) store<u8>(entry + IS_KNOWN, 0);
  }
}

/** What would be done with these bytes: an operation, or 0 where this CPU does not know the instruction. */
export function classify(at: usize, count: u32): u32 {
  return decode(0, at, count, scratch - 64) ? <u32>load<u16>(scratch - 64 + OPERATION) : Op.TooLong;
}

/** Run from RIP. @returns why it ended; RIP is where */
export function run(until: u64, budget: u32): End {
  let address = register(RIP);
  let done: u32 = 0;
  let end: End = End.GoesOn;
  aborted = false;
  loadFlags();
  noFault();
  for (;;) {
    if (address == until) {
      end = End.Until;
      break;
    }
    let entry = entryOf(address);
    if (!isKnown(entry, address)) {
      entry = fetch(address);
      if (entry == 0) {
        end = End.FetchFault;
        break;
      }
    }
    if (done == budget && load<u8>(entry + IS_STOP) == 0) {
      end = End.Budget;
      break;
    }
    if (mode != 0) {
      setRegister(RIP, address);
      if ((mode & OBSERVED) != 0) {
        storeFlags();
        if ((mode & LOGGED) == 0 || !logInstruction()) instruction();
        if (aborted) {
          end = End.Aborted;
          break;
        }
      }
    }
    const traps = (others & TF) != 0;
    const operation = <u32>load<u16>(entry + OPERATION);
    if (operation >= FIRST_QUICK) {
      end = doQuick(entry, operation, address);
      if (end != End.GoesOn) break;
      address = following;
    } else {
      end = execute(entry, address);
      if (end == End.Halted) address = next;
      if (end != End.GoesOn) break;
      address = next;
    }
    done += 1;
    if (traps) {
      end = End.Exception; // #DB, after the instruction
      break;
    }
    if (aborted) {
      end = End.Aborted;
      break;
    }
  }
  setRegister(RIP, address);
  storeFlags();
  return end;
}
