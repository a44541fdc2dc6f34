// How the prompt shows words of memory: as numbers, as symbols, with slab caches.

import { hex16 } from '../base/address.js';
import type { Dump } from '../reading/dump.js';
import { cacheLabel } from '../reading/label.js';

/** How words are shown: as numbers, as symbols, with slab caches, with slab addresses and caches. */
export type WordStyle = 'plain' | 'symbols' | 'caches' | 'caches and addresses';

/** The style that crash gives for so many of its repeatable letter (`-F`, `-S`). */
export const styleOf = (count: number): WordStyle =>
  count === 0 ? 'plain' : count === 1 ? 'caches' : 'caches and addresses';

/** A word in a style. Source: display_memory() and bt -F of crash 7, as test/golden/bt-FF.txt shows them */
export const formatWord = (dump: Dump, value: bigint, style: WordStyle): string => {
  if (style === 'plain') return hex16(value);
  const symbol = dump.symbols.crashName(value);
  if (symbol !== undefined) return symbol;
  const cache = style === 'symbols' ? undefined : cacheLabel(dump, value);
  if (cache === undefined) return hex16(value);
  return style === 'caches' ? `[${cache}]` : `[${value.toString(16)}:${cache}]`;
};
