// Where executable memory ends right after code. The library reads a whole block before it runs any of it, and where the
// last instruction is cut off it faults at the beginning of the block; a CPU runs up to that instruction.

import { type Addr, isCanonical, u64 } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import { MAX_INSTRUCTION } from '../x86/fetch.js';
import { isCutOff } from '../x86/straight-line.js';
import type { Stop } from './engine.js';

type FetchFault = Omit<Extract<Stop, { reason: 'fault' }>, 'pc'>;

/** What a memory ends with. */
export interface CodeEnds {
  /** Where an instruction cannot be fetched as a whole, and the fault there: where it is cut off, and after the last byte. */
  readonly faults: ReadonlyMap<Addr, FetchFault>;
  /** Whether what begins at an address may reach a place where code ends. */
  isNear(address: Addr): boolean;
}

// Instructions of one byte, and what is none: padding, after which nothing is cut off. Known without the disassembler.
const WHOLE: ReadonlySet<number> = new Set([NO_INSTRUCTION, 0x90, 0xc3, 0xcc]);

/** Find where code ends; nowhere where only filler lies there. */
export const findCodeEnds = (memory: PagedMemory): CodeEnds => {
  const code = memory.regions.filter(({ protection }) => protection === 'read-execute');
  const starts = new Set(code.map(({ start }) => start));
  const faults = new Map<Addr, FetchFault>();
  const ends: Addr[] = [];
  for (const { start, size } of code) {
    const end = u64(start + BigInt(size));
    const first = end - BigInt(MAX_INSTRUCTION);
    const last = memory.read(first, MAX_INSTRUCTION);
    if (starts.has(end) || last.every((byte) => byte === NO_INSTRUCTION)) continue;
    ends.push(end);
    const protection = memory.isMapped(end, 1);
    const cause = protection ? 'protection' : isCanonical(end) ? 'unmapped' : 'not canonical';
    const fault: FetchFault = { reason: 'fault', access: 'fetch', address: end, size: 1, cause };
    faults.set(end, fault);
    if (last.every((byte) => WHOLE.has(byte))) continue;
    for (let offset = 0; offset < MAX_INSTRUCTION; offset += 1)
      if (isCutOff(last.subarray(offset))) faults.set(first + BigInt(offset), fault);
  }
  return {
    faults,
    isNear: (address) => ends.some((end) => address < end && end - address <= BigInt(MAX_INSTRUCTION)),
  };
};
