// The forms of what `lesson --json` prints.

import { KINDS } from './answers.js';
import { count, either, flag, list, named, oneOf, orNull, record, says, text, titled } from '../base/form.js';

const listForm = named(
  'list',
  record({
    lessons: list(
      record({
        name: text(),
        title: text(),
        scenario: text(),
        slides: says('Of the talk that it goes with.', orNull(text())),
        questions: count,
        done: says('Questions that were answered right or skipped.', count),
        right: count,
        points: count,
        of: says('Points of all questions.', count),
      }),
    ),
    next: says('The first in order that is not done.', orNull(text())),
  }),
);

const keyForm = named(
  'key',
  record({
    lesson: text(),
    questions: list(
      record({
        id: text(),
        ask: text(),
        kind: oneOf(KINDS),
        key: says('Queries, as written.', list(text())),
        answers: says('Computed.', list(text(), { minItems: 1 })),
        why: says('The facts that they follow from.', list(text())),
        hints: list(record({ text: text(), cost: count })),
        points: count,
        wrong: list(record({ answer: text(), reason: text() })),
      }),
    ),
  }),
);

const resultForm = named(
  'result',
  record({
    lesson: text(),
    right: says('Whether every question was answered right in the end.', flag),
    points: count,
    of: count,
    results: list(
      record({
        id: text(),
        right: flag,
        wrong: says('Wrong answers before.', count),
        hints: count,
        points: count,
      }),
    ),
  }),
);

export const lessonForm = titled(
  'What oopslab lesson --json prints: the list, the key (--answers), or the result of a script (--script)',
  either(listForm, keyForm, resultForm),
);
