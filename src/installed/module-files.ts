// Where the modules of a kernel lie in a folder: by the list that depmod made, or by looking. Bounded, since a folder that is
// named may be anything.

import { readdirSync } from '../host/files.js';
import { basename, join } from 'node:path';
import { isThere, readText } from '../base/read-file.js';

const MODULE = /\.ko(?:\.(?:gz|xz|zst))?$/u;
const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 12;
const MODULES_DEP = { what: 'a modules.dep', max: 16 << 20 };

/** Whether a path is of a module. */
export const isModuleFile = (path: string): boolean => MODULE.test(path);

/** The name of a module as the kernel has it: `nf_tables` of `kernel/net/netfilter/nf-tables.ko.xz`. */
export const moduleName = (path: string): string => basename(path).replace(MODULE, '').replaceAll('-', '_');

// Paths as modules.dep has them: one a line, up to the colon.
const listed = (folder: string): string[] | undefined => {
  const file = join(folder, 'modules.dep');
  if (!isThere(file)) return undefined;
  return readText(file, MODULES_DEP)
    .split('\n')
    .flatMap((line) => {
      const at = line.indexOf(':');
      const path = at < 0 ? '' : line.slice(0, at);
      return path === '' ? [] : [path.startsWith('/') ? path : join(folder, path)];
    });
};

/** The modules below a folder, by name; links to folders are not followed. */
export const modulesIn = (folder: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const keep = (path: string): void => {
    if (!found.has(moduleName(path))) found.set(moduleName(path), path);
  };
  const paths = listed(folder);
  if (paths !== undefined) {
    for (const path of paths) keep(path);
    return found;
  }
  let left = MAX_ENTRIES;
  const work: [path: string, depth: number][] = [[folder, 0]];
  for (let next = work.pop(); next !== undefined && left > 0; next = work.pop()) {
    const [path, depth] = next;
    for (const entry of entriesOf(path)) {
      left -= 1;
      if (left < 0) break;
      if (entry.isDirectory() && depth < MAX_DEPTH) work.push([join(path, entry.name), depth + 1]);
      else if (isModuleFile(entry.name)) keep(join(path, entry.name));
    }
  }
  return found;
};

/** The entries of a folder, in the order of their names; none where it cannot be read. */
export const entriesOf = (folder: string) => {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
};
