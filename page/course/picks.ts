// What can be clicked as an answer: which words of a text, and which places of the machine, a kind of question takes.

import type { AnswerKind } from '../../src/laboratory/lesson-data.js';

/** What a place of the machine is. */
export type PlaceKind = 'register' | 'code' | 'address' | 'number';

const TAKES: Readonly<Record<AnswerKind, readonly PlaceKind[]>> = {
  register: ['register'],
  place: ['register', 'address'],
  instruction: ['code'],
  address: ['address', 'number', 'code'],
  value: ['address', 'number'],
  choice: [],
};

/** Whether a click on such a place is an answer to a question of that kind. */
export const takes = (kind: AnswerKind | undefined, place: PlaceKind): boolean =>
  kind !== undefined && TAKES[kind].includes(place);

/** How a kind of question is answered, in words. */
export const HOW: Readonly<Record<AnswerKind, string>> = {
  register: 'Click a register, or type its name.',
  place: 'Click a register or a word of the stack, or type it: rbx, [rsp+8], an address.',
  instruction: 'Click an instruction, or type it: function+0x12.',
  address: 'Click an address, or type it.',
  value: 'Click a number, or type it: decimal, 0x…, EINVAL.',
  choice: 'Choose one.',
};

/** A piece of a line: text, or a word that can be an answer. */
export interface Piece {
  readonly text: string;
  /** As it is typed; `undefined` for what is text alone. */
  readonly answer: string | undefined;
}

const REGISTER = '%?\\b(?:r[abcd]x|r[sd]i|r[sb]p|rip|r(?:0[89]|[89]|1[0-5])|e[abcd]x|e[sd]i|e[sb]p)\\b';
const CODE = '<?\\b[a-z_][\\w.]*\\+(?:0x[0-9a-f]+|\\d+)(?:/0x[0-9a-f]+)?>?';
const WORDS: Readonly<Record<AnswerKind, RegExp | undefined>> = {
  register: new RegExp(REGISTER, 'giu'),
  place: new RegExp(`${REGISTER}|\\[rsp(?:\\+\\w+)?\\]|\\b(?:0x)?[0-9a-f]{16}\\b`, 'giu'),
  instruction: new RegExp(CODE, 'giu'),
  address: new RegExp(`${CODE}|\\b(?:0x)?[0-9a-f]{16}\\b`, 'giu'),
  // One or two digits may be a byte of a dump, and hexadecimal: they are typed.
  value: /(?<![\w.+-])(?:0x[0-9a-f]+|[0-9a-f]{16}|-?\d{3,})(?![\w.]\w)/giu,
  choice: undefined,
};

/** The pieces of a line of text, for a question of a kind; without one all is text. */
export const piecesOf = (line: string, kind: AnswerKind | undefined): readonly Piece[] => {
  const words = kind === undefined ? undefined : WORDS[kind];
  if (words === undefined) return [{ text: line, answer: undefined }];
  const pieces: Piece[] = [];
  let last = 0;
  for (const match of line.matchAll(words)) {
    pieces.push({ text: line.slice(last, match.index), answer: undefined });
    pieces.push({ text: match[0], answer: match[0] });
    last = match.index + match[0].length;
  }
  return [...pieces, { text: line.slice(last), answer: undefined }].filter(({ text }) => text !== '');
};
