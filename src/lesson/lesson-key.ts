// The key of a lesson, for a trainer: every right answer with what it follows from, and the reasons of wrong ones.

import type { Kind } from './answers.js';
import type { Graded } from './grade.js';

// The key of one question.
interface QuestionKey {
  readonly id: string;
  readonly ask: string;
  readonly kind: Kind;
  /** Queries, as written. */
  readonly key: readonly string[];
  /** Computed, the shortest spelling first. */
  readonly answers: readonly string[];
  readonly why: readonly string[];
  readonly hints: readonly { readonly text: string; readonly cost: number }[];
  readonly points: number;
  readonly wrong: readonly { readonly answer: string; readonly reason: string }[];
}

/** The key of a question whose answers are computed. */
export const questionKey = ({ question, key, texts, check }: Graded): QuestionKey => ({
  id: question.id,
  ask: question.ask,
  kind: question.kind,
  key: question.queries.map(({ text }) => text),
  answers: texts,
  why: [...new Set(key.why)],
  hints: question.hints.map(({ text, cost }) => ({ text, cost })),
  points: question.points,
  wrong: question.wrong.map((text) => ({ answer: text, reason: check(text).reason })),
});
