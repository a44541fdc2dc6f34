// Questions and answers: the computed key of a question, and whether an answer is in it, or why not.

import { InputError } from '../base/errors.js';
import { type Answer, answerText, isSame, readAnswer, spellings } from './answers.js';
import type { CaseBook } from './case-book.js';
import type { Lesson, Question } from './lesson.js';
import { type Key, computeKey } from './query.js';
import { isRegisterName } from '../x86/registers.js';
import { discreet, givesAway, howWritten } from './discretion.js';
import { factOf } from './reasons.js';
import { slipOf } from './slips.js';

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

const isNumber = (answer: Answer, value: bigint): boolean =>
  answer.kind === 'number' ? answer.value === value : 'address' in answer && answer.address === value;

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
      const { kind } = question;
      const read = (answer: string): Answer | undefined => readAnswer(answer, kind, which, key.state, words);
      const isRight = (answer: Answer): boolean => answers.some((one) => isSame(one, answer));
      const given = read(text);
      if (given === undefined) {
        const list = kind === 'choice' ? `: ${words.join(', ')}` : '';
        const how = howWritten(kind, (example) => {
          const answer = read(example);
          return answer !== undefined && isRight(answer);
        });
        return { right: false, read: false, reason: `"${text.trim()}" cannot be read: ${how}${list}` };
      }
      if (isRight(given)) {
        const own = answerText(given, which, key.state);
        const others = texts.filter((other) => other !== own);
        const more = answers.some((answer) => !isSame(answer, given)) && others.length > 0;
        return { right: true, read: true, reason: more ? `Also right: ${others.join(', ')}.` : '' };
      }
      // All answers of the key count, also those of another kind than the question's; and so does a part of a register.
      const tells = (word: string): boolean => {
        const object = which.namedObjects.find(({ name }) => name === /^&?(\w+)/u.exec(word)?.[1]);
        if (object !== undefined && key.answers.some((one) => isNumber(one, BigInt(object.address))))
          return true;
        const answer = read(word);
        if (answer === undefined) return false;
        if (answer.kind === 'register' && given.kind === 'register' && answer.register === given.register)
          return false;
        return key.answers.some(
          (one) =>
            isSame(one, answer) ||
            (one.kind === 'register' && answer.kind === 'register' && one.register === answer.register) ||
            (answer.kind === 'number' && isNumber(one, answer.value)),
        );
      };
      const right = key.answers.flatMap((one) => (one.kind === 'word' ? [one.word] : []));
      const indiscreet = (clause: string): boolean => givesAway(clause, kind, right, tells);
      const slip = slipOf(which, answers, given, text.trim());
      // Reasons are about whole registers: they do not hold for half of one.
      const isPart = slip !== undefined && given.kind === 'register';
      const told = isPart ? [] : discreet(key.reason(given), indiscreet);
      // With a slip, what the run says of the number alone is of no use.
      const more = told.length > 0 || slip !== undefined ? [] : factOf(which, key.state, given);
      const facts = [...told, ...discreet(more, indiscreet)].join('; ');
      const said = [slip, facts]
        .filter((one) => one !== undefined && one !== '')
        .map((one) => sentence(one!));
      return { right: false, read: true, reason: said.join(' ') || `${text.trim()} is not it.` };
    },
  };
};

/** All questions of a lesson with their keys. @throws {InputError} as above */
export const gradeLesson = (lesson: Lesson, book: CaseBook): Graded[] =>
  lesson.questions.map((question) => gradeQuestion(question, book));
