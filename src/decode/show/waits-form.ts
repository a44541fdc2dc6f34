// The form of locks, their holders and of those that wait, in `decode --json`. What the text lacks is left out.

import { flag, integer, list, named, oneOf, optional, orNull, record, says, text } from '../../base/form.js';
import { LOCK_PROBLEMS } from '../read/waits/waits.js';
import { placeForm, value } from './place-form.js';

const line = integer(1);
const task = record({ comm: text(), pid: integer() });

const lock = {
  address: optional(value),
  name: text(),
  state: optional(says('of its use in interrupts, as lockdep prints it', text())),
  depth: optional(says('wait types: outer and inner', text())),
  at: optional(placeForm),
};

const lockForm = named('lock', record(lock));

const lockdepForm = record({
  line,
  problem: oneOf(LOCK_PROBLEMS),
  said: text(),
  task: optional(task),
  wanted: optional(lockForm),
  held: optional(lockForm),
  order: optional(says('each is held while the next is taken', list(text()))),
  chain: optional(list(record({ ...lock, line, index: integer(0), trace: optional(integer(0)) }))),
  states: optional(record({ from: text(), to: text() })),
  safe: optional(lockForm),
  unsafe: optional(lockForm),
  freed: optional(record({ from: value, to: value })),
  scenario: optional(list(record({ cpu: integer(0), does: text() }))),
  usage: optional(record({ file: text(), line: integer(), what: text() })),
});

const stallForm = record({
  line,
  flavour: text(),
  expedited: flag,
  self: flag,
  cpus: list(record({ cpu: integer(0), ticks: optional(integer()), behind: optional(integer()) })),
  tasks: says('PIDs that block the grace period', list(integer())),
  detectedBy: optional(integer()),
  jiffies: optional(integer()),
  gracePeriod: optional(integer()),
  queued: optional(integer()),
  starved: optional(record({ jiffies: integer(), state: optional(text()), cpu: optional(integer()) })),
});

const waitsForm = named(
  'waits',
  record({
    lockdep: optional(lockdepForm),
    held: list(record({ line, task, count: integer(0), locks: list(lockForm) })),
    hung: list(
      record({
        line,
        task,
        seconds: optional(integer()),
        how: optional(text()),
        lock: optional(text()),
        owner: optional(task),
        ownership: optional(oneOf(['likely owned', 'likely last held'])),
      }),
    ),
    lockups: list(
      record({
        line,
        hardness: oneOf(['soft', 'hard']),
        cpu: optional(integer()),
        seconds: optional(integer()),
        task: optional(task),
      }),
    ),
    cpus: list(
      record({
        line,
        cpu: integer(0),
        task: optional(task),
        at: optional(placeForm),
        idle: optional(flag),
      }),
    ),
    stall: optional(stallForm),
    tasks: list(
      record({
        line,
        comm: text(),
        pid: optional(integer()),
        ppid: optional(integer()),
        state: text(),
        flags: optional(integer()),
        running: optional(flag),
        trace: optional(says('index in the traces of waits', integer(0))),
      }),
    ),
    traces: says(
      'equal traces once, that of the most tasks first',
      list(
        record({
          entries: list(placeForm),
          tasks: list(integer(0)),
          waitsIn: optional(
            says('the first function that belongs neither to the scheduler nor to a lock', placeForm),
          ),
        }),
      ),
    ),
    dropped: integer(0),
  }),
);

export const waitsOrNull = orNull(waitsForm);
