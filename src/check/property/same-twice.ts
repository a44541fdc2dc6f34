// `same-twice`: whether the same call again gives the same.

import { resultValue } from '../world/result-type.js';
import { sameBytes } from '../world/effect.js';
import { comparisonOf, differenceSays } from './comparison.js';
import type { ResultDifference } from './promise-kept.js';
import type { OwnFacts, Property, WatchedRun } from './property.js';
import type { Difference } from './result.js';

// A text of the first call, against what the second one returned. What that allocated is not known: memory is read.
const textDifference = (
  { world: { memory } }: WatchedRun,
  value: bigint,
  expected: Uint8Array,
): ResultDifference | undefined => {
  const size = expected.length + 1;
  const found = memory.isMapped(value, size) ? memory.read(value, size) : undefined;
  if (found !== undefined && found[size - 1] === 0 && sameBytes(found.subarray(0, -1), expected))
    return undefined;
  const why = found === undefined ? 'no address' : 'differs';
  return { what: 'promised text', expected, found, why };
};

const differenceTo = (run: WatchedRun, rax: bigint): ResultDifference | undefined => {
  const { type, first } = run;
  if (first === undefined) return undefined;
  if (first.text !== undefined) return textDifference(run, rax, first.text);
  const values = { expected: resultValue(type, first.value), found: resultValue(type, rax) };
  if (values.expected === values.found) return undefined;
  // Another call allocates anew; that it returns nothing of its own is all that an address can say.
  if (first.isOwn && run.world.heap.isAllocated(values.found)) return undefined;
  return { what: 'value', ...values };
};

/** The same inputs give the same result again. */
export const sameTwice: Property<Difference<'same-twice'>> = {
  name: 'same-twice',
  breaks: 'returns another result when it is called again with the same inputs',
  isLater: true,
  judge: (run, { phase, result: ended }) => {
    if (phase !== 'again' || ended?.kind !== 'returned') return undefined;
    const difference = differenceTo(run, ended.value);
    return difference === undefined ? undefined : { property: 'same-twice', difference };
  },
  report: (scene, { difference }): OwnFacts => {
    const step = scene.findStep(scene.subject.again ?? scene.subject.step);
    const comparison = comparisonOf(scene, difference);
    const again = `Called again with the same inputs, ${scene.subject.function}`;
    return {
      step: step.step,
      kind: 'unstable-result',
      says: differenceSays(comparison, again, 'returned the first time'),
      comparison,
      ended: scene.returnedText(step),
    };
  },
};
