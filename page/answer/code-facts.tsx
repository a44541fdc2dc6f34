// What is known of the instruction of a step: its text, its line of C, and the other times that it ran.

import { plural } from '../../src/base/words.js';
import { timesOf } from '../model/lines.js';
import type { Desk } from '../view/desk.js';
import { StepLink } from './step-link.js';

const PROVENANCE: Readonly<Record<string, string>> = {
  D: 'its bytes are of a published dump',
  L: 'its bytes are of a published listing',
  R: 'its bytes are reconstructed',
};

const Times = ({ desk, times }: { desk: Desk; times: NonNullable<ReturnType<typeof timesOf>> }) => {
  const { first, before, after, last } = times;
  const named = { first, before, next: after, last };
  return Object.entries(named)
    .filter(([, state]) => state !== undefined)
    .map(([says, state = 0], index) => (
      <span key={says}>
        {index === 0 ? ': ' : ', '}
        {says}{' '}
        <StepLink desk={desk} to={state}>
          {state}
        </StepLink>
      </span>
    ));
};

/** The facts. */
export const CodeFacts = ({ desk, state }: { desk: Desk; state: number }) => {
  const { run } = desk;
  const site = run.siteAt(state);
  const times = timesOf(run, state);
  const line = site === undefined ? undefined : run.data.functions[site.function]?.lines[site.line];
  if (site === undefined || times === undefined)
    return <p class="facts">It is the end of the run: nothing runs there.</p>;
  const provenance = PROVENANCE[line?.provenance ?? ''];
  return (
    <>
      <p>
        <code>{site.at}</code> <code class="bits">{site.text}</code>
      </p>
      <p class="facts">{[run.sourceAt(state), provenance].filter((part) => part !== undefined).join('; ')}</p>
      <p class="facts">
        It runs {plural(times.count, 'time')}
        {times.count > 1 && <Times desk={desk} times={times} />}.
      </p>
    </>
  );
};
