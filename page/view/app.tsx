// The page: heading, the links to its rooms, and the room that the reader is in.

import { useEffect } from 'preact/hooks';
import type { PageData } from '../../src/report/page-data.js';
import { type Desk, type ShownRun, useDesk } from './desk.js';
import { Keys } from './keys.js';
import { ALL_ROOMS, Rooms } from './rooms.js';
import { ThemeSwitch } from './theme.js';
import { usePlay } from './timeline.js';

const RunSwitch = ({ desk }: { desk: Desk }) =>
  desk.runs.length < 2 ? null : (
    <fieldset class="runs">
      <legend class="hidden">Which run</legend>
      {desk.runs.map(({ data }, index) => (
        <label key={index}>
          <input
            type="radio"
            name="run"
            checked={desk.side === index}
            onChange={() => desk.take(index === 0 ? 0 : 1)}
          />{' '}
          {index === 0 ? 'A' : 'B'}: {data.scenario}
        </label>
      ))}
    </fieldset>
  );

/** The page. */
export const App = ({ data, shown }: { data: PageData; shown: ShownRun }) => {
  const desk = useDesk(data, shown);
  const play = usePlay(desk);
  const { run } = desk;
  const { View } = ALL_ROOMS.find(({ room }) => room === desk.room) ?? ALL_ROOMS[0]!;
  useEffect(() => {
    document.title = `${run.data.scenario} - oopslab`;
  }, [run]);
  return (
    <>
      <header class="top">
        <h1>
          <span class="brand">oopslab</span>
          <span class="hidden"> {run.data.title}</span>
        </h1>
        <p class="outcome hidden">{run.data.outcome}</p>
        <Rooms desk={desk} />
        <div class="controls">
          <RunSwitch desk={desk} />
          <ThemeSwitch />
          <Keys desk={desk} play={play} />
        </div>
      </header>
      <main class={`room in-${desk.room}`}>
        <View desk={desk} play={play} />
      </main>
      <p class="hidden" role="status">
        {play.playing ? '' : `step ${desk.at}, ${run.locationAt(desk.at)}`}
      </p>
    </>
  );
};
