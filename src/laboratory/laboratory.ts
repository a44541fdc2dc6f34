// Answers the questions of a page, one after the other. Knows neither a browser nor Node: a worker or a test asks it.

import { liveAnswer } from '../serve/live-answer.js';
import { loadScenario } from '../scenario/scenario.js';
import type { Bench } from './bench.js';
import type { Asked, Kind, Questions, Told } from './questions.js';
import { answerDecode } from './decode.js';
import { refusalOf } from './refusal.js';
import { answerGrade, answerKey } from './grade.js';
import { answerLesson } from './lesson.js';
import { answerLessons } from './lessons.js';
import { answerWhy } from './why.js';

type Answerer<K extends Kind> = (
  bench: Bench,
  asks: Questions[K]['asks'],
  tell: (tells: Questions[K]['tells']) => void,
) => Questions[K]['answer'];

const ANSWERERS: { readonly [K in Kind]: Answerer<K> } = {
  why: answerWhy,
  decode: (_, asks, tell) => answerDecode(asks, tell),
  lessons: answerLessons,
  lesson: answerLesson,
  grade: answerGrade,
  key: answerKey,
  run: ({ libraries }, { scenario, set, length }) =>
    liveAnswer(loadScenario(scenario, libraries), { set: new Map(Object.entries(set)), length }, libraries),
};

/** Answer a question; what is wrong with it is a refusal. @param tell what is told on the way, and the answer */
export const answer = <K extends Kind>(
  bench: Bench,
  { id, kind, asks }: Asked<K>,
  tell: (told: Told<K>) => void,
): void => {
  try {
    const answerer = ANSWERERS[kind] as Answerer<K>;
    tell({ id, answer: answerer(bench, asks, (tells) => tell({ id, tells } as Told<K>)) } as Told<K>);
  } catch (error) {
    tell({ id, refusal: refusalOf(error) });
  }
};
