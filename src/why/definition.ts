// Who made the bytes of a place last, before a step: an instruction, a stub, the scenario, or nobody.

import { firstWhere } from '../base/bisect.js';
import { TRAP_SETS } from '../lineage/sandbox.js';
import { CALLER_SAVED, REGISTER_INDEX } from '../x86/registers.js';
import { type Place, bytesIn } from './place.js';
import type { Trace } from './trace.js';

/** The maker of some bytes. */
export type Definition =
  | { readonly kind: 'instruction'; readonly step: number }
  /** A function that the sandbox stands in for; `step` is that of the call. */
  | { readonly kind: 'stub'; readonly step: number; readonly symbol: string }
  /** The sandbox, by an access of the recording: what a step of the scenario or a stub wrote to memory. */
  | { readonly kind: 'host'; readonly at: number; readonly access: number }
  /** The registers of a call that the scenario makes; `at` is the first step of it. */
  | { readonly kind: 'call'; readonly at: number; readonly symbol: string }
  /** The CPU, when it delivered the trap. */
  | { readonly kind: 'trap'; readonly at: number }
  /** It was there before the first step. */
  | { readonly kind: 'start' };

const START: Definition = { kind: 'start' };

const SAVED_BY_CALLER = CALLER_SAVED.reduce((bits, name) => bits | (1 << REGISTER_INDEX[name]), 0);

const fromBoundary = (trace: Trace, index: number): Definition => {
  const { at, event } = trace.boundaries[index]!;
  if (event.kind === 'call') return { kind: 'call', at, symbol: event.symbol };
  if (event.kind === 'trap') return { kind: 'trap', at };
  return { kind: 'stub', step: at - 1, symbol: event.symbol };
};

// The latest boundary before a state at which the sandbox set a register, or flags; -1 without one.
const boundaryOf = (trace: Trace, register: number, state: number): number => {
  const { boundaries } = trace;
  let index = firstWhere(boundaries.length, (one) => boundaries[one]!.at > state) - 1;
  const isSet = (one: number): boolean => {
    const { kind } = boundaries[one]!.event;
    if (kind === 'trap') return register < 0 || TRAP_SETS.includes(register);
    return kind === 'call' || (register >= 0 && (SAVED_BY_CALLER & (1 << register)) !== 0);
  };
  while (index >= 0 && !isSet(index)) index -= 1;
  return index;
};

const ofRegister = (trace: Trace, at: number, state: number): Definition => {
  const register = at >> 3;
  const bit = 1 << register;
  const index = boundaryOf(trace, register, state);
  const since = index < 0 ? 0 : trace.boundaries[index]!.at;
  if (register === REGISTER_INDEX.rip && state > since) return { kind: 'instruction', step: state - 1 };
  for (let step = state - 1; step >= since; step -= 1) {
    const { mask, writes } = trace.siteOf(step);
    if ((mask & bit) === 0) continue;
    if (writes.some((one) => at >= one.at && at < one.at + one.size)) return { kind: 'instruction', step };
  }
  return index < 0 ? START : fromBoundary(trace, index);
};

const ofFlags = (trace: Trace, mask: number, state: number): Definition => {
  const index = boundaryOf(trace, -1, state);
  const since = index < 0 ? 0 : trace.boundaries[index]!.at;
  for (let step = state - 1; step >= since; step -= 1) {
    const { flags } = trace.siteOf(step);
    if (flags === undefined) continue;
    const { sets, leavesUndefined } = flags.effect(trace.register(step, REGISTER_INDEX.rcx));
    if (((sets | leavesUndefined) & mask) !== 0) return { kind: 'instruction', step };
  }
  return index < 0 ? START : fromBoundary(trace, index);
};

const ofMemory = (trace: Trace, address: bigint, state: number): Definition => {
  const { accesses } = trace.recording;
  const low = Number(address & 0xffff_ffffn);
  for (let index = accesses.countBefore(state) - 1; index >= 0; index -= 1) {
    if ((low - accesses.lowAddress(index)) >>> 0 >= accesses.size(index) || !accesses.isDone(index)) continue;
    const start = accesses.address(index);
    if (address < start || address >= start + BigInt(accesses.size(index))) continue;
    const step = accesses.instruction(index);
    return accesses.isHost(index) ? { kind: 'host', at: step, access: index } : { kind: 'instruction', step };
  }
  return START;
};

/**
 * Who made one byte, or some flags.
 *
 * @param place one byte of a register or of memory, or flags
 * @param state the place is looked at before this step
 */
const definitionOf = (trace: Trace, place: Place, state: number): Definition => {
  switch (place.kind) {
    case 'register':
      return ofRegister(trace, place.at, state);
    case 'flags':
      return ofFlags(trace, place.mask, state);
    case 'memory':
      return ofMemory(trace, place.address, state);
    case 'rest':
      return START;
  }
};

/** Neighbouring bytes that have one maker. */
export interface Made {
  readonly by: Definition;
  readonly place: Place;
}

const isSame = (a: Definition, b: Definition): boolean => JSON.stringify(a) === JSON.stringify(b);

// One place of two that lie side by side, the first one first.
const joined = (first: Place, next: Place): Place => {
  if (first.kind === 'flags' && next.kind === 'flags') return { ...first, mask: first.mask | next.mask };
  return first.kind === 'register' || first.kind === 'memory' ? { ...first, size: first.size + 1 } : first;
};

/** Who made a place: a piece for each run of bytes that has one maker, the lowest first. */
export const makersOf = (trace: Trace, place: Place, state: number): readonly Made[] => {
  const found: { by: Definition; place: Place }[] = [];
  for (const byte of bytesIn(place)) {
    const by = definitionOf(trace, byte, state);
    const last = found.at(-1);
    if (last === undefined || !isSame(last.by, by)) found.push({ by, place: byte });
    else last.place = joined(last.place, byte);
  }
  return found;
};
