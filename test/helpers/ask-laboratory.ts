// Questions to a laboratory in this process, as a page asks its worker.
import type { Bench } from '../../src/laboratory/bench.js';
import { answer } from '../../src/laboratory/laboratory.js';
import type { Kind, Questions, Refusal, Told } from '../../src/laboratory/questions.js';

/** What came back: an answer, or a refusal. */
export interface Asked<K extends Kind> {
  readonly tells: readonly Questions[K]['tells'][];
  readonly answer: Questions[K]['answer'] | undefined;
  readonly refusal: Refusal | undefined;
}

/** Ask, as over the border of a worker. */
export const askLaboratory = async <K extends Kind>(
  bench: Bench,
  kind: K,
  asks: Questions[K]['asks'],
  isInterrupted?: (told: readonly Told<K>[]) => boolean,
): Promise<Asked<K>> => {
  const all: Told<K>[] = [];
  await answer(
    bench,
    structuredClone({ id: 1, kind, asks }),
    (told) => all.push(structuredClone(told)),
    isInterrupted && (() => isInterrupted(all)),
  );
  const last = all.at(-1)!;
  return {
    tells: all.flatMap((told) => ('tells' in told ? [told.tells as Questions[K]['tells']] : [])),
    answer: 'answer' in last ? last.answer : undefined,
    refusal: 'refusal' in last ? last.refusal : undefined,
  };
};
