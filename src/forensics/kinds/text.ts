// The changed bytes are text.

import { isPrintable, printable } from '../../base/words.js';
import { type Kind, fitting } from '../explanation.js';
import { type ValuePair, changedBytes, changedRun, changesOf } from '../pair.js';
import { patternsOf } from '../patterns.js';
import { rangeText } from '../words.js';

interface TextIn {
  readonly start: number; // of its first character
  readonly text: string; // without the newline at its end
  readonly encoding: 'ASCII' | 'UTF-16';
  readonly newline: boolean;
  readonly nul: boolean; // after it
}

// The text that bytes hold; `undefined` unless all of them but NULs around it, and a newline at its end, are printable.
const textIn = (bytes: readonly number[]): TextIn | undefined => {
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start < 0) return undefined;
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const core = bytes.slice(start, end);
  // The second byte of a character is 0 in UTF-16, as long as there is nothing but ASCII.
  const wide = core.length > 2 && core.every((byte, index) => index % 2 === 0 || byte === 0);
  const characters = wide ? core.filter((_, index) => index % 2 === 0) : core;
  const newline = characters.length > 1 && characters.at(-1) === 0x0a;
  const rest = newline ? characters.slice(0, characters.at(-2) === 0x0d ? -2 : -1) : characters;
  if (rest.length === 0 || !rest.every(isPrintable)) return undefined;
  return {
    start,
    text: printable(rest),
    encoding: wide ? 'UTF-16' : 'ASCII',
    newline,
    nul: bytes.length - end > (wide ? 1 : 0),
  };
};

// Fewer characters prove nothing: every third byte is printable.
const TEXT = 3;

const isTextWritten = (pair: ValuePair): boolean => {
  const bytes = changedBytes(pair, pair.found);
  const written = textIn(bytes);
  if (written === undefined || written.text.length < TEXT) return false;
  if ((textIn(changedBytes(pair, pair.expected))?.text.length ?? 0) >= written.text.length) return false;
  // A fill such as 6b, a `k`, is not text.
  return (
    new Set(written.text).size > 1 &&
    new Set(bytes).size > 2 &&
    patternsOf(pair.found, pair.size).length === 0
  );
};

const PRINTABLE = Math.log2(96); // bits in which a byte of text can differ

export const text: Kind<'text'> = {
  ...fitting('text', (pair) => changesOf(pair, 8).length * PRINTABLE),
  find: () => [{ kind: 'text' }],
  fits: (_, pair) => isTextWritten(pair),
  say: (_, { alone, first }) => {
    if (!alone) return 'the changed bytes are text now';
    const { offset, length } = changedRun(first)!;
    const { start, text: characters, encoding, newline, nul } = textIn(changedBytes(first, first.found))!;
    const end = [...(newline ? ['a newline'] : []), ...(nul ? ['NUL'] : [])].join(' and ');
    return `${rangeText(offset, length)} are ${encoding} text now: "${characters}"${start === 0 ? '' : ', after NUL'}${end === '' ? '' : `, ended by ${end}`}`;
  },
};
