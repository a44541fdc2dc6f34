// Which of the things that nobody wrote makes a run another one: found by halving the set of those that are changed.

import type { Addr } from '../../base/address.js';
import type { Twist } from '../../run/unwritten.js';
import { REGISTERS, REGISTER_INDEX } from '../../x86/registers.js';
import type { Unwritten } from '../property/uninitialised-read.js';

/** Whether a run differs when the things that are chosen hold something else. */
type Differs = (twists: Twist['twists']) => boolean;

const KINDS = ['stack', 'field', 'heap'] as const;

// The last address at or above which bytes that are changed still make the difference; halving from the top of all.
const highestByte = (differs: Differs, kind: Unwritten['kind']): Addr => {
  let low = 0n; // from here on it differs
  let high = 1n << 64n; // from here on it does not
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (differs((one, place) => one === kind && place >= middle)) low = middle;
    else high = middle;
  }
  return low;
};

/**
 * Find one thing that makes the difference: of a kind that does so alone, the byte with the highest address without which
 * the bytes above do not differ.
 */
export const locateUnwritten = (differs: Differs): Unwritten | undefined => {
  if (differs((kind) => kind === 'flag')) return { kind: 'flag', name: 'the status flags' };
  for (const name of REGISTERS) {
    const index = BigInt(REGISTER_INDEX[name]);
    if (differs((kind, place) => kind === 'register' && place === index)) return { kind: 'register', name };
  }
  for (const kind of KINDS)
    if (differs((one) => one === kind)) return { kind, address: highestByte(differs, kind) };
  return undefined;
};
