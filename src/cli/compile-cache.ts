// Keeps what V8 makes of the program's files, so that the next start need not compile them. Every start loads this.

import { cacheFolder } from '../base/cache-folder.js';

/** Since Node 22.8; it never throws. */
interface Caching {
  readonly enableCompileCache?: (folder: string) => unknown;
}

/**
 * From now on keep compiled files in `$XDG_CACHE_HOME/oopslab`, otherwise in `~/.cache/oopslab`, where Node can; an
 * eighth of a start. NODE_DISABLE_COMPILE_CACHE=1 keeps it from that.
 */
export const keepCompiled = (env: NodeJS.ProcessEnv = process.env): void => {
  const { enableCompileCache } = process.getBuiltinModule('node:module') as Caching;
  const folder = enableCompileCache === undefined ? undefined : cacheFolder(env);
  if (folder !== undefined) enableCompileCache?.(folder);
};
