// Memory in large pieces, of which there may be too little: what a guest and its recording hold.

import { tryAllocate } from '../host/memory.js';
import { MemoryError } from './errors.js';

/**
 * Memory full of zeros.
 *
 * @param size in bytes
 * @param what it is for, as the message names it: `the memory of the guest`
 * @throws {MemoryError} when there is not that much
 */
export const allocate = (size: number, what: string): ArrayBuffer => {
  const memory = tryAllocate(size);
  if (memory === undefined) throw new MemoryError(`there is too little memory: ${what} needs ${size} bytes`);
  return memory;
};
