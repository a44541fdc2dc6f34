// The form of what `diff --json` prints.

import { count, flag, integer, list, named, orNull, record, says, text, titled } from '../base/form.js';
import { address, hash, location } from '../base/value-forms.js';
import { outcomeForm } from './replay-form.js';

const pair = { a: orNull(text()), b: orNull(text()) };

export const namedPairForm = named('namedPair', record({ name: text(), ...pair }));

export const memoryDifferenceForm = named(
  'memoryDifference',
  record({
    address,
    size: says('bytes', integer(1)),
    place: says("segment.shm_nattch, cifs_build_path_to_root+0x80, or the region's name", text()),
    ...pair,
  }),
);

export const partingForm = named(
  'parting',
  record({
    step: text(),
    instruction: says('counts executed instructions over the whole recording, from 0', count),
    at: record({ a: orNull(location), b: orNull(location) }),
    registers: list(namedPairForm),
  }),
);

const run = record({ scenario: text(), hash, instructions: count });
const memory = { bytes: says('all that differ', count), memory: list(memoryDifferenceForm) };

export const diffForm = titled(
  'What oopslab diff --json prints',
  record({
    same: flag,
    a: run,
    b: run,
    parameters: list(namedPairForm),
    before: says('memory before the first step', record(memory)),
    firstDifference: says('the first instruction before which a register differs', orNull(partingForm)),
    fork: says('the first instruction that is another one', orNull(partingForm)),
    end: record({
      outcome: orNull(record({ a: orNull(outcomeForm), b: orNull(outcomeForm) })),
      registers: list(namedPairForm),
      ...memory,
    }),
  }),
);
