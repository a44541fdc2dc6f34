// A reason must not have the right answer in it, not even by chance: statements that name one are dropped.

import { listOf } from '../base/words.js';
import type { Kind } from './answers.js';
import type { Clause } from './reasons.js';

// A word of a text without what only stands around it.
const bare = (word: string): string[] => {
  const inner = word.replaceAll(/^["'`(<]+|["'`)>.,;:?]+$/gu, '');
  // The parts of an operand and of an address count for themselves: "8(%rsp),%rax", "ffff8803f382cc60+0x4", "ary[47]".
  return [word, inner, ...inner.split(/[(),=+[\]]+/u)];
};

// Every way in which a reader could take an answer out of a text.
const readings = (text: string): string[] =>
  text.split(/\s+/u).flatMap((word) =>
    bare(word)
      .filter((one) => one !== '')
      // In a dump of bytes, digits alone are hexadecimal.
      .flatMap((one) => (/^[0-9a-f]+$/iu.test(one) ? [one, `0x${one}`] : [one])),
  );

/**
 * Whether a text names a right answer.
 *
 * @param words the right ones, of a question of kind `choice`
 * @param isRight whether an answer typed so is right, or is but for a slip
 */
export const givesAway = (
  text: string,
  kind: Kind,
  words: readonly string[],
  isRight: (answer: string) => boolean,
): boolean => {
  if (kind !== 'choice') return readings(text).some(isRight);
  // A choice also takes numbers and beginnings, which say nothing in a sentence: the words alone count.
  const plain = ` ${text.toLowerCase().replaceAll(/[^\w-]+/gu, ' ')} `;
  return words.some((word) => plain.includes(` ${word.toLowerCase().replaceAll(/[^\w-]+/gu, ' ')} `));
};

/** The statements in the fullest wording that is discreet, without those that have none. */
export const discreet = (clauses: readonly Clause[], isIndiscreet: (text: string) => boolean): string[] =>
  clauses.flatMap((clause) => {
    const wordings = typeof clause === 'string' ? [clause] : clause;
    const found = wordings.find((text) => !isIndiscreet(text));
    return found === undefined ? [] : [found];
  });

const EXAMPLES: Readonly<Record<Kind, readonly string[]>> = {
  place: ['rcx', '[rsp+0x40]', 'ffff880000000010', 'r9'],
  register: ['rcx', 'r9', 'rsi', 'r14'],
  instruction: ['do_exit+0x7', 'do_exit+26', 'sys_read+0x10'],
  address: ['ffff880000000010', '0xffff880000000010', '[rsp+0x40]'],
  value: ['1000', '0x3e8', '-1000'],
  choice: [],
};

const WRITTEN: Readonly<Record<Kind, string>> = {
  place: 'a place is a register, a stack operand or an address',
  register: 'a register is named as in an oops or by gdb, with or without %',
  instruction: 'an instruction is named by its function and an offset, decimal or 0x…',
  address: 'an address is hexadecimal, with or without 0x, or a stack operand, or a symbol',
  value: 'a value is a number: decimal, 0x…, or the name of an error number',
  choice: 'choose one of the words, or its number',
};

/** How an answer of a kind is written, for one that cannot be read; with examples that are not right. */
export const howWritten = (kind: Kind, isRight: (answer: string) => boolean): string => {
  const examples = EXAMPLES[kind].filter((one) => !isRight(one)).slice(0, 2);
  return examples.length === 0 ? WRITTEN[kind] : `${WRITTEN[kind]}: ${listOf(examples, 'or')}`;
};
