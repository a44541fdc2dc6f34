// The types of registers and stack slots before each block of a function, by following them from its entry until nothing
// changes; what the function does with values is learnt on the way.

import { smallest } from '../../base/long-lists.js';
import { hex } from '../../base/address.js';
import type { Block } from './blocks.js';
import { enter } from './calls.js';
import type { Effect } from './effect.js';
import { join } from './join.js';
import { raw, settle } from './meeting.js';
import { State } from './state.js';
import { isSame } from './value.js';

const MOST_VISITS = 60; // of a block on average

const originOf = (block: Block, of: string): string =>
  `join ${hex(block.codes[0]!.instruction.address)} ${of}`;

/** Join a state into that before a block. @returns whether it changed */
const merge = (effect: Effect, block: Block, into: State, from: State): boolean => {
  const { fields } = effect.maker;
  let changed = false;
  into.registers.forEach((old, register) => {
    const origin = originOf(block, String(register));
    const value = join(fields, old, raw(effect.maker, from.register(register), old, origin), origin);
    if (isSame(value, old)) return;
    into.registers[register] = value;
    changed = true;
  });
  for (const [at, old] of into.slots) {
    const other = from.slots.get(at);
    const origin = originOf(block, `stack ${at}`);
    const value =
      other === undefined ? undefined : join(fields, old, raw(effect.maker, other, old, origin), origin);
    if (value !== undefined && isSame(value, old)) continue;
    if (value === undefined) into.slots.delete(at);
    else into.slots.set(at, value);
    changed = true;
  }
  for (const [at, { to }] of into.regions)
    if (from.regions.get(at)?.to !== to) {
      into.regions.delete(at);
      changed = true;
    }
  return changed;
};

/** A state as the instructions of a block find it: what came together there is what its uses say. */
export const settled = (effect: Effect, block: Block, before: State): State => {
  const state = new State(before);
  before.registers.forEach((value, register) => {
    state.registers[register] = settle(effect.maker, value, originOf(block, String(register)));
  });
  for (const [at, value] of before.slots)
    state.slots.set(at, settle(effect.maker, value, originOf(block, `stack ${at}`)));
  return state;
};

/**
 * One pass over a function.
 *
 * @returns the states before each block; absent where no way leads
 */
export const follow = (
  effect: Effect,
  name: string,
  blocks: readonly Block[],
): ReadonlyMap<number, State> => {
  const before = new Map<number, State>();
  if (blocks.length === 0) return before;
  const first = new State();
  enter(effect.maker, effect.prototypes, name, first);
  before.set(0, first);
  const waiting = new Set([0]);
  for (let visits = 0; waiting.size > 0 && visits < blocks.length * MOST_VISITS; visits += 1) {
    const index = smallest(waiting);
    waiting.delete(index);
    const block = blocks[index]!;
    const state = settled(effect, block, before.get(index)!);
    for (const code of block.codes) effect.step(code, state);
    if (block.leaves) effect.leave(block.codes.at(-1)!, state);
    for (const next of block.next) {
      const known = before.get(next);
      if (known === undefined) before.set(next, new State(state));
      else if (!merge(effect, blocks[next]!, known, state)) continue;
      waiting.add(next);
    }
  }
  return before;
};
