// The analyst's view: values that are lost while unpublished code runs, and values that are known again afterwards.

import type { Addr } from '../base/address.js';
import { CALLER_SAVED, REGISTER_INDEX } from '../x86/registers.js';
import type { CodeFacts } from './code.js';
import { callFromSandbox, returnsValue, unfollowedResult } from './frames.js';
import { HOW } from './ledger.js';
import { eachPart, moveStack } from './operands.js';
import { GENERAL, RAX, RBP, RSP, type Site, type WalkState } from './state.js';
import { REGISTER_BYTES, UNKNOWN } from './tags.js';

const MUST_SURVIVE = [REGISTER_INDEX.rbx, RBP, 12, 13, 14, 15, RSP];
const MAY_CHANGE = CALLER_SAVED.map((name) => REGISTER_INDEX[name]).filter((register) => register !== RAX);
const ALL = Array.from({ length: GENERAL }, (_, register) => register);

/** Published code runs again: past a call whose callee was not followed, or anywhere else. */
export const comeBack = (state: WalkState, site: Site): void => {
  const { frames, before } = state;
  state.known = true;
  state.tags.unseenSince = state.step + 1;
  const rsp = before[RSP]!;
  const at = frames.findLastIndex((frame) => frame.returnTo === site.address && frame.rsp + 8n === rsp);
  if (at < 0) {
    state.frames = [];
    if (site.offset === 0) callFromSandbox(state, before, 0);
    return;
  }
  const callee = frames[at]!;
  frames.length = at;
  for (const register of MUST_SURVIVE) survived(state, register, callee.entry);
  moveStack(state, 8n, rsp, -1); // over the return address
  if (callee.facts !== undefined && returnsValue(callee.facts))
    unfollowedResult(state, callee.facts, before[RAX]!, callee.call);
};

// A register that the ABI lets no function change has the value that it had at the call.
const survived = ({ ledger, tags, step }: WalkState, register: number, entry: Int32Array): void => {
  const start = register * 8;
  if (tags.get(start) === entry[start]) return;
  tags.end(start, 8, step, HOW['may be lost'], 0);
  tags.blank(register, UNKNOWN);
  for (let index = 0; index < 8;) {
    const place = entry[start + index]!;
    const length = place > 0 ? Math.min(8 - index, ledger.size(place)) : 1;
    if (place > 0) {
      const first = ledger.first(place) + start + index - ledger.start(place);
      tags.begin(start + index, length, ledger.value(place), first, step + 1, place);
    } else tags.set(start + index, place);
    index += length;
  }
};

// Code that is not published may write these registers, the heap, and the stack below `keep`.
const lose = (state: WalkState, keep: Addr, registers: readonly number[]): void => {
  const { lost, tags, step } = state;
  for (const register of registers) {
    const kept = lost[register]!;
    for (let index = 0; index < 8; index += 1) {
      const place = tags.get(register * 8 + index);
      if (place > 0 && !kept.includes(place)) kept.push(place);
    }
    lost[register] = []; // this end is not certain
    tags.end(register * 8, 8, step, HOW['may be lost'], 0);
    tags.blank(register, UNKNOWN);
    lost[register] = kept;
  }
  const [low, high] = stackAbove(state, keep);
  tags.loseMemory((location) => location >= low && location < high, step, 0);
  tags.unseenSince = step + 1;
  state.known = false;
};

// Locations of the stack from an address to the end of its region.
const stackAbove = ({ memory }: WalkState, address: Addr): readonly [low: number, high: number] => {
  const region = memory.regions.find(({ start, size }) => address >= start && address < start + BigInt(size));
  const offset = memory.locate(address);
  if (region === undefined || offset < 0) return [0, 0];
  const low = offset + REGISTER_BYTES;
  return [low, low + Number(region.start + BigInt(region.size) - address)];
};

/** Code that is not published runs, without a call. */
export const loseTrack = (state: WalkState): void => lose(state, state.frame?.rsp ?? state.before[RSP]!, ALL);

/** A call to code that is not published: everything that the ABI allows it to change may be lost. */
export const unknownCall = (state: WalkState, callee: CodeFacts | undefined): void => {
  const { tags, step } = state;
  const returns = callee !== undefined && returnsValue(callee);
  if (returns) {
    tags.end(RAX * 8, 8, step, HOW.destroyed, 0);
    tags.blank(RAX, UNKNOWN);
  }
  lose(state, state.frame!.rsp + 8n, returns ? MAY_CHANGE : [...MAY_CHANGE, RAX]);
};

/** A register was overwritten: what may have been lost in it is gone for certain. */
export const settle = ({ ledger, lost }: WalkState, register: number, step: number): void => {
  if (lost[register]!.length === 0) return;
  for (const place of lost[register]!) ledger.settle(place, step);
  lost[register] = [];
};

/** Code that is not followed ran: its writes among the accesses from `first` to `end`, excluded, end what lay there. */
export const scribble = (state: WalkState, first: number, end: number): void => {
  const { tags, step } = state;
  const log = state.recording.accesses;
  for (let index = first; index < end; index += 1) {
    if (!log.isDone(index)) continue;
    eachPart(state, log.address(index), Math.min(8, log.size(index)), (location, length) => {
      tags.end(location, length, step, HOW['may be lost'], 0);
      tags.hostWrote(location, length, step + 1);
    });
  }
};
