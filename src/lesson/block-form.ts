// The forms of the YAML in a lesson: its front matter and its questions.

import {
  type TypeOf,
  constant,
  count,
  either,
  filledText,
  inLines,
  integer,
  list,
  map,
  matching,
  number,
  ofAny,
  oneOf,
  optional,
  orNull,
  record,
} from '../base/form.js';
import { KINDS } from './answers.js';

/** What the first line of a lesson's front matter says. */
export const LESSON_FORMAT = 'oopslab lesson 1';

// A number counts as its digits.
const line = either(filledText, number);
const text = inLines(filledText);
const word = either(text, number);
const words = either(text, number, list(word, { minItems: 1 }));
const hint = record({ text, cost: optional(count) });

/** Which run a lesson or a question is about. */
const run = {
  set: optional(map(either(constant(''), ofAny(filledText), number))),
  view: optional(oneOf(['run', 'analyst'])),
};

export const frontForm = record({
  format: constant(LESSON_FORMAT),
  name: either(matching(/^[a-z0-9][a-z0-9.-]*$/u), count),
  title: line,
  scenario: line,
  slides: optional(line),
  ...run,
});

/** The field that is said after a right answer. */
export const REMARK = { name: 'then' } as const;

export const questionForm = record({
  id: either(matching(/^[a-z0-9][a-z0-9-]*$/u), count),
  ask: word,
  kind: oneOf(KINDS),
  key: words,
  hints: optional(either(hint, list(hint))),
  wrong: optional(either(text, number, list(word))),
  show: optional(either(text, list(text, { minItems: 1 }))),
  at: optional(line),
  choices: optional(map(either(constant(''), text, number))),
  points: optional(orNull(integer(0, 100))),
  [REMARK.name]: optional(word),
  scenario: optional(line),
  ...run,
});

export type QuestionSpec = TypeOf<typeof questionForm>;
