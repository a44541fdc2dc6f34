// The effects of instructions on values: one function for each kind of transfer.

import { u64 } from '../base/address.js';
import { append } from '../base/long-lists.js';
import { ABSENT, IMMEDIATE, MEMORY, type TransferKind, conditionHolds, isZero } from '../x86/transfer.js';
import type { Accesses } from './accesses.js';
import { call, returnFrom } from './calls.js';
import { HOW, ORIGIN } from './ledger.js';
import {
  bitsAfter,
  clear,
  freshMemory,
  freshRegister,
  moveStack,
  nameLoad,
  putMemory,
  putRegister,
  take,
  valuesOf,
} from './operands.js';
import { TRAP_SETS } from './sandbox.js';
import { RAX, RBP, RFLAGS, RSP, type Site, type WalkState } from './state.js';

// The effect of instruction `step`, at a site and with these accesses to memory.
type Effect = (state: WalkState, site: Site, access: Accesses) => void;

// A 32-bit result clears the upper half of its register.
const widthOf = (size: number): number => (size === 4 ? 8 : size);

const lowHalf = (bits: bigint): number => Number(BigInt.asUintN(32, bits));

// Take up the source operand, and name what was loaded. Gives the address that it was read from, 0 for a register.
const takeSource = (state: WalkState, site: Site, access: Accesses): bigint => {
  const { source, size } = site.transfer;
  const from = source === MEMORY ? access.read() : 0n;
  take(state, source, from, size);
  if (source === MEMORY) nameLoad(state, site, from, size);
  return from;
};

const copy: Effect = (state, site, access) => {
  const { destination, source, size, width, signTo, constant } = site.transfer;
  if (source === IMMEDIATE) {
    // The whole register is known: zeroes above included.
    if (destination === MEMORY)
      freshMemory(state, access.write(size), size, ORIGIN.constant, constant, site.number);
    else freshRegister(state, destination, width, width, ORIGIN.constant, constant, site.number);
    return;
  }
  const from = takeSource(state, site, access);
  if (destination === MEMORY) return putMemory(state, access.write(size), size);
  if (signTo > size) return extend(state, site, from);
  return putRegister(state, destination, size, width, source === MEMORY ? HOW.restored : 0);
};

// The sign of the value that was taken, in the bytes above it.
const extend = (state: WalkState, { transfer, number }: Site, from: bigint): void => {
  const { destination, source, size, width, signTo } = transfer;
  const parents = valuesOf(state, source, from, size);
  putRegister(state, destination, size, width);
  const above = signTo - size;
  const at = destination + size;
  const bits = bitsAfter(state, destination) >> BigInt(size * 8);
  const value = freshRegister(state, at, above, above, ORIGIN.computed, bits, number);
  for (const parent of parents) state.ledger.addParent(value, parent);
};

const choose: Effect = (state, site, access) => {
  const { condition, destination, width, size } = site.transfer;
  if (conditionHolds(condition, lowHalf(state.before[RFLAGS]!))) return copy(state, site, access);
  state.touched |= 1 << (destination >> 3);
  // Not moved; a 32-bit register loses its upper half all the same.
  if (width > size) clear(state, destination + size, width - size);
  return undefined;
};

const push: Effect = (state, site, access) => {
  const { source, size, constant } = site.transfer;
  const rsp = u64(state.before[RSP]! - 8n);
  const target = access.writeAt(rsp, size);
  if (source === IMMEDIATE) freshMemory(state, target, size, ORIGIN.constant, constant, site.number);
  else if (source === ABSENT)
    freshMemory(state, target, size, ORIGIN.computed, access.written(target), site.number);
  else {
    takeSource(state, site, access);
    putMemory(state, target, size);
  }
  moveStack(state, -8n, rsp, site.number);
};

const pop: Effect = (state, site, access) => popTo(state, site, access, site.transfer.destination);

const popTo = (state: WalkState, { transfer, number }: Site, access: Accesses, destination: number): void => {
  const { size } = transfer;
  const from = access.read();
  // The stack pointer moves first: pop %rsp ends with the loaded value, and an address with rsp in it has the new one.
  take(state, MEMORY, from, size);
  moveStack(state, 8n, u64(from + 8n), number);
  if (destination === MEMORY) putMemory(state, access.write(size), size);
  else if (destination !== ABSENT) putRegister(state, destination, size, size, HOW.restored);
};

const leave: Effect = (state, site, access) => {
  state.touched |= 1 << RBP;
  state.tags.take(RBP * 8, 8);
  putRegister(state, RSP * 8, 8);
  popTo(state, site, access, RBP * 8);
};

const exchange: Effect = (state, site, access) => {
  const { tags } = state;
  const { destination, source, size } = site.transfer;
  const inMemory = destination === MEMORY || source === MEMORY;
  const register = destination === MEMORY ? source : destination;
  const at = inMemory ? access.read() : 0n;
  const target = inMemory ? access.write(size) : 0n;
  tags.take(register, size);
  const kept = tags.taken(size);
  take(state, inMemory ? MEMORY : source, at, size);
  if (inMemory) nameLoad(state, site, at, size);
  putRegister(state, register, size, widthOf(size));
  tags.takeAgain(kept);
  if (inMemory) putMemory(state, target, size);
  else putRegister(state, source, size, widthOf(size));
};

const exchangeAdd: Effect = (state, site, access) => {
  const { destination, source, size } = site.transfer;
  const inMemory = destination === MEMORY;
  const from = inMemory ? access.read() : 0n;
  const parents = [...valuesOf(state, destination, from, size), ...valuesOf(state, source, 0n, size)];
  if (inMemory) nameLoad(state, site, from, size);
  take(state, destination, from, size);
  putRegister(state, source, size, widthOf(size));
  let sum;
  if (inMemory) {
    const target = access.write(size);
    sum = freshMemory(state, target, size, ORIGIN.computed, access.written(target), site.number);
  } else {
    const bits = bitsAfter(state, destination);
    sum = freshRegister(state, destination, size, widthOf(size), ORIGIN.computed, bits, site.number);
  }
  for (const parent of parents) state.ledger.addParent(sum, parent);
};

const compareExchange: Effect = (state, site, access) => {
  const { destination, source, size } = site.transfer;
  const inMemory = destination === MEMORY;
  const from = inMemory ? access.read() : 0n;
  const target = inMemory && access.hasWrites() ? access.write(size) : from;
  const equal = isZero(lowHalf(state.registers[RFLAGS]!));
  if (equal) {
    take(state, source, 0n, size);
    if (inMemory) putMemory(state, target, size);
    else putRegister(state, destination, size, widthOf(size));
  } else {
    take(state, destination, from, size);
    if (inMemory) nameLoad(state, site, from, size);
    putRegister(state, RAX * 8, size, widthOf(size));
  }
  // Manuals, processors and emulators differ on whether the other register loses its upper half too.
  const other = equal ? RAX * 8 : destination;
  if (size === 4 && other !== MEMORY && bitsAfter(state, other) >> 32n === 0n)
    clear(state, other + size, size);
};

const stringMove: Effect = (state, site, access) => {
  const { size } = site.transfer;
  for (let pairs = access.pairs(); pairs > 0; pairs -= 1) {
    const from = access.read();
    const to = access.write(size);
    take(state, MEMORY, from, size);
    putMemory(state, to, size);
    access.applyTo(state.memory);
  }
  moveCounters(state, site);
};

const stringStore: Effect = (state, site, access) => {
  const { size } = site.transfer;
  while (access.hasWrites()) {
    take(state, RAX * 8, 0n, size);
    putMemory(state, access.write(size), size);
  }
  moveCounters(state, site);
};

const stringLoad: Effect = (state, site, access) => {
  const { size, width } = site.transfer;
  while (access.hasReads()) {
    take(state, MEMORY, access.read(), size);
    putRegister(state, RAX * 8, size, width);
  }
  moveCounters(state, site);
};

// Counters and pointers that moved are their old values plus something.
const moveCounters = (state: WalkState, { transfer, number }: Site): void => {
  const { ledger, registers, before, tags, step } = state;
  const next = state.recording.header.events[state.event];
  const due = next !== undefined && next.at <= step + 1;
  for (const { at } of transfer.writes) {
    const register = at >> 3;
    state.touched |= 1 << register;
    // After a fault the delivery of the trap has set some of them: where they were is not recorded.
    if (due && next.kind === 'trap' && next.at === step + 1 && TRAP_SETS.includes(register)) {
      clear(state, at, 8);
      continue;
    }
    const distance = BigInt.asIntN(64, registers[register]! - before[register]!);
    if (distance === 0n || (due && next.kind !== 'trap')) continue;
    const old = tags.placeIn(register, 8);
    const parents = valuesOf(state, at, 0n, 8);
    const value = freshRegister(state, at, 8, 8, ORIGIN.computed, bitsAfter(state, at), number);
    for (const parent of parents) ledger.addParent(value, parent);
    if (old > 0 && parents.length > 0) ledger.setOffset(value, distance);
  }
};

const compute: Effect = (state, site, access) => {
  const { ledger } = state;
  const { writes, reads, loads, stores, offset } = site.transfer;
  const [first] = reads;
  const single = reads.length === 1 && first!.size === 8 ? state.tags.placeIn(first!.at >> 3, 8) : 0;
  const parents: number[] = [];
  for (const { at, size } of reads) append(parents, valuesOf(state, at, 0n, size));
  if (loads > 0 && access.hasReads()) {
    const from = access.read();
    append(parents, valuesOf(state, MEMORY, from, loads));
    nameLoad(state, site, from, loads);
  }
  const made: number[] = [];
  if (stores > 0 && access.hasWrites()) {
    const target = access.write(stores);
    made.push(freshMemory(state, target, stores, ORIGIN.computed, access.written(target), site.number));
  }
  for (const { at, size } of writes) {
    const bits = bitsAfter(state, at);
    made.push(freshRegister(state, at, size, widthOf(size), ORIGIN.computed, bits, site.number));
  }
  for (const value of made) for (const parent of parents) ledger.addParent(value, parent);
  if (offset === undefined || made.length !== 1) return;
  shift(state, made[0]!, single > 0 ? ledger.value(single) : parents[0], offset);
};

// A value that is another plus a constant.
const shift = (state: WalkState, value: number, parent: number | undefined, offset: bigint): void => {
  const { ledger, names, step } = state;
  if (parent === undefined || ledger.parentsOf(value).length !== 1) return;
  if (ledger.sizeOf(parent) !== ledger.sizeOf(value)) return;
  ledger.setOffset(value, offset);
  names.shifted(value, parent, offset, step + 1, state.frame);
};

const nothing: Effect = () => {};

export const EFFECTS: Readonly<Record<TransferKind, Effect>> = {
  none: nothing,
  copy,
  choose,
  push,
  pop,
  call,
  return: returnFrom,
  leave,
  exchange,
  'exchange-add': exchangeAdd,
  'compare-exchange': compareExchange,
  'string-move': stringMove,
  'string-store': stringStore,
  'string-load': stringLoad,
  'string-scan': (state, site) => moveCounters(state, site),
  compute,
  refused: nothing,
};
