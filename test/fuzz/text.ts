// Mutations of text: words, lines, numbers and odd characters.
import { BOUNDARIES } from './bytes.js';
import type { Random } from './random.js';

/** Texts that are odd in themselves. */
const ODD: readonly string[] = [
  '', ' ', '\n', '\r\n', '\t', '\0', '\u001b[2J', '\u001b]0;x\u0007', '\u009b1m', '\u202e', '\u200b', '\u061c', '\ufeff', '\ud800', '\uffff',
  '😀', 'é', 'ı', 'İ', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'true', 'NaN', '-0', '1e9', '0x', '0x0', '-1',
  '""', "''", '"', "'", '\\', '\\x', '\\xff', '\\\\', '$', '$&', '$1', '&', '*', '%', '#', '@', '<', '>', '[', ']', '{', '}', '(', ')', ':', ';', ',', '.', '..',
  '../..', '/', '/dev/null', '~', '!', '|', '?', '=', '+', '-', '--', '---', '...', '`', '```', '<0f>', '[<', '+0x', 'self', '&self',
]; // prettier-ignore

const numberText = (random: Random): string => {
  const value = random.pick(BOUNDARIES) + BigInt(random.below(3)) - 1n;
  const text = random.oneIn(2)
    ? value.toString()
    : `${value < 0n ? '-' : ''}0x${(value < 0n ? -value : value).toString(16)}`;
  return random.oneIn(8) ? `-${text}` : text;
};

/** A text that a field may get. */
export const oddText = (random: Random): string => {
  const kind = random.below(8);
  if (kind < 4) return random.pick(ODD);
  if (kind < 6) return numberText(random);
  if (kind === 6) return random.pick(ODD).repeat(1 << random.below(10));
  return random.pick(ODD) + random.pick(ODD) + random.pick(ODD);
};

const WORD = /[\w.]+|\s+|[^\w\s]/gu;

const splitBy = (random: Random, text: string): { parts: string[]; glue: string } =>
  random.oneIn(2) ? { parts: text.split('\n'), glue: '\n' } : { parts: text.match(WORD) ?? [], glue: '' };

/**
 * One to a few changes.
 *
 * @param other another text, for parts of it
 * @param words that mean something to the reader
 */
export const mutateText = (
  random: Random,
  input: string,
  other: string,
  words: readonly string[],
  most: number,
): string => {
  let text = input;
  for (let left = random.few(); left > 0; left -= 1) {
    const { parts, glue } = splitBy(random, text);
    const at = random.below(parts.length + 1);
    const to = Math.min(parts.length, at + random.few(12));
    const kind = random.below(9);
    if (kind === 0) parts.splice(at, to - at);
    else if (kind === 1) parts.splice(at, 0, ...parts.slice(at, to));
    else if (kind === 2) parts.splice(at, 0, oddText(random));
    else if (kind === 3) parts.splice(at, 1, oddText(random));
    else if (kind === 4 && words.length > 0) parts.splice(at, random.below(2), random.pick(words));
    else if (kind === 5) {
      const from = splitBy(random, other).parts;
      const start = random.below(from.length + 1);
      parts.splice(at, to - at, ...from.slice(start, start + random.few(12)));
    } else if (kind === 6) parts.splice(at, 1, numberText(random));
    else if (kind === 7 && parts.length > 1) {
      const second = random.below(parts.length);
      const first = at % parts.length;
      [parts[first], parts[second]] = [parts[second]!, parts[first]!];
    } else if (random.oneIn(3)) parts.splice(at);
    text = parts.join(glue);
  }
  return text.slice(0, most);
};
