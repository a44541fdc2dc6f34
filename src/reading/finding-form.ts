// The form of a finding: what a run did to memory that no correct code does, as `replay --json` lists it.

import { count, integer, list, named, oneOf, orNull, record, says, text } from '../base/form.js';
import { address, location } from '../base/value-forms.js';

/** Kinds of findings; the words are those of the classes of kernel reports. */
const FINDING_KINDS = [
  'out-of-bounds',
  'use-after-free',
  'double-free',
  'invalid-free',
  'uninitialised',
  'memory-leak',
] as const;

const moment = named(
  'moment',
  record({
    instruction: says(
      'index of an instruction in the recording; for what the sandbox did, of the next one',
      count,
    ),
    at: says('the instruction that did it; null: the sandbox did, as the step says', orNull(location)),
    step: text(),
  }),
);

const object = named(
  'allocated object',
  record({
    name: says("the scenario's name", orNull(text())),
    address,
    requested: says('bytes', count),
    cache: text(),
    struct: orNull(text()),
    allocated: says('null: before the first step', orNull(moment)),
    freed: says('the first free; null while it is in use', orNull(moment)),
  }),
);

export const findingForm = named(
  'finding',
  record({
    kind: oneOf(FINDING_KINDS),
    instruction: says(
      'index in the recording of the instruction that did it first; for what the sandbox did, of the next one',
      count,
    ),
    at: says('that instruction; null: the sandbox did it', orNull(location)),
    step: text(),
    access: says(
      'of an access; null for a free, a leak, and a use of a value',
      orNull(oneOf(['read', 'write'])),
    ),
    address: says(
      'what was accessed, freed, leaked, or not initialised; null for a value without a place',
      orNull(address),
    ),
    size: says('bytes', count),
    object: says(
      'the allocation that the pointer was made for, or whose bytes were used; null when that is not known',
      orNull(object),
    ),
    offset: says('of the address in the object', orNull(integer())),
    now: says('who has the memory at that time, where that is another object', orNull(object)),
    times: says('how often the instruction did this to the object', integer(1)),
    says: text(),
  }),
);

export const findingsForm = list(findingForm);
