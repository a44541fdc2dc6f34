// Answers the questions of a page, one after the other. Knows neither a browser nor Node: a worker or a test asks it.

import { OopslabError } from '../base/errors.js';
import { liveAnswer } from '../serve/live-answer.js';
import { loadScenario } from '../scenario/scenario.js';
import type { Bench } from './bench.js';
import type { Asked, Kind, Questions, Refusal, Told } from './questions.js';
import { answerWhy } from './why.js';

type Answerer<K extends Kind> = (
  bench: Bench,
  asks: Questions[K]['asks'],
  tell: (tells: Questions[K]['tells']) => void,
) => Questions[K]['answer'];

const ANSWERERS: { readonly [K in Kind]: Answerer<K> } = {
  why: answerWhy,
  run: ({ libraries }, { scenario, set, length }) =>
    liveAnswer(loadScenario(scenario, libraries), { set: new Map(Object.entries(set)), length }, libraries),
};

const refusalOf = (error: unknown): Refusal => {
  if (!(error instanceof OopslabError)) throw error;
  const { field } = error.where;
  return { code: error.code, message: error.message, ...(field === undefined ? {} : { field }) };
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
