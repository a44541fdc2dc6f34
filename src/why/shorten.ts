// A chain of at most a dozen links: what a reader needs least goes first.

import type { Link } from './link.js';

/** Most links that a chain is told in. */
const MAX_LINKS = 12;

// How much a link says: ends and other people's writes most, sums least.
const weight = ({ by, name, says }: Link): number => {
  if (by === 'branch') return 2;
  if (by !== 'data') return 4;
  if (name.startsWith('result@')) return 2;
  return / made (?:by|in) /u.test(says) ? 0 : 1;
};

/** At most MAX_LINKS of the links, the first and the last among them. */
export const shortened = (links: readonly Link[]): readonly Link[] => {
  const kept = [...links];
  while (kept.length > MAX_LINKS) {
    let least = 1;
    for (let index = 1; index < kept.length - 1; index += 1)
      if (weight(kept[index]!) < weight(kept[least]!)) least = index;
    kept.splice(least, 1);
  }
  return kept;
};
