// The heap's doubly linked lists in guest memory. Every neighbour is checked before anything is written through it:
// an operation that a list cannot take returns a sentence and does nothing.
// Source: __list_add() and __list_del(), include/linux/list.h, v3.0.101. Differs: the kernel checks only with
// CONFIG_DEBUG_LIST; here it goes on with whatever it can, as a finding.

import { type Addr, hex } from '../base/address.js';
import type { WritableMemory } from './memory.js';

const PREV = 8n;
const NODE = 16; // bytes of a struct list_head

/** `first`: after the head; `last`: before it. */
type ListEnd = 'first' | 'last';

/** Make `head` an empty list. */
export const emptyList = (memory: WritableMemory, head: Addr): void => {
  memory.writeU64(head, head);
  memory.writeU64(head + PREV, head);
};

/** Whether a list node and its neighbours are mapped, and these point back at it. */
export const isLinked = (memory: WritableMemory, node: Addr): boolean => {
  if (!memory.isMapped(node, NODE)) return false;
  const next = memory.readU64(node);
  const prev = memory.readU64(node + PREV);
  return (
    memory.isMapped(next, NODE) &&
    memory.isMapped(prev, NODE) &&
    memory.readU64(next + PREV) === node &&
    memory.readU64(prev) === node
  );
};

/** Why a list takes no node at an end; `undefined` when it does. */
export const findListProblem = (memory: WritableMemory, head: Addr, end: ListEnd): string | undefined => {
  const [pointer, back] = end === 'first' ? [0n, PREV] : [PREV, 0n];
  const neighbour = memory.readU64(head + pointer);
  const name = end === 'first' ? 'next' : 'prev';
  if (!memory.isMapped(neighbour, NODE))
    return `${name} of list ${hex(head)} is ${hex(neighbour)}, not mapped`;
  const found = memory.readU64(neighbour + back);
  return found === head
    ? undefined
    : `${name} of list ${hex(head)} is ${hex(neighbour)}, which points back at ${hex(found)}`;
};

/** Put `node`, which is on no list, at an end of a list. @returns what is wrong with the list; then nothing is done */
export const addNode = (memory: WritableMemory, node: Addr, head: Addr, end: ListEnd): string | undefined => {
  const problem = findListProblem(memory, head, end);
  if (problem !== undefined) return problem;
  const [before, after] =
    end === 'first' ? [head, memory.readU64(head)] : [memory.readU64(head + PREV), head];
  memory.writeU64(node, after);
  memory.writeU64(node + PREV, before);
  memory.writeU64(before, node);
  memory.writeU64(after + PREV, node);
  return undefined;
};

/** Move `node` to an end of a list. @returns what is wrong with either list; then nothing is done */
export const moveNode = (
  memory: WritableMemory,
  node: Addr,
  head: Addr,
  end: ListEnd,
): string | undefined => {
  if (!isLinked(memory, node)) return `the list neighbours of ${hex(node)} do not point back at it`;
  const problem = findListProblem(memory, head, end);
  if (problem !== undefined) return problem;
  const next = memory.readU64(node);
  const prev = memory.readU64(node + PREV);
  memory.writeU64(prev, next);
  memory.writeU64(next + PREV, prev);
  return addNode(memory, node, head, end); // fails only where damaged nodes overlap: then it is on no list
};
