// The instructions of some code and where its blocks begin, found by following it from its entries.

import type { Addr } from '../base/address.js';
import { type Flow, decodeOne } from './disasm.js';

/** An instruction that can be reached. */
interface Reachable {
  readonly length: number; // bytes
  readonly flow: Flow;
  /** Of a direct jump or call. */
  readonly target: Addr | undefined;
}

/** Code as it can run. Targets of indirect jumps are not in it. */
interface CodeBlocks {
  readonly instructions: ReadonlyMap<Addr, Reachable>;
  /** Where a jump, a call or a return can arrive: first instructions of blocks. */
  readonly leaders: ReadonlySet<Addr>;
}

const ENDS: readonly Flow[] = ['jump', 'indirect jump', 'return', 'trap', 'bad'];

/**
 * Follow code from its entries.
 *
 * @param bytes of the code
 * @param start address of the first byte
 * @param entries where it can be entered, in the code
 */
export const blocksOf = (bytes: Uint8Array, start: Addr, entries: readonly Addr[]): CodeBlocks => {
  const end = start + BigInt(bytes.length);
  const isInside = (address: Addr): boolean => address >= start && address < end;
  const instructions = new Map<Addr, Reachable>();
  const leaders = new Set<Addr>();
  const waiting: Addr[] = [];
  const lead = (address: Addr): void => {
    if (!isInside(address) || leaders.has(address)) return;
    leaders.add(address);
    waiting.push(address);
  };
  entries.forEach(lead);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    while (isInside(at) && !instructions.has(at)) {
      const { length, flow, target } = decodeOne(bytes.subarray(Number(at - start)), at);
      instructions.set(at, { length, flow, target });
      if (target !== undefined) lead(target);
      const next: Addr = at + BigInt(length);
      if (ENDS.includes(flow)) break;
      if (flow !== 'next') lead(next);
      at = next;
    }
  }
  return { instructions, leaders };
};
