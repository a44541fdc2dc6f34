// What a page gets of lessons. Types only. No answer is in it, and neither hints nor remarks: they are given one by one.

import type { Inline, ProseBlock } from '../lesson/prose-tree.js';
import type { RunName } from './run-name.js';

/** What a question asks for. */
export type AnswerKind = 'place' | 'register' | 'instruction' | 'address' | 'value' | 'choice';

/** A lesson on the list. */
export interface ListedLesson {
  readonly name: string;
  readonly title: string;
  readonly scenario: string;
  /** Slides of the talk that it goes with; empty for none. */
  readonly slides: string;
  /** The questions in their order. */
  readonly questions: readonly { readonly id: string; readonly points: number }[];
  /** Why it cannot be taken; null for one that can. */
  readonly problem: string | null;
}

/** Output of a command, as at the terminal. */
export interface Shown {
  readonly title: string;
  readonly lines: readonly string[];
}

/** A question. */
export interface LessonQuestion {
  readonly id: string;
  /** From 1. */
  readonly number: number;
  readonly ask: readonly Inline[];
  readonly kind: AnswerKind;
  /** Of a choice: each word, with what it stands for. */
  readonly choices: readonly { readonly word: string; readonly text: readonly Inline[] }[];
  readonly points: number;
  /** What each hint costs. */
  readonly hints: readonly number[];
  /** What a wrong answer costs. */
  readonly wrongCost: number;
  /** The run that it is about, and the state at which that stands beside it. */
  readonly run: RunName;
  readonly at: number;
}

/** A part of a lesson. */
export type LessonPart =
  | { readonly kind: 'prose'; readonly blocks: readonly ProseBlock[] }
  | { readonly kind: 'show'; readonly shown: readonly Shown[] }
  | { readonly kind: 'question'; readonly question: LessonQuestion };

/** A lesson. */
export interface LessonData {
  readonly name: string;
  readonly title: string;
  readonly slides: string;
  readonly parts: readonly LessonPart[];
}

/** The key of a question, for a trainer. */
export interface LessonKey {
  readonly id: string;
  readonly answers: readonly string[];
  readonly why: readonly string[];
  readonly hints: readonly { readonly text: string; readonly cost: number }[];
  readonly wrong: readonly { readonly answer: string; readonly reason: string }[];
}
