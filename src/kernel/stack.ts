// The call trace: from the registers of a trap, frame by frame up a kernel stack in guest memory.
// Whatever the stack holds, the walk ends and gives the reason.

import { type Addr, u64 } from '../base/address.js';
import type { Memory } from './memory.js';
import { THREAD_SIZE, pt_regs } from './structs/task.js';
import type { FrameRule, Location, SymbolTable } from './symbols.js';

/** One line of a call trace. */
export interface TraceEntry {
  /** The return address, or the user's RIP. */
  readonly address: Addr;
  /** The function that holds the call, with the offset of `address` in it; absent where no function covers it. */
  readonly location?: Location;
  /** Where in guest memory the address was read. */
  readonly slot: Addr;
  readonly user: boolean;
}

/** Why a call trace ended. */
export type TraceEnd =
  /** The way back to user space: nothing is missing. */
  | { readonly kind: 'user' }
  /** A return address of zero; not part of the trace. */
  | { readonly kind: 'zero'; readonly slot: Addr }
  /** No function covers `address`: the stack is damaged, or a symbol is missing. The address ends the trace. */
  | { readonly kind: 'unknown address'; readonly address: Addr; readonly slot?: Addr }
  /** The function's frame is not described. */
  | { readonly kind: 'unknown frame'; readonly location: Location }
  /** The next slot would lie outside the 8 KiB stack. */
  | { readonly kind: 'stack end'; readonly slot: Addr }
  | { readonly kind: 'unmapped'; readonly slot: Addr }
  /** `limit` entries were found and there may be more. */
  | { readonly kind: 'limit' };

/** A call trace, innermost caller first. */
export interface CallTrace {
  readonly entries: readonly TraceEntry[];
  readonly end: TraceEnd;
}

/**
 * The function that the kernel names for a code address: the one that covers the byte before it, so that a call that
 * never returns, at a function's end, is not named after the next function. The offset is that of `address` itself.
 *
 * Source: sprint_backtrace(), kernel/kallsyms.c, v3.0.101 (`%pB`). Differs: data symbols do not count.
 */
export const findCaller = (symbols: SymbolTable, address: Addr): Location | undefined => {
  const before = symbols.findLocation(u64(address - 1n));
  if (before?.symbol.kind !== 'function') return undefined;
  return { symbol: before.symbol, offset: before.offset + 1 };
};

const ruleAt = (rules: readonly FrameRule[], offset: number): FrameRule | undefined => {
  let best: FrameRule | undefined;
  for (const rule of rules) {
    if (rule.offset <= offset && (best === undefined || rule.offset >= best.offset)) best = rule;
  }
  return best;
};

const field = (name: 'ip' | 'sp'): bigint => BigInt(pt_regs.fields[name][0]);

/**
 * Walk the stack of a trap.
 *
 * @param regs guest address of the trap's pt_regs
 * @param limit most entries
 * @throws {UnmappedError} when the pt_regs themselves are not mapped
 */
export const unwind = (memory: Memory, symbols: SymbolTable, regs: Addr, limit = 64): CallTrace =>
  unwindFrom(
    memory,
    symbols,
    { rip: memory.readU64(regs + field('ip')), rsp: memory.readU64(regs + field('sp')) },
    limit,
  );

/**
 * Walk a stack from two registers.
 *
 * @param limit most entries
 */
export const unwindFrom = (
  memory: Memory,
  symbols: SymbolTable,
  { rip, rsp: from }: { readonly rip: Addr; readonly rsp: Addr },
  limit = 64,
): CallTrace => {
  const entries: TraceEntry[] = [];
  const ended = (end: TraceEnd): CallTrace => ({ entries, end });
  let rsp = from;
  const top = (rsp & ~BigInt(THREAD_SIZE - 1)) + BigInt(THREAD_SIZE);

  const here = symbols.findLocation(rip);
  if (here?.symbol.kind !== 'function') return ended({ kind: 'unknown address', address: rip });
  let location = here; // where the frame's rule is looked up: in a caller, inside the call instruction
  while (entries.length < limit) {
    const { symbol, offset } = location;
    const user = symbol.userFrame !== undefined;
    const rule = ruleAt(symbol.frame ?? [], offset);
    if (!user && (rule === undefined || rule.cfa < 8)) return ended({ kind: 'unknown frame', location });
    const next = user ? rsp : rsp + BigInt(rule!.cfa);
    const slot = user ? rsp - BigInt(symbol.userFrame) + field('ip') : next - 8n;
    if (slot < rsp || slot + 8n > top) return ended({ kind: 'stack end', slot: u64(slot) });
    if (!memory.isMapped(slot, 8)) return ended({ kind: 'unmapped', slot });

    const address = memory.readU64(slot);
    if (address === 0n) return ended({ kind: 'zero', slot });
    const caller = findCaller(symbols, address);
    entries.push({ address, slot, user, ...(caller === undefined ? {} : { location: caller }) });
    if (user) return ended({ kind: 'user' });
    if (caller === undefined) return ended({ kind: 'unknown address', address, slot });
    location = { symbol: caller.symbol, offset: caller.offset - 1 };
    rsp = next;
  }
  return ended({ kind: 'limit' });
};
