// What a failed `toHold()` says: the verdict, the report, the world, and how to see it again.

import { shellWord } from '../../base/words.js';
import type { Counterexample } from '../find/campaign.js';
import type { CheckResult } from '../find/candidate.js';
import { type ExplainedIn, explain } from '../tell/explain.js';
import { Arena } from '../watch/arena.js';
import type { Contending } from './contender.js';

const again = (
  { argument }: Contending,
  { scenario, reference = scenario.name }: ExplainedIn,
  { path }: Counterexample,
  seed: number,
  file: string | null,
): string[] => {
  const command = [
    'oopslab',
    'check',
    argument ?? '',
    '--scenario',
    reference,
    '--seed',
    String(seed),
    '--path',
    path,
  ];
  return [
    ...(path.startsWith('kept:') ? [] : [`The same world: seed ${seed}, path ${path}`]),
    ...(argument === undefined || path.startsWith('kept:')
      ? []
      : [`  $ ${command.map(shellWord).join(' ')}`]),
    ...(file === null ? [] : [`It is kept in ${file}, and tried first the next time.`]),
  ];
};

/**
 * The message, in one text.
 *
 * @param place where the counterexample is kept, and what it is a world of
 */
export const failureText = (
  { name, runs, property, counterexample }: CheckResult,
  contending: Contending,
  place: ExplainedIn,
  seed: number,
): string => {
  const { scenario, libraries = [] } = place;
  if (counterexample === null || property === null) return `${name} should hold`;
  using arena = new Arena(scenario, contending.code, { libraries });
  const { file, report, flaky } = explain(arena, contending.code, counterexample, place);
  const where = runs === 0 ? `in a world that was kept` : `in world ${runs}`;
  return [
    `${name} should hold, and breaks ${property} ${where} of ${scenario.name} (seed ${seed})`,
    '',
    ...(flaky === null ? report : [flaky]),
    '',
    ...again(contending, place, counterexample, seed, file),
  ].join('\n');
};
