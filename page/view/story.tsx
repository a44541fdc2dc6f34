// What the run is about, and what happened in it: the claim, the parameters, and every event with its step.

import type { PageRun } from '../../src/report/page-data.js';
import { lastAtMost } from '../model/tracks.js';
import type { Desk } from './desk.js';
import { Jump } from './jump.js';

const About = ({ run }: { run: PageRun }) => (
  <section class="pane about" aria-label="About this run">
    <h2>{run.scenario}</h2>
    {!run.asExpected && <p>This run ended otherwise than its scenario says, which is:</p>}
    <p>{run.title}.</p>
    <p>{run.claim}</p>
    <dl>
      <dt>Outcome</dt>
      <dd>
        {run.outcome}
        {run.asExpected ? ', as expected' : ', not as expected'}
      </dd>
      {run.parameters.map(([name, value]) => (
        <>
          <dt key={`name ${name}`}>{name}</dt>
          <dd key={`value ${name}`}>
            <code>{value}</code>
          </dd>
        </>
      ))}
      <dt>Release</dt>
      <dd>{run.release}</dd>
      <dt>Recording</dt>
      <dd>
        <code class="hash">{run.hash}</code>
      </dd>
    </dl>
  </section>
);

/** The story. */
export const Story = ({ desk }: { desk: Desk }) => {
  const { data } = desk.run;
  const { events, eventsOmitted } = data;
  const here = lastAtMost(
    events.map(({ at }) => at),
    desk.at,
  );
  return (
    <div class="story">
      <section class="pane" aria-label="Events">
        <h2>What happened</h2>
        <ol class="events">
          {events.map(({ at, text, kind }, index) => (
            <li
              key={index}
              class={`${kind}${index > here ? ' future' : ''}${index === here ? ' here' : ''}`}
              aria-current={index === here ? 'step' : undefined}
            >
              <Jump desk={desk} to={at} label={`Go to step ${at}`}>
                {at}
              </Jump>
              <span>
                {kind === 'alarm' && <b aria-hidden="true">! </b>}
                {text}
              </span>
            </li>
          ))}
        </ol>
        {eventsOmitted > 0 && <p class="none">… and {eventsOmitted} more</p>}
      </section>
      <About run={data} />
    </div>
  );
};
