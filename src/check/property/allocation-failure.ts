// `allocation-failure`: whether the checked call says so when it gets no memory.

import { formatResult, saysFailure } from '../world/result-type.js';
import type { CallResult } from '../../machine/machine.js';
import { typeIn } from './comparison.js';
import { type BadEnd, endFacts, whereEnds } from './ends.js';
import { brokenPromise, isPromised } from './promise-kept.js';
import type { OwnFacts, Property, WatchedRun } from './property.js';
import { gotNoMemory } from './shortage.js';

// Right is a failure by the type of the result, or what is promised all the same. A type that cannot say failure is not
// looked at, nor is success that promises nothing.
const isRight = (run: WatchedRun, result: CallResult): boolean => {
  if (result.kind === 'budget') return true; // the business of `ends`
  if (result.kind !== 'returned') return false;
  if (saysFailure(run.type, result.value) !== false || !isPromised(run.subject)) return true;
  return brokenPromise(run, result.value) === undefined;
};

/** Without memory the call says that it failed, or does what it promises all the same. */
export const allocationFailure: Property<BadEnd<'allocation-failure'>> = {
  name: 'allocation-failure',
  breaks: 'does not say that it failed when there is no memory',
  judge: (run, { phase, result }) =>
    phase !== 'checked' || result === undefined || !gotNoMemory(run) || isRight(run, result)
      ? undefined
      : { property: 'allocation-failure', result },
  report: (scene, { result }): OwnFacts => {
    const facts = endFacts(scene, scene.step);
    const { kind, instruction } = facts;
    const type = typeIn(scene);
    const says =
      result.kind === 'returned'
        ? `${scene.subject.function}() returns ${formatResult(type, result.value)}, which its caller takes for a result.`
        : whereEnds(kind, instruction);
    const failed =
      result.kind === 'returned' && type.kind === 'pointer' ? ` Without memory it should return NULL.` : '';
    return { ...facts, says: `An allocation got no memory, and ${says}${failed}` };
  },
};
