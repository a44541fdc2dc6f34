// Which lessons there are, in their order.

import { OopslabError } from '../base/errors.js';
import { loadLesson } from '../lesson/lesson.js';
import { listLessons } from '../lesson/shelf.js';
import type { Bench } from './bench.js';
import type { ListedLesson } from './lesson-data.js';
import type { Questions } from './questions.js';

const listed = (name: string, file: string): ListedLesson => {
  try {
    const { title, scenario, slides, questions } = loadLesson(file);
    const all = questions.map(({ id, points }) => ({ id, points }));
    return { name, title, scenario, slides, questions: all, problem: null };
  } catch (error) {
    if (!(error instanceof OopslabError)) throw error;
    return { name, title: name, scenario: '', slides: '', questions: [], problem: error.message };
  }
};

/** One whose file is wrong is on the list, with what is wrong. */
export const answerLessons = ({ libraries }: Bench): Questions['lessons']['answer'] => ({
  lessons: listLessons(libraries).map(({ name, file }) => listed(name, file)),
});
