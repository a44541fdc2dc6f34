// Answers the questions of a page. Knows neither a browser nor Node: a worker or a test asks it. Short questions are
// answered at once; a long one lets others be answered on its way, and can be interrupted.

import type { Bench } from './bench.js';
import { answerCheck } from './check.js';
import { answerOffer } from './offer.js';
import { answerDecode } from './decode.js';
import { answerGrade, answerKey } from './grade.js';
import { answerLesson } from './lesson.js';
import { answerLessons } from './lessons.js';
import { answerLives } from './lives.js';
import type { Asked, Kind, Questions, Told } from './questions.js';
import { refusalOf } from './refusal.js';
import { answerRun } from './run.js';
import { answerSweep } from './sweep.js';
import { answerWhy } from './why.js';

type Answerer<K extends Kind> = (
  bench: Bench,
  asks: Questions[K]['asks'],
  tell: (tells: Questions[K]['tells']) => void,
  isInterrupted: () => boolean,
) => Questions[K]['answer'] | Promise<Questions[K]['answer']>;

const ANSWERERS: { readonly [K in Kind]: Answerer<K> } = {
  why: answerWhy,
  lives: answerLives,
  decode: (_, asks, tell) => answerDecode(asks, tell),
  lessons: answerLessons,
  lesson: answerLesson,
  grade: answerGrade,
  key: answerKey,
  offer: answerOffer,
  run: answerRun,
  check: answerCheck,
  sweep: answerSweep,
};

/**
 * Answer a question; what is wrong with it is a refusal.
 *
 * @param tell what is told on the way, and the answer
 * @param isInterrupted whether the answer should come soon, with what is known by then
 */
export const answer = async <K extends Kind>(
  bench: Bench,
  { id, kind, asks }: Asked<K>,
  tell: (told: Told<K>) => void,
  isInterrupted: () => boolean = () => false,
): Promise<void> => {
  try {
    const answerer = ANSWERERS[kind] as Answerer<K>;
    const tells = (one: Questions[K]['tells']): void => tell({ id, tells: one } as Told<K>);
    const found = answerer(bench, asks, tells, isInterrupted);
    // Not awaited where it need not be: a short question is answered before the next one is heard.
    tell({ id, answer: found instanceof Promise ? await found : found } as Told<K>);
  } catch (error) {
    tell({ id, refusal: refusalOf(error) });
  }
};
