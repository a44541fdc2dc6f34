// Operands: taking up what lies in one, putting it down in another, new values, and names for loaded ones.

import { type Addr, IN_PAGE, PAGE_SIZE, hex, pageOffset, u64 } from '../base/address.js';
import { MEMORY } from '../x86/transfer.js';
import { HOW, ORIGIN } from './ledger.js';
import { RANK } from './names.js';
import { RSP, type Site, type WalkState } from './state.js';
import { PLAIN, REGISTER_BYTES } from './tags.js';

/** Call with each run of locations of an operand in memory: two where it crosses into another page. */
export const eachPart = (
  { memory }: WalkState,
  address: Addr,
  size: number,
  visit: (location: number, length: number, done: number) => void,
): void => {
  const at = memory.locate(address);
  const room = PAGE_SIZE - pageOffset(address);
  if (at >= 0) visit(at + REGISTER_BYTES, Math.min(size, room), 0);
  if (size <= room) return;
  const rest = memory.locate(u64(address + BigInt(room)));
  if (rest >= 0) visit(rest + REGISTER_BYTES, size - room, room);
};

/** Take up an operand: a register byte, or MEMORY at `address`. */
export const take = (state: WalkState, operand: number, address: Addr, size: number): void => {
  const { tags } = state;
  if (operand !== MEMORY) return tags.take(operand, size);
  return eachPart(state, address, size, (location, length, done) => tags.take(location, length, done));
};

/** Bytes of a register above a result belong to no value. */
const blankAbove = ({ tags }: WalkState, at: number, size: number, width: number): void => {
  for (let index = size; index < width; index += 1) tags.set(at + index, PLAIN);
};

/**
 * Put down what was taken on `size` bytes of a register.
 *
 * @param width bytes that are overwritten
 * @param how the end of the old value, where a saved register gets back the value from the function's start
 */
export const putRegister = (state: WalkState, at: number, size: number, width = size, how = 0): void => {
  const { tags, step } = state;
  state.touched |= 1 << (at >> 3);
  if (tags.isThere(at, size)) {
    if (width > size) tags.end(at + size, width - size, step, HOW.destroyed, 0);
  } else {
    const saved = state.frame?.entry[at] ?? 0;
    const restored = how !== 0 && tags.wasThere(saved, 8) && size === 8;
    tags.end(at, width, step, restored ? how : HOW.destroyed, 0);
    tags.put(at, size, step + 1);
  }
  blankAbove(state, at, size, width);
};

/** Put down what was taken in memory. */
export const putMemory = (state: WalkState, address: Addr, size: number): void => {
  const { tags, step } = state;
  eachPart(state, address, size, (location, length, done) => {
    if (tags.isThere(location, length, done)) return;
    tags.end(location, length, step, HOW.destroyed, 0);
    tags.put(location, length, step + 1, done);
  });
};

// A value that is first seen in the state after `step`.
const addValue = ({ ledger, step }: WalkState, origin: number, size: number, bits: bigint, maker: number) =>
  ledger.addBits(origin, size, bits, step + 1, maker);

/**
 * A new value in a register, which nothing was taken for.
 *
 * @param width bytes that are overwritten
 * @param maker number of the site that made it, -1 for the sandbox
 */
export const freshRegister = (
  state: WalkState,
  at: number,
  size: number,
  width: number,
  origin: number,
  bits: bigint,
  maker: number,
): number => {
  const { tags, step } = state;
  const value = addValue(state, origin, size, bits, maker);
  state.touched |= 1 << (at >> 3);
  tags.end(at, width, step, HOW.destroyed, 0);
  tags.begin(at, size, value, 0, step + 1, 0);
  blankAbove(state, at, size, width);
  return value;
};

/** The same in memory. */
export const freshMemory = (
  state: WalkState,
  address: Addr,
  size: number,
  origin: number,
  bits: bigint,
  maker: number,
): number => {
  const { tags, step } = state;
  const value = addValue(state, origin, size, bits, maker);
  eachPart(state, address, size, (location, length, done) => {
    tags.end(location, length, step, HOW.destroyed, 0);
    tags.begin(location, length, value, done, step + 1, 0);
  });
  return value;
};

/** The result that a call that was not followed left in RAX. @param call its step */
export const addResult = (state: WalkState, bits: bigint, call: number): number =>
  addValue(state, ORIGIN.result, 8, bits, call);

/** RSP is the old one plus a constant. */
export const moveStack = (state: WalkState, distance: bigint, bits: bigint, maker: number): void => {
  const { ledger, tags } = state;
  const old = tags.get(RSP * 8);
  const value = freshRegister(state, RSP * 8, 8, 8, ORIGIN.computed, bits, maker);
  if (old <= 0) return;
  ledger.addParent(value, ledger.value(old));
  ledger.setOffset(value, distance);
};

/** No value is in `size` bytes of a register any more. */
export const clear = (state: WalkState, at: number, size: number): void => {
  state.touched |= 1 << (at >> 3);
  state.tags.end(at, size, state.step, HOW.destroyed, 0);
  blankAbove(state, at, 0, size);
};

/** The values of which bytes lie in an operand. */
export const valuesOf = (state: WalkState, operand: number, address: Addr, size: number): number[] => {
  const { tags } = state;
  const values: number[] = [];
  const visit = (value: number): void => {
    values.push(value);
  };
  if (operand !== MEMORY) tags.eachValue(operand, size, visit);
  else eachPart(state, address, size, (location, length) => tags.eachValue(location, length, visit));
  return values;
};

/** The bits of a register after the instruction, from a byte of it. */
export const bitsAfter = ({ registers }: WalkState, at: number): bigint =>
  registers[at >> 3]! >> BigInt((at & 7) * 8);

// The value that lies whole at a location of memory; where parts of several lie, the value that they make up.
const valueAt = ({ ledger, tags, assembly, step }: WalkState, location: number, size: number): number => {
  const place = tags.get(location);
  if (place <= 0) return 0;
  if (ledger.first(place) === 0 && ledger.start(place) === location && ledger.size(place) >= size)
    return ledger.value(place);
  if (size === 1 || ((location - REGISTER_BYTES) & IN_PAGE) + size > PAGE_SIZE) return 0;
  return assembly.at(location, size, step);
};

const nameGlobal = ({ names, symbols, step }: WalkState, value: number, address: Addr): void => {
  if (names.get(value) !== undefined) return;
  const found = symbols.findLocation(address);
  if (found?.symbol.kind !== 'data') return;
  const name = found.offset === 0 ? found.symbol.name : `${found.symbol.name}+${hex(found.offset)}`;
  names.give(value, { name, type: '' }, RANK.source, step);
};

/** Name a loaded value after the pointer that the load went through. */
export const nameLoad = (state: WalkState, site: Site, address: Addr, size: number): void => {
  const { frame, ledger, names, tags, before, step } = state;
  const at = state.memory.locate(address);
  if (at < 0) return;
  const value = valueAt(state, at + REGISTER_BYTES, size);
  if (value === 0) return;
  const { base, index } = site.transfer;
  if (base < 0 && index < 0) return nameGlobal(state, value, address);
  if (frame?.locals.has(value) === true) return;
  for (const register of [base, index]) {
    if (register < 0 || register === RSP) continue;
    const pointer = tags.placeIn(register, 8);
    if (pointer <= 0) continue;
    names.loaded(value, ledger.value(pointer), address - before[register]!, size, step, frame);
  }
};

/** Do the writes among the accesses from `first` to `end`, excluded, to memory. */
export const applyWrites = (state: WalkState, first: number, end: number): void => {
  const { bytes } = state.memory;
  const log = state.recording.accesses;
  for (let index = first; index < end; index += 1) {
    if (!log.isDone(index)) continue;
    eachPart(state, log.address(index), Math.min(8, log.size(index)), (location, length, done) => {
      const at = location - REGISTER_BYTES;
      for (let byte = 0; byte < length; byte += 1) bytes[at + byte] = log.newByte(index, done + byte);
    });
  }
};
