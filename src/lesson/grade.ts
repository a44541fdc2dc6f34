// Questions and answers: the computed key of a question, and whether an answer is in it, or why not.

import { InputError } from '../base/errors.js';
import { type Answer, answerText, isSame, readAnswer, spellings } from './answers.js';
import type { CaseBook } from './case-book.js';
import type { Lesson, Question } from './lesson.js';
import { type Key, computeKey } from './query.js';
import { isRegisterName } from '../x86/registers.js';
import { factOf, unreadable } from './reasons.js';

export interface Graded {
  readonly question: Question;
  readonly key: Key;
  /** The right answers as text, shortest spelling. */
  readonly texts: readonly string[];
  /** Each right answer in every spelling that a person would use. */
  readonly spelled: readonly (readonly string[])[];
  check(text: string): Verdict;
}

// What becomes of an answer.
interface Verdict {
  readonly right: boolean;
  /** Whether it could be read as an answer of that kind. */
  readonly read: boolean;
  /** Of a wrong one, in a sentence; of a right one, the other right ones. */
  readonly reason: string;
}

// As a sentence, unless it begins with code.
const sentence = (text: string): string => {
  const first = /^[a-z]+(?= )/u.exec(text)?.[0];
  const capital =
    first === undefined || isRegisterName(first) ? text : text[0]!.toUpperCase() + text.slice(1);
  return /[.?]$/u.test(capital) ? capital : `${capital}.`;
};

const fits = ({ kind }: Question, answer: Answer): boolean => {
  const wanted: Readonly<Record<Question['kind'], readonly Answer['kind'][]>> = {
    place: ['register', 'memory'],
    register: ['register'],
    instruction: ['instruction'],
    address: ['number'],
    value: ['number'],
    choice: ['word'],
  };
  return wanted[kind].includes(answer.kind);
};

/** @throws {InputError} when the run has no answer, with the place of the key in the lesson */
export const gradeQuestion = (question: Question, book: CaseBook): Graded => {
  const words = Object.keys(question.choices);
  let key: Key;
  const which = book.open(question);
  try {
    key = computeKey(question.queries, {
      which,
      book,
      scenario: question.scenario,
      set: question.set,
      words,
      steps: '',
    });
  } catch (error) {
    if (error instanceof InputError) throw question.complain('key', error.message);
    throw error;
  }
  const answers = key.answers.filter((answer) => fits(question, answer));
  if (answers.length === 0)
    throw question.complain('key', `has no answer in this run that is a ${question.kind}`);
  const missing = answers.find((answer) => answer.kind === 'word' && !words.includes(answer.word));
  if (missing !== undefined && missing.kind === 'word')
    throw question.complain('choices', `the answer "${missing.word}" is not among the choices`);
  const texts = [...new Set(answers.map((answer) => answerText(answer, which, key.state)))];
  return {
    question,
    key,
    texts,
    spelled: answers.map((answer) => spellings(answer, which, key.state)),
    check: (text) => {
      const given = readAnswer(text, question.kind, which, key.state, words);
      if (given === undefined) {
        const list = question.kind === 'choice' ? `: ${words.join(', ')}` : '';
        return {
          right: false,
          read: false,
          reason: `"${text.trim()}" cannot be read: ${unreadable[question.kind]}${list}`,
        };
      }
      const right = answers.some((answer) => isSame(answer, given));
      const own = answerText(given, which, key.state);
      if (!right)
        return { right, read: true, reason: sentence(key.reason(given) || factOf(which, key.state, given)) };
      const others = texts.filter((other) => other !== own);
      const numbers = answers.filter((answer) => !isSame(answer, given));
      return { right, read: true, reason: numbers.length === 0 ? '' : `Also right: ${others.join(', ')}.` };
    },
  };
};

/** All questions of a lesson with their keys. @throws {InputError} as above */
export const gradeLesson = (lesson: Lesson, book: CaseBook): Graded[] =>
  lesson.questions.map((question) => gradeQuestion(question, book));
