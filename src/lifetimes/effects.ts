// What instructions do to what is known of values: one function for each kind of transfer.

import { REGISTER_INDEX } from '../x86/registers.js';
import { IMMEDIATE, MEMORY, ABSENT, type TransferKind, conditionHolds, isZero } from '../x86/transfer.js';
import type { InstructionAccesses } from './accesses.js';
import { take, takeMemory } from './operands.js';
import type { Operand, Site } from './sites.js';
import type { WalkState } from './state.js';

type Effect = (state: WalkState, site: Site, access: InstructionAccesses) => void;

const { rax: RAX, rsp: RSP, rbp: RBP, rflags: RFLAGS } = REGISTER_INDEX;

// A 32-bit result clears the upper half of its register.
const widthOf = (size: number): number => (size === 4 ? 8 : size);

const put = (state: WalkState, at: number, address: number, size: number, width: number): void => {
  if (at === MEMORY) state.values.putMemory(address, size);
  else state.values.putRegister(at, size, width);
};

const plain = (state: WalkState, at: number, address: number, size: number, width: number): void => {
  if (at === MEMORY) state.values.plainMemory(address, size);
  else state.values.plainRegister(at, width);
};

const copy: Effect = (state, { transfer }, access) => {
  const { destination, source, size, width } = transfer;
  if (source === IMMEDIATE) {
    plain(state, destination, destination === MEMORY ? access.write() : 0, size, width);
    return;
  }
  take(state, source, source === MEMORY ? access.read() : 0, size);
  put(state, destination, destination === MEMORY ? access.write() : 0, size, width);
};

const choose: Effect = (state, site, access) => {
  const { condition, destination, width, size } = site.transfer;
  if (conditionHolds(condition, state.before[RFLAGS * 2]!)) copy(state, site, access);
  else if (width > size) state.values.plainRegister(destination + size, width - size);
};

const push: Effect = (state, { transfer }, access) => {
  const { source, size } = transfer;
  if (source === IMMEDIATE || source === ABSENT) {
    state.values.plainMemory(access.write(), size);
    return;
  }
  take(state, source, source === MEMORY ? access.read() : 0, size);
  state.values.putMemory(access.write(), size);
};

const pop: Effect = (state, { transfer }, access) => {
  const { destination, size } = transfer;
  takeMemory(state, access.read(), size);
  if (destination !== ABSENT)
    put(state, destination, destination === MEMORY ? access.write() : 0, size, size);
};

const call: Effect = (state, _site, access) => {
  state.values.plainMemory(access.write(), 8);
};

const leave: Effect = (state, _site, access) => {
  state.values.plainRegister(RSP * 8, 8);
  takeMemory(state, access.read(), 8);
  state.values.putRegister(RBP * 8, 8, 8);
};

const exchange: Effect = (state, { transfer }, access) => {
  const { values } = state;
  const { destination, source, size } = transfer;
  const inMemory = destination === MEMORY || source === MEMORY;
  const register = destination === MEMORY ? source : destination;
  const from = inMemory ? access.read() : 0;
  const to = inMemory ? access.write() : 0;
  values.takeRegister(register, size);
  const kept = values.keep();
  take(state, inMemory ? MEMORY : source, from, size);
  values.putRegister(register, size, widthOf(size));
  values.takeKept(kept);
  put(state, inMemory ? MEMORY : source, to, size, widthOf(size));
};

const compareExchange: Effect = (state, { transfer }, access) => {
  const { destination, source, size } = transfer;
  const inMemory = destination === MEMORY;
  const from = inMemory ? access.read() : 0;
  if (isZero(state.registers[RFLAGS * 2]!)) {
    state.values.takeRegister(source, size);
    put(state, destination, inMemory ? access.write() : 0, size, widthOf(size));
  } else {
    take(state, destination, from, size);
    state.values.putRegister(RAX * 8, size, widthOf(size));
  }
};

const stringMove: Effect = (state, { transfer: { size } }, access) => {
  for (let pairs = access.pairs(); pairs > 0; pairs -= 1) {
    takeMemory(state, access.read(), size);
    state.values.putMemory(access.write(), size);
  }
};

const stringStore: Effect = (state, { transfer: { size } }, access) => {
  while (access.hasWrites()) {
    state.values.takeRegister(RAX * 8, size);
    state.values.putMemory(access.write(), size);
  }
};

const stringLoad: Effect = (state, { transfer: { size, width } }, access) => {
  while (access.hasReads()) {
    takeMemory(state, access.read(), size);
    state.values.putRegister(RAX * 8, size, width);
  }
};

interface Source {
  pointer: number;
  value: number;
}

// An operand of 8 bytes as a source of a pointer.
const sourceOf = (state: WalkState, operand: Operand | undefined, load: number): Source => {
  if (operand === undefined || operand.size !== 8) return { pointer: 0, value: 0 };
  if (operand.isMemory) {
    takeMemory(state, load, 8);
    return { pointer: state.values.takenPointer, value: state.word(load) };
  }
  if (operand.at < 0 || (operand.at & 7) !== 0) return { pointer: 0, value: 0 };
  const register = operand.at >> 3;
  return { pointer: state.values.pointers[register]!, value: state.prior(register) };
};

const registerSource = (state: WalkState, register: number): Source =>
  register < 0
    ? { pointer: 0, value: 0 }
    : { pointer: state.values.pointers[register]!, value: state.prior(register) };

// Whether a pointer can go in: most instructions compute with numbers, and this is asked of each.
const mayPoint = (state: WalkState, { transfer: { reads, loads } }: Site): boolean => {
  if (loads === 8) return true;
  for (const { at } of reads) if (state.values.pointers[at >> 3] !== 0) return true;
  return false;
};

const compute: Effect = (state, site, access) => {
  const { values, pointers } = state;
  const { writes, loads, stores, operation } = site.transfer;
  const load = loads > 0 && access.hasReads() ? access.read() : 0;
  const store = stores > 0 && access.hasWrites() ? access.write() : Number.NaN;
  let pointer = 0;
  if (mayPoint(state, site)) {
    const isLea = operation === 'lea';
    const first = isLea ? registerSource(state, site.base) : sourceOf(state, site.operands[0], load);
    const second = isLea ? registerSource(state, site.index) : sourceOf(state, site.operands[1], load);
    if (first.pointer !== 0 || second.pointer !== 0) {
      const result = Number.isNaN(store) ? state.after((writes[0]?.at ?? 0) >> 3) : access.written(store);
      const value = first.pointer === 0 ? second.value : first.value;
      pointer = pointers.computed(site.arithmetic, first.pointer, second.pointer, value, result);
    }
  }
  for (const { at, size } of writes) values.plainRegister(at, widthOf(size));
  if (!Number.isNaN(store)) {
    values.plainMemory(store, stores);
    if (pointer !== 0 && stores === 8) {
      values.setTaken(pointer);
      values.putMemory(store, 8);
    }
  } else if (pointer !== 0 && writes.length === 1 && writes[0]!.size === 8) {
    values.setPointer(writes[0]!.at >> 3, pointer);
  }
};

const exchangeAdd: Effect = (state, site, access) => {
  const { values, pointers } = state;
  const { destination, source, size } = site.transfer;
  const inMemory = destination === MEMORY;
  const load = inMemory ? access.read() : 0;
  const first = sourceOf(state, site.operands[0], load);
  const second = sourceOf(state, site.operands[1], load);
  take(state, destination, load, size);
  values.putRegister(source, size, widthOf(size));
  const to = inMemory ? access.write() : 0;
  const result = inMemory ? access.written(to) : state.after(destination >> 3);
  const value = first.pointer === 0 ? second.value : first.value;
  const pointer =
    first.pointer === 0 && second.pointer === 0
      ? 0
      : pointers.computed('sum', first.pointer, second.pointer, value, result);
  plain(state, destination, to, size, widthOf(size));
  if (pointer === 0 || size !== 8) return;
  if (inMemory) {
    values.setTaken(pointer);
    values.putMemory(to, 8);
  } else values.setPointer(destination >> 3, pointer);
};

const nothing: Effect = () => {};

// Not known what it does: what it changed points where its value points.
const refused: Effect = (state, _site, access) => {
  while (access.hasWrites()) {
    const at = access.write();
    foundValue(state, at, access.lastSize);
  }
};

/** Bytes that came from nowhere: a word that points into an allocation is a pointer to it. Memory must have them. */
export const foundValue = (state: WalkState, address: number, size: number, value?: number): void => {
  const { values, pointers } = state;
  values.plainMemory(address, size);
  if (size !== 8) return;
  const pointer = pointers.lookUp(value ?? state.word(address));
  if (pointer === 0) return;
  values.setTaken(pointer);
  values.putMemory(address, 8);
};

export const EFFECTS: Readonly<Record<TransferKind, Effect>> = {
  none: nothing,
  copy,
  choose,
  push,
  pop,
  call,
  return: nothing,
  leave,
  exchange,
  'exchange-add': exchangeAdd,
  'compare-exchange': compareExchange,
  'string-move': stringMove,
  'string-store': stringStore,
  'string-load': stringLoad,
  'string-scan': nothing,
  compute,
  refused,
};
