// The forms of the YAML in a lesson: its front matter and its questions.

import {
  type TypeOf,
  constant,
  count,
  either,
  filledText,
  integer,
  list,
  map,
  matching,
  number,
  oneOf,
  optional,
  orNull,
  record,
} from '../base/form.js';
import { KINDS } from './answers.js';

/** What the first line of a lesson's front matter says. */
export const LESSON_FORMAT = 'oopslab lesson 1';

// A number counts as its digits.
const word = either(filledText, number);
const words = either(filledText, number, list(word, { minItems: 1 }));
const texts = map(either(constant(''), filledText, number));
const hint = record({ text: filledText, cost: optional(count) });

/** Which run a lesson or a question is about. */
const run = {
  set: optional(texts),
  view: optional(oneOf(['run', 'analyst'])),
};

export const frontForm = record({
  format: constant(LESSON_FORMAT),
  name: either(matching(/^[a-z0-9][a-z0-9.-]*$/u), count),
  title: word,
  scenario: word,
  slides: optional(word),
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
  wrong: optional(either(filledText, number, list(word))),
  choices: optional(texts),
  points: optional(orNull(integer(0, 100))),
  [REMARK.name]: optional(word),
  scenario: optional(word),
  ...run,
});

export type QuestionSpec = TypeOf<typeof questionForm>;
