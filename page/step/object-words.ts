// Words on an object of a slab page: whose it is, and what it is to the allocator.

import type { SlabObject } from '../model/heap.js';

const STATES = {
  allocated: 'allocated',
  free: 'free, on its slab’s list',
  cpu: 'free, in the CPU’s array: handed out next',
} as const;

/** The state of an object in words. */
export const stateText = ({ state }: SlabObject): string => STATES[state];

/** Who has an object, in words; empty where nobody has, or had it. */
export const ownerText = ({ owner, state }: SlabObject): string => {
  if (owner === undefined) return state === 'allocated' ? 'no name' : '';
  return owner.isFree ? `was ${owner.name}` : owner.name;
};

/** Whether nobody may use its bytes. */
export const isFreed = ({ state, owner }: SlabObject): boolean =>
  state !== 'allocated' || owner?.isFree === true;

/** The same in a few words, for a heading: its size, or when it was freed and where it waits. */
export const shortState = ({ state, owner }: SlabObject): string => {
  const waits = { allocated: '', free: 'on the slab’s list', cpu: 'in the CPU’s array' }[state];
  if (owner === undefined) return state === 'allocated' ? 'allocated' : `free, ${waits}`;
  if (owner.isFree) return [`freed at ${owner.freed}`, waits].filter((part) => part !== '').join(', ');
  return state === 'allocated' ? `${owner.size} bytes` : `free, ${waits}`;
};
