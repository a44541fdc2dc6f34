// What a failed `toHold()` says: the verdict, the report, the world, and how to see it again.

import { plural, shellWord } from '../../base/words.js';
import type { Counterexample } from '../find/campaign.js';
import type { CheckResult } from '../run/check-candidate.js';
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

/** What `.not.toHold()` says of code that does not break. */
export const unbrokenText = ({ name, verdict, runs, reason }: CheckResult, tried: string): string => {
  const why = reason === null ? '' : `: ${reason}`;
  const found =
    verdict === 'holds' ? `holds in ${plural(runs, 'world')} of ${tried}` : `is ${verdict} in ${tried}`;
  return `${name} should break in a world, and ${found}${why}`;
};

/**
 * What `toHold()` says of code that does not hold, or not as it should.
 *
 * @param place where a counterexample is kept, and what it is a world of
 */
export const failureText = (
  { name, verdict, runs, reason, counterexample }: CheckResult,
  contending: Contending,
  place: ExplainedIn,
  seed: number,
): string => {
  const { scenario, libraries = [] } = place;
  const tried = `${scenario.name} (seed ${seed})`;
  if (verdict === 'holds')
    return `${name} should hold as a whole, and holds in ${plural(runs, 'world')} of ${tried}: ${reason ?? ''}`;
  if (counterexample === null) return `${name} should hold, and is ${verdict} in ${tried}: ${reason ?? ''}`;
  using arena = new Arena(scenario, contending.code, { libraries });
  const { file, report, flaky } = explain(arena, contending.code, counterexample, place);
  if (flaky !== null) return `${name} should hold, and is flaky in ${tried}: ${flaky}`;
  const where = runs === 0 ? 'in a world that was kept' : `in world ${runs}`;
  return [
    `${name} should hold, and breaks ${counterexample.property} ${where} of ${tried}`,
    '',
    ...report,
    '',
    ...again(contending, place, counterexample, seed, file),
  ].join('\n');
};
