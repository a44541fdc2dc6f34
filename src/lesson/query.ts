// The language of answer keys: how queries are read. A query names a fact of a run; nothing in it is executed.

import { InputError } from '../base/errors.js';
import type { Answer, Kind } from './answers.js';
import type { LessonCase } from './case.js';
import type { CaseBook } from './case-book.js';
import type { Clause } from './reasons.js';

/** What a key is computed from. */
export interface Setting {
  readonly which: LessonCase;
  readonly book: CaseBook;
  /** The scenario and parameters of the question, for queries that run it again. */
  readonly scenario: string;
  readonly set: Readonly<Record<string, string>>;
  /** Words of a choice. */
  readonly words: readonly string[];
}

export interface Key {
  /** All right answers; at least one. */
  readonly answers: readonly Answer[];
  /** The facts that they follow from, for a trainer: one for each answer, or fewer. */
  readonly why: readonly string[];
  /** The state in which answers like `[rsp+8]` are read. */
  readonly state: number;
  /** Why an answer that is not in the key is wrong, in statements; none where the answer itself says enough. */
  reason(given: Answer): readonly Clause[];
}

export interface QueryForm {
  /** As documented: capitals stand for parts to fill in, brackets for optional parts. */
  readonly form: string;
  readonly meaning: string;
  readonly pattern: RegExp;
  /** The kinds of question that it can answer. */
  readonly kinds: readonly Kind[];
  /** @throws {InputError} when the run has no such thing */
  run(parts: Readonly<Record<string, string>>, setting: Setting): Key;
}

/** A query that was read, with the steps that calculate with its numbers. */
export interface Query {
  readonly text: string;
  readonly form: QueryForm;
  readonly parts: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

// A calculation on the numbers of a query.
interface Step {
  readonly text: string;
  run(answers: readonly Answer[]): readonly Answer[];
}

const number = (answer: Answer): { value: bigint; size: number } => {
  if (answer.kind === 'number') return answer;
  if (answer.kind === 'memory' || answer.kind === 'instruction') return { value: answer.address, size: 8 };
  throw new InputError('calculates with something that is not a number');
};

const unsigned = (answer: Answer): bigint => {
  const { value, size } = number(answer);
  return BigInt.asUintN(size * 8, value);
};

const each =
  (calculate: (value: bigint, amount: bigint) => bigint, size = 8) =>
  (amount: bigint) =>
  (answers: readonly Answer[]): Answer[] =>
    answers.map((answer) => ({ kind: 'number', value: calculate(unsigned(answer), amount), size }));

const only = (value: bigint): Answer[] => [{ kind: 'number', value, size: 8 }];

const extreme =
  (isBetter: (a: bigint, b: bigint) => boolean) =>
  (answers: readonly Answer[]): Answer[] =>
    only(answers.map(unsigned).reduce((best, value) => (isBetter(value, best) ? value : best)));

/** The steps that can follow a `|`. */
const STEPS: Readonly<
  Record<string, { readonly meaning: string; readonly make: (amount: bigint) => Step['run']; readonly plain?: true }>
> = {
  count: { meaning: 'how many there are', make: () => (all) => only(BigInt(all.length)), plain: true },
  min: { meaning: 'the smallest', make: () => extreme((a, b) => a < b), plain: true },
  max: { meaning: 'the largest', make: () => extreme((a, b) => a > b), plain: true },
  mod: { meaning: 'the remainder of a division by N', make: each((value, by) => value % (by === 0n ? 1n : by)) },
  byte: { meaning: 'byte N in memory order, from 0', make: each((value, index) => (value >> (8n * index)) & 0xffn) },
  plus: { meaning: 'N more', make: each((value, by) => value + by) },
  minus: { meaning: 'N less', make: each((value, by) => value - by) },
}; // prettier-ignore

const readStep = (text: string): Step => {
  const match = /^(\w+)(?: +(\d+|0x[0-9a-f]+))?$/iu.exec(text.trim());
  const step = match !== null && Object.hasOwn(STEPS, match[1]!) ? STEPS[match[1]!] : undefined;
  if (match === null || step === undefined) {
    const names = Object.entries(STEPS).map(([name, { plain }]) => (plain === true ? name : `${name} N`));
    throw new InputError(`there is no step "${text.trim()}" after a |; there are ${names.join(', ')}`);
  }
  if ((match[2] === undefined) !== (step.plain === true))
    throw new InputError(`"${match[1]}" ${step.plain === true ? 'takes no number' : 'needs a number'}`);
  return { text: text.trim(), run: step.make(BigInt(match[2] ?? 0)) };
};

/** @throws {InputError} when it has none of the forms, or cannot answer a question of that kind */
export const readQuery = (text: string, kind: Kind, forms: readonly QueryForm[]): Query => {
  const [head, ...rest] = text.split(' | ') as [string, ...string[]];
  for (const form of forms) {
    const match = form.pattern.exec(head.trim());
    if (match === null) continue;
    const steps = rest.map(readStep);
    const kinds = steps.length > 0 ? ['value', 'address'] : form.kinds;
    if (!kinds.includes(kind))
      throw new InputError(`"${form.form}" answers no question of kind ${kind}, but ${kinds.join(' or ')}`);
    return { text, form, parts: { ...match.groups }, steps };
  }
  const word = head.trim().split(' ')[0]!;
  const near = forms.filter(({ form }) => form.startsWith(`${word} `));
  if (near.length > 0)
    throw new InputError(
      `"${head.trim()}" is not a query; it is written: ${near.map(({ form }) => form).join('; ')}`,
    );
  const words = [...new Set(forms.map(({ form }) => form.split(' ')[0]!))];
  throw new InputError(
    `"${head.trim()}" is not a query; a query begins with ${words.join(', ')}; docs/lessons.md has them all`,
  );
};

/** @throws {InputError} when the run lacks the fact, or there is no answer */
const computeQuery = ({ form, parts, steps, text }: Query, setting: Setting): Key => {
  const key = form.run(parts, setting);
  let { answers } = key;
  if (answers.length === 0 && steps[0]?.text !== 'count')
    throw new InputError(`"${text}" has no answer in this run`);
  for (const step of steps) answers = step.run(answers);
  return { ...key, answers };
};

/** Several queries for one question: any answer of any of them is right. */
export const computeKey = (queries: readonly Query[], setting: Setting): Key => {
  const keys = queries.map((query) => computeQuery(query, setting));
  const [first] = keys as [Key, ...Key[]];
  return {
    answers: keys.flatMap(({ answers }) => answers),
    why: keys.flatMap(({ why }) => why),
    state: first.state,
    reason: first.reason,
  };
};
