// The panes of the room of which one is chosen: what was asked, fields, slab page, lineage, report, both runs, story.

import type { ComponentChildren } from 'preact';
import { Answer } from '../answer/answer.js';
import { Compare } from '../view/compare.js';
import type { ViewName } from '../view/desk.js';
import { Lineage } from '../view/lineage.js';
import { Story } from '../view/story.js';
import { Fields } from './fields.js';
import { Report } from './report.js';
import { SlabPage } from './slab.js';
import type { StepView } from './step-view.js';

/** Every pane. */
export const PANES: Readonly<Record<ViewName, (props: { view: StepView }) => ComponentChildren>> = {
  answer: ({ view: { desk } }) => <Answer desk={desk} />,
  machine: Fields,
  heap: SlabPage,
  lineage: ({ view: { desk } }) => <Lineage desk={desk} />,
  oops: ({ view: { desk } }) => <Report desk={desk} />,
  compare: ({ view: { desk } }) => <Compare desk={desk} />,
  story: ({ view: { desk } }) => <Story desk={desk} />,
};
