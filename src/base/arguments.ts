// Numbers that callers of the package give, who may not use its types: checked before any work is done with them.

import { InputError } from './errors.js';

/** Instructions that a caller may give one run at most. */
export const MOST_INSTRUCTIONS = 9_999_999_999;

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value).slice(0, 60)
    : typeof value === 'object'
      ? 'an object'
      : String(value);

/**
 * A whole number in a range, its ends included.
 *
 * @param name what the caller calls it
 * @throws {InputError} for anything else: NaN, Infinity, fractions, texts
 */
export const wholeNumber = (name: string, value: unknown, least: number, most: number): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw new InputError(`should be a whole number from ${least} to ${most}, found ${shown(value)}`, {
    field: name,
  });
};

/**
 * One of some words.
 *
 * @throws {InputError} for anything else
 */
export const oneOfWords = <Word extends string>(name: string, value: Word, words: readonly Word[]): Word => {
  if (words.includes(value)) return value;
  throw new InputError(`should be one of ${words.join(', ')}, found ${shown(value)}`, { field: name });
};
