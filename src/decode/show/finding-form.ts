// The form of a checker's finding in `decode --json`. What the text lacks is left out.

import {
  flag,
  integer,
  list,
  map,
  matching,
  named,
  oneOf,
  optional,
  orNull,
  record,
  says,
  text,
} from '../../base/form.js';
import { ACCESSES, CHECKERS, OBJECT_KINDS, OBJECT_STATES } from '../read/finding/finding.js';
import { placeForm, value } from './place-form.js';

const line = integer(1);
const bytes = integer();

const task = { comm: optional(text()), pid: optional(integer()) };

const trackForm = named(
  'track',
  record({
    line,
    ...task,
    cpu: optional(integer()),
    at: optional(placeForm),
    trace: optional(says('index in traces', integer(0))),
  }),
);

const objectForm = record({
  kind: optional(oneOf(OBJECT_KINDS)),
  address: optional(value),
  size: optional(bytes),
  cache: optional(text()),
  cacheSize: optional(bytes),
  offset: optional(
    says(
      'bytes from the start of the object to the access: negative before it, size or more after it',
      bytes,
    ),
  ),
  state: optional(oneOf(OBJECT_STATES)),
  at: optional(placeForm),
  variables: optional(list(record({ from: integer(), to: integer(), name: text() }))),
});

const raceForm = record({
  line,
  access: oneOf(ACCESSES),
  marked: says('READ_ONCE(), atomics and the like', flag),
  ...task,
  address: optional(value),
  size: optional(bytes),
  cpu: optional(integer()),
  interrupt: optional(flag),
  unknownOrigin: optional(says('nobody saw the other access; the value changed', flag)),
  trace: optional(integer(0)),
});

// Of an error code or a counter, which may be negative.
const number = matching(/^-?0x[0-9a-f]{1,16}$/u);

const findingForm = named(
  'finding',
  record({
    checker: oneOf(CHECKERS),
    bug: says("in the kernel's words", text()),
    line,
    access: optional(oneOf(ACCESSES)),
    size: optional(says('of the access, in bytes', bytes)),
    address: optional(value),
    at: optional(placeForm),
    other: optional(says('a second place: of a data race, of a callback', placeForm)),
    by: optional(record(task)),
    direction: optional(oneOf(['left', 'right', 'inside', 'from', 'to'])),
    object: optional(objectForm),
    allocatedBy: optional(trackForm),
    freedBy: optional(trackForm),
    storedBy: optional(trackForm),
    compared: optional(says('next->prev, byte, a counter', text())),
    expected: optional(number),
    found: optional(number),
    range: optional(record({ from: value, to: value })),
    value: optional(text()),
    type: optional(text()),
    accesses: optional(list(raceForm)),
    victim: optional(record(task)),
    facts: optional(says('what else the text says, by a short name', map(text()))),
  }),
);

export const findingOrNull = orNull(findingForm);
