// The kernel's report as lines of words, and the place of the machine that a word shows. Knows no screen.

import type { PageOops, PageOopsWord } from '../../src/report/page-data.js';
import { memoryAsked, reportedState, wordAsked } from './places.js';
import type { Run } from './run.js';

/** A word with its text. */
export interface ReportWord extends PageOopsWord {
  readonly text: string;
}

/** A stretch of blanks, or a word by its number. */
export type Piece = { readonly blank: string } | { readonly index: number };

/** A report, line by line. */
export interface ReportText {
  readonly lines: readonly (readonly Piece[])[];
  readonly words: readonly ReportWord[];
}

/** Take a report apart. */
export const reportText = ({ text, words }: PageOops): ReportText => {
  const told: ReportWord[] = [];
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split(/(\s+)/u)
        .filter((part) => part !== '')
        .map((part): Piece => {
          const word = /^\s/u.test(part) ? undefined : words[told.length];
          if (word === undefined) return { blank: part };
          return { index: told.push({ ...word, text: part }) - 1 };
        }),
    );
  return { lines, words: told };
};

// The sources are the sentences of src/oops/words.ts.
const placeOf = (run: Run, source: string): string | undefined => {
  const register = /^(?:register )?(r\w+) at the trap/u.exec(source)?.[1];
  if (register === 'rflags') return 'EFLAGS';
  if (register !== undefined) return register.toUpperCase().replace(/^R(?=\d$)/u, 'R0');
  const [, kind, slot] = /^(stack word|call trace: read at) ([0-9a-f]{16})$/u.exec(source) ?? [];
  if (slot === undefined) return undefined;
  const state = reportedState(run);
  const rsp = run.registerAt('rsp', state);
  const index = rsp === '' ? -1 : Number(BigInt(`0x${slot}`) - BigInt(rsp)) / 8;
  if (kind === 'stack word' && Number.isInteger(index) && index >= 0 && index < 1000)
    return `stack[${index}]`;
  return memoryAsked(BigInt(`0x${slot}`), 8, state);
};

/** What to ask about a word: the place that it shows, as `oopslab why` takes it; otherwise the word itself. */
export const askedOfWord = (run: Run, word: ReportWord, index: number): string =>
  (word.label ? undefined : placeOf(run, word.source)) ?? wordAsked(index);

/** The number that a word shows, as registers have theirs: `0x…`; undefined where it is no number of 64 bits. */
export const bitsOfWord = ({ text, label }: ReportWord): string | undefined => {
  if (label || !/^[0-9a-f]{16}$/u.test(text)) return undefined;
  return `0x${text.replace(/^0{1,15}/u, '')}`;
};
