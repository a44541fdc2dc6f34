// One step of the run: time line, code, and beside it the part that was chosen. On paper all parts.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Code } from './code.js';
import { Compare } from './compare.js';
import type { Desk, ViewName } from './desk.js';
import { Heap } from './heap.js';
import { Lineage } from './lineage.js';
import { Oops } from './oops.js';
import { Registers } from './registers.js';
import type { RoomProps } from './rooms.js';
import { Stack } from './stack.js';
import { Story } from './story.js';
import { Tabs, tabsOf } from './tabs.js';
import { Timeline } from './timeline.js';

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

/** The room. */
export const StepRoom = ({ desk, play }: RoomProps) => {
  const printing = usePrinting();
  const { run } = desk;
  const tabs = tabsOf(desk);
  const view = tabs.some((tab) => tab.view === desk.view) ? desk.view : 'machine';
  const Part = PARTS[view];
  return (
    <>
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
    </>
  );
};
