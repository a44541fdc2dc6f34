// What a page asks about lessons. Types only.

import type { Said, Standing } from '../lesson/said.js';
import type { LessonData, LessonKey, ListedLesson } from './lesson-data.js';

/** The questions about lessons. */
export interface LessonQuestions {
  /** Which lessons there are, in the order in which they are to be taken. */
  lessons: {
    readonly asks: Readonly<Record<string, never>>;
    readonly tells: never;
    readonly answer: { readonly lessons: readonly ListedLesson[] };
  };
  /** A lesson without its answers. */
  lesson: { readonly asks: { readonly name: string }; readonly tells: never; readonly answer: LessonData };
  /** What is said to a line at a question of a lesson, as at the prompt of `oopslab lesson`: an answer, `hint`, `skip`. */
  grade: {
    readonly asks: {
      readonly lesson: string;
      readonly question: string;
      readonly line: string;
      readonly standing: Standing;
    };
    readonly tells: never;
    readonly answer: { readonly said: Said; readonly standing: Standing };
  };
  /** The answers of a lesson, for a trainer. */
  key: {
    readonly asks: { readonly lesson: string };
    readonly tells: never;
    readonly answer: { readonly questions: readonly LessonKey[] };
  };
}
