// Where oopslab keeps what makes the next start faster. Nothing depends on it.

import { statSync } from '../host/files.js';
import { join } from 'node:path';

/**
 * `$XDG_CACHE_HOME/oopslab`, otherwise `~/.cache/oopslab`; undefined where there is none to trust. What lies there is run,
 * or believed: only a home that is the user's own is taken, which under sudo it may not be.
 */
export const cacheFolder = (
  { XDG_CACHE_HOME: cache = '', HOME: home = '' }: NodeJS.ProcessEnv = process.env,
): string | undefined => {
  if (process.platform === 'win32') return undefined;
  try {
    const folder = cache !== '' ? cache : home === '' ? undefined : join(home, '.cache');
    const owner = statSync(cache !== '' ? cache : home, { throwIfNoEntry: false })?.uid;
    return folder !== undefined && owner === process.getuid?.() ? join(folder, 'oopslab') : undefined;
  } catch {
    return undefined; // a home that cannot be looked at
  }
};
