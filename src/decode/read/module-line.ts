// The `Modules linked in:` lines.
// Source: print_modules(), kernel/module.c, v2.6.18 to v6.14

import { defined } from '../../base/defined.js';
import type { ModuleEntry } from './report.js';

/** What one line adds to the list. */
export interface FoundModules {
  readonly modules: readonly ModuleEntry[];
  readonly lastUnloaded?: string;
  /** Whether something stands there for what was left out: `(...)`, or `>` at the edge of a terminal. */
  readonly elided: boolean;
}

const NAME = /^([A-Za-z0-9_][\w-]{0,63})(?:\(([A-Z+-]{0,16})\))?(>?)$/u;
const ELIDED = /^(?:\(?\.\.\.\)?|<\.\.\.>|…|\[\.\.\.\]|>|<snip>|\[snip\])$/u;
const UNLOADED = /\[last unloaded: ?([\w-]*)(?:\([A-Z+-]{0,16}\))?\s{0,4}\]?\s*$/u;

// `undefined` when a word is not the name of a module.
const names = (text: string): FoundModules | undefined => {
  const unloaded = UNLOADED.exec(text);
  const listed = unloaded === null ? text : text.slice(0, unloaded.index);
  const modules: ModuleEntry[] = [];
  let elided = false;
  for (const word of listed.split(/\s+/u)) {
    if (word === '') continue;
    const found = NAME.exec(word);
    if (found !== null) modules.push({ name: found[1]!, flags: found[2] ?? '' });
    else if (!ELIDED.test(word)) return undefined;
    if (found === null || found[3] === '>') elided = true;
  }
  return defined({ modules, elided, lastUnloaded: unloaded?.[1] || undefined });
};

/** The first line of the list. Words that are not names end it. @param text without prefixes */
export const findModules = (text: string): FoundModules | undefined => {
  const found = /^\s*Modules linked in:(.*)$/u.exec(text);
  if (found === null) return undefined;
  const whole = names(found[1]!);
  if (whole !== undefined) return whole;
  const words = found[1]!.trim().split(/\s+/u);
  const end = words.findIndex((word) => !NAME.test(word));
  return { ...names(words.slice(0, end).join(' '))!, elided: true };
};

/** A line that continues the list: nothing but names. @param text without prefixes */
export const findMoreModules = (text: string): FoundModules | undefined => {
  const found = names(text);
  return found === undefined || (found.modules.length === 0 && found.lastUnloaded === undefined)
    ? undefined
    : found;
};
