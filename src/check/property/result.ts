// `result`: whether the checked call returns what it promises.

import { comparisonOf, differenceSays } from './comparison.js';
import { type ResultDifference, brokenPromise } from './promise-kept.js';
import type { OwnFacts, Property } from './property.js';
import { gotNoMemory } from './shortage.js';

/** A result that is not the right one. */
export interface Difference<Name extends string> {
  readonly property: Name;
  readonly difference: ResultDifference;
}

/** The call returns what it promises. */
export const result: Property<Difference<'result'>> = {
  name: 'result',
  breaks: 'does not return the promised result',
  open: ({ symbols }, { scenario, function: name, promised }) => {
    if (promised !== undefined && symbols.findSymbol(name)?.prototype?.returns === 'void')
      scenario.fail(['check', 'promise', 'text'], `${name}() returns nothing, by its prototype`);
  },
  judge: (run, { phase, result: ended }) => {
    if (phase !== 'checked' || ended?.kind !== 'returned' || gotNoMemory(run)) return undefined;
    const difference = brokenPromise(run, ended.value);
    return difference === undefined ? undefined : { property: 'result', difference };
  },
  report: (scene, { difference }): OwnFacts => {
    const { step, returned } = scene.step;
    const own = scene.own.find(({ start }) => returned !== null && start === BigInt(returned));
    const comparison = comparisonOf(scene, difference);
    const freed = own?.freed === undefined ? '' : ' It has freed what it returns.';
    return {
      step,
      kind: 'wrong-result',
      says: `${differenceSays(comparison, scene.subject.function, 'promises')}${freed}`,
      comparison,
      ended: scene.returnedText(),
      allocation: own?.report() ?? null,
    };
  },
};
