// Keys from a file: the same as at a terminal, one per word. Gives the screens that the file asks for.

import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { keyNames } from './keys.js';
import type { Size } from './screen.js';
import { screenText } from './screen.js';
import type { Stepper } from './stepper.js';

/** Smallest and largest screens. */
const SMALLEST: Size = { columns: 20, rows: 5 };
export const LARGEST: Size = { columns: 1000, rows: 1000 };

/** Most characters of all screens of a script: they are kept until its last word is known to be right. */
export const MAX_SCREENS = 1 << 26;

interface Word {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
}

const WORD = /\s+|#.*|"((?:[^"\\]|\\.)*)"|(?<open>".*)|[^\s"]+/gu;

// The words of a script. A `#` begins a comment at the start of a word.
const wordsOf = (text: string, file: string): Word[] => {
  const words: Word[] = [];
  text.split('\n').forEach((source, index) => {
    for (const match of source.matchAll(WORD)) {
      const [found, quoted] = match;
      if (match.groups?.['open'] !== undefined)
        throw new InputError('a quote is not closed', { file, line: index + 1 });
      if (found.trim() === '' || (quoted === undefined && found.startsWith('#'))) continue;
      const plain = quoted?.replaceAll(/\\(.)/gu, '$1');
      words.push({ text: plain ?? found, quoted: plain !== undefined, line: index + 1 });
    }
  });
  return words;
};

const readPair = (word: Word | undefined, what: string, file: string, line: number): [number, number] => {
  const match = /^(\d+)x(\d+)$/u.exec(word?.text ?? '');
  if (match === null)
    throw new InputError(`${what} takes columns and rows: ${what} 100x30`, {
      file,
      line: word?.line ?? line,
    });
  return [Number(match[1]), Number(match[2])];
};

const WORDS = ['screen', 'size', 'click', 'WheelUp', 'WheelDown'];

/**
 * Run a script.
 *
 * @param file its name, for errors
 * @returns the screens in order; the last one where the script asks for none
 * @throws {InputError} at a word that is not a key, with file and line
 */
export const runScript = (stepper: Stepper, text: string, file: string): string[] => {
  const words = wordsOf(text, file);
  const screens: string[] = [];
  let length = 0; // of the screens, in characters
  const known = [...keyNames(), ...WORDS];
  for (let index = 0; index < words.length && stepper.ended === undefined; index += 1) {
    const { text: word, quoted, line } = words[index]!;
    if (quoted) {
      if (!stepper.isTyping) throw new InputError('text in quotes comes after / or :', { file, line });
      for (const character of word) stepper.key(character);
      stepper.key('Enter');
    } else if (stepper.isTyping && word !== 'screen') {
      if (word !== 'Escape') throw new InputError(`/ and : take text in quotes: "${word}"`, { file, line });
      stepper.key(word);
    } else if (word === 'screen') {
      const screen = screenText(stepper.screen);
      length += screen.length;
      if (length > MAX_SCREENS)
        throw new InputError(`the screens have more than ${MAX_SCREENS} characters`, { file, line });
      screens.push(screen);
    } else if (word === 'size') {
      index += 1;
      const [columns, rows] = readPair(words[index], word, file, line);
      if (
        columns < SMALLEST.columns ||
        rows < SMALLEST.rows ||
        columns > LARGEST.columns ||
        rows > LARGEST.rows
      )
        throw new InputError(`a size lies between 20x5 and 1000x1000, not ${columns}x${rows}`, {
          file,
          line,
        });
      stepper.resize({ columns, rows });
    } else if (word === 'click') {
      index += 1;
      const [column, row] = readPair(words[index], word, file, line);
      stepper.click(column, row);
    } else if (word === 'WheelUp' || word === 'WheelDown') stepper.wheel(word === 'WheelUp' ? -3 : 3);
    else if (known.includes(word)) stepper.key(word);
    else {
      const guess = nearest(word, known);
      throw new InputError(
        `there is no key ${word}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
        { file, line },
      );
    }
  }
  if (stepper.isTyping)
    throw new InputError('/ or : without its text in quotes', { file, line: words.at(-1)!.line });
  return screens.length === 0 ? [screenText(stepper.screen)] : screens;
};
