// Activations of functions: how one begins, and names for its arguments and its result.

import type { Addr } from '../base/address.js';
import { ARGUMENT_REGISTERS, REGISTERS, REGISTER_INDEX } from '../x86/registers.js';
import type { CodeFacts } from './code.js';
import { HOW, ORIGIN } from './ledger.js';
import { type Frame, RANK } from './names.js';
import { addResult } from './operands.js';
import { GENERAL, RAX, RIP, RSP, type WalkState } from './state.js';
import { type Typed, sizeOfType } from './types.js';

const ARGUMENTS = ARGUMENT_REGISTERS.map((name) => REGISTER_INDEX[name]);
export const MAX_FRAMES = 10_000;

/** Below this a value is a number rather than an address, and equal ones need not be the same. */
const LEAST_ADDRESS = 0x1000n;

/** Name the value in a register, for the function that runs, in the state after `step`. */
export const nameRegister = (state: WalkState, register: number, typed: Typed, frame: Frame): void => {
  const size = sizeOfType(typed.type);
  const place = state.tags.placeIn(register, size);
  const value = place > 0 ? state.ledger.value(place) : state.assembly.at(register * 8, size, state.step + 1);
  state.names.give(value, typed, RANK.source, state.step + 1, frame);
};

export const nameArguments = (state: WalkState, frame: Frame): void => {
  const parts = frame.facts?.prototype?.arguments ?? [];
  for (const [index, { name, type }] of parts.slice(0, ARGUMENTS.length).entries())
    nameRegister(state, ARGUMENTS[index]!, { name, type }, frame);
};

/**
 * A function begins.
 *
 * @param call the instruction that called it; -1 for the sandbox
 * @param rsp where the return address lies
 */
export const enter = (
  state: WalkState,
  facts: CodeFacts | undefined,
  call: number,
  rsp: Addr,
  returnTo: Addr,
): Frame => {
  const frame: Frame = { facts, locals: new Map(), rsp, returnTo, entry: state.tags.snapshot(), call };
  state.frames.push(frame);
  if (state.frames.length > MAX_FRAMES) state.frames.shift();
  nameArguments(state, frame);
  return frame;
};

/** Whether a function is known to return something. */
export const returnsValue = ({ prototype }: CodeFacts): boolean =>
  prototype !== undefined && prototype.returns !== 'void';

/** Name the result of a function for the one that runs. */
export const nameResult = (state: WalkState, callee: CodeFacts, value: number): void => {
  const { frame, names } = state;
  const variable = frame?.facts?.results.get(callee.name);
  const plain = { name: `${callee.name}()`, type: callee.prototype?.returns ?? '' };
  const known = names.get(value);
  // A value that has a name keeps it: only the source's own variable adds one.
  if (variable === undefined && known !== undefined && known.rank >= RANK.source) return;
  names.give(value, variable ?? plain, RANK.source, state.step + 1, frame);
};

/**
 * A function that was not followed returned `bits`.
 *
 * @param call the instruction that called it
 */
export const unfollowedResult = (
  state: WalkState,
  facts: CodeFacts | undefined,
  bits: bigint,
  call: number,
): void => {
  const value = addResult(state, bits, call);
  state.tags.begin(RAX * 8, 8, value, 0, state.step + 1, 0);
  if (facts !== undefined) nameResult(state, facts, value);
};

/**
 * The sandbox calls a function: every register is new. A register that holds the same pointer as an argument, or as
 * one before it, holds the same value: the caller kept it there.
 *
 * @param registers at the function's first instruction
 * @param given how many arguments the sandbox passed
 */
export const callFromSandbox = (state: WalkState, registers: BigUint64Array, given: number): void => {
  const { ledger, memory, tags, step } = state;
  const cause = ledger.causeNumber('the sandbox calls a function');
  const shared = new Map<bigint, number>();
  const all = Array.from({ length: GENERAL }, (_, index) => index);
  const rsp = registers[RSP]!;
  const back = memory.isMapped(rsp, 8) ? memory.readU64(rsp) : 0n;
  const caller = state.symbols.findLocation(back)?.symbol.name ?? 'the caller';
  for (const register of new Set([...ARGUMENTS.slice(0, given), ...all])) {
    const bits = registers[register]!;
    let value = bits >= LEAST_ADDRESS ? shared.get(bits) : undefined;
    if (value === undefined) {
      value = ledger.addBits(ORIGIN.register, 8, bits, step + 1, register);
      shared.set(bits, value);
      const name = `${REGISTERS[register]} of ${caller}`;
      if (bits !== 0n) state.names.give(value, { name, type: '' }, RANK.caller, step + 1);
    }
    tags.end(register * 8, 8, step, HOW.destroyed, cause);
    tags.begin(register * 8, 8, value, 0, step + 1, 0);
  }
  // Time has passed: what an analyst knew of memory may be long gone.
  if (state.view === 'analyst') {
    tags.loseMemory(() => false, step, ledger.causeNumber('other code runs in between'));
    tags.unseenSince = step + 1;
  }
  state.known = true;
  state.frames = [];
  enter(state, state.code.find(registers[RIP]!), -1, rsp, back);
};
