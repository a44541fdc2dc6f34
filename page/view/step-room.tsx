// One step of the run as one view: code, registers, stack and the bytes of the object in question beside each other, and
// below these one more pane, chosen by its tab. All share what is pointed at and what is asked. On paper every pane.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer } from '../answer/answer.js';
import { useAsking } from '../step/asking.js';
import { ObjectBytes } from '../step/object-bytes.js';
import { PANES } from '../step/panes.js';
import { Registers } from '../step/registers.js';
import { useSameValue } from '../step/same-value.js';
import { Source } from '../step/source.js';
import { Stack } from '../step/stack.js';
import { useStepView } from '../step/step-view.js';
import { Code } from './code.js';
import type { ViewName } from './desk.js';
import type { RoomProps } from './rooms.js';
import { Tabs, tabsOf } from './tabs.js';
import { Timeline } from './timeline.js';

const useMedia = (query: string): boolean => {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const follow = (): void => setMatches(media.matches);
    media.addEventListener('change', follow);
    follow(); // the medium may have changed before this effect ran
    return () => media.removeEventListener('change', follow);
  }, [query]);
  return matches;
};

/** Screens on which the answer has a column of its own. */
const WIDE = '(width >= 106rem)';

/** Screens on which the panes stand beside each other. */
const BESIDE = '(width >= 62rem)';

/** The room. */
export const StepRoom = ({ desk, play }: RoomProps) => {
  const printing = useMedia('print');
  const wide = useMedia(WIDE);
  const root = useRef<HTMLDivElement>(null);
  useAsking(root, desk);
  useSameValue(root);
  const view = useStepView(desk);
  // Where the panes stand one below the other, the answer is not where the click was.
  useEffect(() => {
    if (desk.asked !== undefined && !matchMedia(BESIDE).matches)
      document.querySelector('#panel')?.scrollIntoView({ block: 'start' });
  }, [desk.asked]);
  const { run, at } = desk;
  const tabs = tabsOf(desk).filter((tab) => !wide || tab.view !== 'answer');
  // Where the answer has its own column, the pane that was there stays.
  const last = useRef<ViewName>('machine');
  const chosen = tabs.some((tab) => tab.view === desk.view) ? desk.view : last.current;
  if (chosen !== 'answer') last.current = chosen;
  const Pane = PANES[chosen];
  return (
    <>
      <Timeline desk={desk} play={play} />
      <div class={`body step view-${chosen}${wide ? ' wide' : ''}`} ref={root}>
        <div class="codes">
          <Source run={run} at={at} />
          <Code run={run} at={at} label="Code" />
        </div>
        <div class="machine">
          <Registers view={view} />
          <Stack view={view} />
        </div>
        <div class="side">
          <ObjectBytes view={view} />
          <Tabs chosen={chosen} show={desk.show} tabs={tabs} />
          {printing ? (
            tabs.map((tab) => {
              const Each = PANES[tab.view];
              return (
                <div class="printed" key={tab.view}>
                  <Each view={view} />
                </div>
              );
            })
          ) : (
            <div id="panel" role="tabpanel" aria-labelledby={`tab-${chosen}`} tabIndex={0}>
              <Pane view={view} />
            </div>
          )}
        </div>
        {wide && (
          <div class="toldside">
            <Answer desk={desk} />
          </div>
        )}
      </div>
    </>
  );
};
