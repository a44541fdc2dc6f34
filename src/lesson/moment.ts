// Where a run stands beside a question, for a page that shows it: what the question says of its moment, never its key.

import { InputError } from '../base/errors.js';
import type { CaseBook } from './case-book.js';
import type { Part, Question } from './lesson.js';
import { neededBy } from './prompt.js';

/**
 * The state: that of the question's `at`, or of the last picture that it needs, otherwise the trap or the end.
 *
 * @throws {InputError} when nothing ran at its `at`, with the place in the lesson
 */
export const momentOf = (parts: readonly Part[], question: Question, book: CaseBook): number => {
  const which = book.open(question);
  if (question.at !== '') {
    try {
      return which.at(question.at);
    } catch (error) {
      if (error instanceof InputError) throw question.complain('at', error.message);
      throw error;
    }
  }
  const at = neededBy(parts, question).findLast((command) => command.at !== undefined)?.at;
  try {
    return which.at(at);
  } catch (error) {
    if (error instanceof InputError) return which.last; // the picture is one of another run
    throw error;
  }
};
