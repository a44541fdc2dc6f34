// Lists of any length where a spread has none: the arguments of a call lie on the stack, and some 120,000 overflow it.
// The rule lists/no-spread-in-call (scripts/lint/lists.mjs) keeps other code from it.

/** Put more at the end of a list. */
export const append = <T>(list: T[], more: Iterable<T>): void => {
  for (const one of more) list.push(one);
};

/** The greatest of some numbers, and never less than `least`. */
export const greatest = (numbers: Iterable<number>, least = -Infinity): number => {
  let found = least;
  for (const one of numbers) found = Math.max(found, one);
  return found;
};

/** The smallest of some numbers, and never more than `most`. */
export const smallest = (numbers: Iterable<number>, most = Infinity): number => {
  let found = most;
  for (const one of numbers) found = Math.min(found, one);
  return found;
};
