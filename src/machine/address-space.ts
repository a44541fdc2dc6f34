// Whether there is room for an engine. libunicorn ends the process where it does not get the room that it takes for
// translated code, so this is looked at before.

import { MemoryError } from '../base/errors.js';
import { readFileSync } from '../host/files.js';

/** Address space that an engine takes at once, in bytes: 1 GiB for translated code, of which little is ever used. */
const NEEDED = (1 << 30) + (64 << 20);

let limit: number | undefined; // bytes; Infinity without one

// Source: proc(5), "Max address space" of /proc/PID/limits, and the first field of statm, in pages
const limitOfProcess = (): number => {
  const [, soft] =
    /^Max address space +(\d+|unlimited) /mu.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
};

const used = (): number => Number(readFileSync('/proc/self/statm', 'latin1').split(' ', 1)[0]) * 4096;

/** @throws {MemoryError} when a limit of this process ("ulimit -v") leaves too little for an engine; known on Linux alone */
export const refuseSmallAddressSpace = (): void => {
  if (process.platform !== 'linux') return;
  let left = Infinity;
  try {
    limit ??= limitOfProcess();
    if (limit !== Infinity) left = limit - used();
  } catch {
    limit = Infinity; // not known: the library will see
  }
  if (left < NEEDED)
    throw new MemoryError(
      `there is too little memory: the emulator takes ${NEEDED} bytes of address space, and "ulimit -v" leaves ${Math.max(0, left)}`,
    );
};
