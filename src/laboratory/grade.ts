// A line that was typed, or clicked, at a question of a lesson; and the key of a lesson, for a trainer.

import { InputError } from '../base/errors.js';
import { attempt } from '../lesson/attempt.js';
import { questionKey } from '../lesson/lesson-key.js';
import { PROMPT_HELP } from '../lesson/prompt-words.js';
import type { Bench } from './bench.js';
import type { Questions } from './questions.js';

const LONGEST = 1000; // characters

/** @throws {InputError} when there is no such question, the line is too long, or the run has no answer */
export const answerGrade = (
  bench: Bench,
  { lesson, question, line, standing }: Questions['grade']['asks'],
): Questions['grade']['answer'] => {
  if (line.length > LONGEST)
    throw new InputError(`an answer has at most ${LONGEST} characters`, { field: 'answer' });
  const open = bench.classroom.open(lesson);
  const { parts } = open.lesson;
  const found = attempt(open.question(question), line, standing, parts, open.book);
  // The question is on the page: only the words that may be typed are told.
  if (found.said.kind !== 'help') return found;
  return { ...found, said: { kind: 'look', lines: PROMPT_HELP } };
};

/** @throws {InputError} when there is no such lesson, or a run has no answer */
export const answerKey = (bench: Bench, { lesson }: Questions['key']['asks']): Questions['key']['answer'] => {
  const open = bench.classroom.open(lesson);
  const keys = open.lesson.questions.map(({ id }) => questionKey(open.question(id)));
  return {
    questions: keys.map(({ id, answers, why, hints, wrong }) => ({ id, answers, why, hints, wrong })),
  };
};
