// The page: heading, time line, the code, and beside it the part that was chosen. On paper all parts.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageData } from '../../src/report/page-data.js';
import { Code } from './code.js';
import { Compare } from './compare.js';
import { type Desk, type ViewName, useDesk } from './desk.js';
import { Heap } from './heap.js';
import { Keys } from './keys.js';
import { Lineage } from './lineage.js';
import { Oops } from './oops.js';
import { Registers } from './registers.js';
import { Stack } from './stack.js';
import { Story } from './story.js';
import { Tabs, tabsOf } from './tabs.js';
import { ThemeSwitch } from './theme.js';
import { Timeline, usePlay } from './timeline.js';

const PARTS: Readonly<Record<ViewName, (props: { desk: Desk }) => ComponentChildren>> = {
  machine: ({ desk }) => (
    <div class="machine">
      <Registers desk={desk} />
      <Stack desk={desk} />
    </div>
  ),
  heap: Heap,
  lineage: Lineage,
  oops: Oops,
  compare: Compare,
  story: Story,
};

// Paper has no tabs: everything is there while the page is printed.
const usePrinting = (): boolean => {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const media = matchMedia('print');
    const follow = (): void => setPrinting(media.matches);
    media.addEventListener('change', follow);
    follow(); // the medium may have changed before this effect ran
    return () => media.removeEventListener('change', follow);
  }, []);
  return printing;
};

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
export const App = ({ data }: { data: PageData }) => {
  const desk = useDesk(data);
  const play = usePlay(desk);
  const printing = usePrinting();
  const { run } = desk;
  const tabs = tabsOf(desk);
  const view = tabs.some((tab) => tab.view === desk.view) ? desk.view : 'machine';
  const Part = PARTS[view];
  useEffect(() => {
    document.title = `${run.data.scenario} - oopslab`;
  }, [run]);
  return (
    <>
      <header class="top">
        <h1 title={run.data.title}>
          <span class="brand">oopslab</span> {run.data.title}
        </h1>
        <p class="outcome" title={run.data.outcome}>
          <span aria-hidden="true">{run.data.oops === null ? '✓' : '×'}</span> {run.data.outcome}
        </p>
        <div class="controls">
          <RunSwitch desk={desk} />
          <ThemeSwitch />
          <Keys desk={desk} play={play} />
        </div>
      </header>
      <main>
        <Timeline desk={desk} play={play} />
        <div class={`body view-${view}`}>
          <Code run={run} at={desk.at} label="Code" />
          <div class="side">
            <Tabs desk={desk} tabs={tabs} />
            {printing ? (
              tabs.map((tab) => {
                const Each = PARTS[tab.view];
                return (
                  <div class="printed" key={tab.view}>
                    <Each desk={desk} />
                  </div>
                );
              })
            ) : (
              <div id="panel" role="tabpanel" aria-labelledby={`tab-${view}`} tabIndex={0}>
                <Part desk={desk} />
              </div>
            )}
          </div>
        </div>
      </main>
      <p class="hidden" role="status">
        {play.playing ? '' : `step ${desk.at}, ${run.locationAt(desk.at)}`}
      </p>
    </>
  );
};
