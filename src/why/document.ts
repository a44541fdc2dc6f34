// The document of `oopslab why --json`.

import { hex } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import type { whyForm } from './form.js';
import type { Link } from './link.js';
import type { Why } from './why.js';

/** What `oopslab why --json` prints. */
export type WhyDocument = TypeOf<typeof whyForm>;

type LinkEntry = WhyDocument['links'][number];

const entryOf = ({ step, at, line, name, value, says, by, inControl }: Link): LinkEntry => ({
  step,
  at,
  line: line ?? null,
  place: name,
  value: value === undefined ? null : hex(value),
  says,
  by,
  inControl: inControl === true,
});

/** @param slice with `--all` */
export const whyDocument = (
  scenario: string,
  { of, at, links, control }: Why,
  slice?: readonly Link[],
): WhyDocument => ({
  scenario,
  control: control ?? null,
  of,
  at,
  links: links.map(entryOf),
  ...(slice === undefined ? {} : { slice: slice.map(entryOf) }),
});
