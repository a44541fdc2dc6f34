// The form of what `why --json` prints.

import {
  count,
  flag,
  list,
  named,
  oneOf,
  optional,
  orNull,
  record,
  says,
  someText,
  text,
  titled,
} from '../base/form.js';

const link = named(
  'link',
  record({
    step: says('executed instructions over the whole recording, from 0', count),
    at: says('symbol+0x3e; step "NAME" for what the scenario did; the start', someText),
    line: says('file:line of the C source, where it is known', orNull(text())),
    place: says('a register, an object and field, an address, or result@symbol', someText),
    value: says('null where it is not recorded', orNull(text())),
    says: someText,
    by: oneOf([
      'data',
      'address',
      'branch',
      'out-of-bounds write',
      'use after free',
      'double free',
      'stale memory',
      'uninitialised',
      'missing write',
      'initial state',
    ]),
    inControl: says('whether it is a step of the control, and not of this run', flag),
  }),
);

export const whyForm = titled(
  'oopslab why --json: the chain from a value back to its cause',
  record({
    scenario: text(),
    control: says('the scenario that was compared with; null without one', orNull(text())),
    of: says('the place that was asked for', text()),
    at: someText,
    links: says('first the symptom, last the cause', list(link)),
    slice: optional(says('with --all: everything that the value depends on', list(link))),
  }),
);
