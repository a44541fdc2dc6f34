// Keeps what V8 makes of the program's files, so that the next start need not compile them. Every start loads this.

import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Since Node 22.8; it never throws. */
interface Caching {
  readonly enableCompileCache?: (folder: string) => unknown;
}

// What lies there is run: only a home that is the user's own is trusted, which under sudo it may not be.
const cacheFolder = ({
  XDG_CACHE_HOME: cache = '',
  HOME: home = '',
}: NodeJS.ProcessEnv): string | undefined => {
  const folder = cache !== '' ? cache : home === '' ? undefined : join(home, '.cache');
  const owner = statSync(cache !== '' ? cache : home, { throwIfNoEntry: false })?.uid;
  return owner === process.getuid?.() ? folder : undefined;
};

/**
 * From now on keep compiled files in `$XDG_CACHE_HOME/oopslab`, otherwise in `~/.cache/oopslab`, where Node can; an
 * eighth of a start. NODE_DISABLE_COMPILE_CACHE=1 keeps it from that.
 */
export const keepCompiled = (env: NodeJS.ProcessEnv = process.env): void => {
  const { enableCompileCache } = process.getBuiltinModule('node:module') as Caching;
  if (enableCompileCache === undefined || process.platform === 'win32') return;
  try {
    const folder = cacheFolder(env);
    if (folder !== undefined) enableCompileCache(join(folder, 'oopslab'));
  } catch {
    // a home that cannot be looked at: the start is slower, nothing else
  }
};
