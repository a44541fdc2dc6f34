// One line at a question: an answer, a hint, a look at the run, or giving up; what it costs, and what is said. The course
// at the terminal and the page say the same.

import type { CaseBook } from './case-book.js';
import type { Graded } from './grade.js';
import type { Part } from './lesson.js';
import { lookAt } from './prompt.js';
import type { Said, Standing } from './said.js';
import { pointsLeft } from './scoring.js';

const MAX_FACTS = 4; // of an explanation; a search has many hits

/** A question to which nothing was said. */
export const FRESH: Standing = { wrong: 0, hints: 0, given: [] };

const skip = ({ question, texts, key }: Graded): Said => {
  const why = [...new Set(key.why)].filter((text) => text !== texts[0]);
  return {
    kind: 'skipped',
    answers: texts,
    why: why.slice(0, MAX_FACTS),
    more: Math.max(0, why.length - MAX_FACTS),
    remark: question.remark,
  };
};

/**
 * Take a line.
 *
 * @param line as it was typed; one that is empty but for blanks cannot be read
 * @param parts those of the question's lesson, for looks at what it needs
 * @throws {InputError} when the run has no answer
 */
export const attempt = (
  graded: Graded,
  line: string,
  standing: Standing,
  parts: readonly Part[],
  book: CaseBook,
): { readonly said: Said; readonly standing: Standing } => {
  const { question } = graded;
  const { wrong, hints, given } = standing;
  const text = line.trim();
  const word = text.toLowerCase();
  switch (word) {
    case 'help':
    case '?':
      return { said: { kind: 'help' }, standing };
    case 'again':
      return { said: { kind: 'ask' }, standing };
    case 'skip':
      return { said: skip(graded), standing };
    case 'hint': {
      const hint = question.hints[hints];
      if (hint === undefined) return { said: { kind: 'no hint' }, standing };
      return { said: { kind: 'hint', ...hint }, standing: { ...standing, hints: hints + 1 } };
    }
    default:
  }
  const lines = lookAt(text, parts, question, book);
  if (lines !== undefined) return { said: { kind: 'look', lines }, standing };
  const { right, read, reason } = graded.check(text);
  if (right) {
    const points = pointsLeft(question, wrong, hints);
    return { said: { kind: 'right', points, reason, remark: question.remark }, standing };
  }
  if (!read) return { said: { kind: 'unread', reason }, standing };
  const again = given.includes(word);
  const after = again ? standing : { wrong: wrong + 1, hints, given: [...given, word] };
  const left = pointsLeft(question, after.wrong, hints);
  return { said: { kind: 'wrong', again, left, reason }, standing: after };
};
