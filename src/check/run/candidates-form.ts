// The form of a file of candidates.

import {
  type TypeOf,
  constant,
  list,
  map,
  matching,
  named,
  oneOf,
  record,
  says,
  someText,
  titled,
} from '../../base/form.js';
import { PROPERTIES } from '../property/properties.js';

const symbol = named('symbol', matching(/^[A-Za-z_.][A-Za-z0-9_.]*$/u));
const name = named('name', matching(/^[a-z0-9][a-z0-9-]*$/u));

const candidate = record({
  name,
  variants: says(
    'which variant of each function it is; the plain version of every function that is not named',
    map(name, { propertyNames: symbol }),
  ),
  expected: says('what a check finds, given enough runs', oneOf(['holds', 'breaks'])),
  caughtBy: says(
    'the properties that its flaw breaks, the one that names the flaw first; empty where it holds',
    list(oneOf(PROPERTIES), { uniqueItems: true }),
  ),
  thought: says('what its author was thinking, one sentence', someText),
  why: says('why it is right or wrong', someText),
});

/** A version of a function, as the file has it. */
export type CandidateSpec = TypeOf<typeof candidate>;

/** A file of candidates. */
export const candidatesForm = titled(
  'Candidates: versions of one function, with what a check should find',
  record({
    format: constant('oopslab candidates 1'),
    function: says('the function that they are versions of', symbol),
    candidates: list(candidate, { minItems: 1 }),
  }),
);
