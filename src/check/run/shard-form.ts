// The form of a shard's result: a file that one `check --shard` writes and another reads.

import { whereForm } from '../../base/value-forms.js';
import {
  type TypeOf,
  constant,
  count,
  either,
  flag,
  inLines,
  integer,
  list,
  map,
  matching,
  number,
  oneOf,
  ofAny,
  orNull,
  record,
  says,
  sentence,
  someText,
  text,
  titled,
} from '../../base/form.js';
import { MAX_DATA } from '../../scenario/file.js';
import { PROPERTIES } from '../property/properties.js';

/** What a shard file starts with. */
export const SHARD_FORMAT = 'oopslab check shard 2';

/** Most shards of one search. */
export const MAX_SHARDS = 1_000_000;

/** Most characters of a candidate's name. */
export const MAX_CANDIDATE = 200;

const snippetFiles = says(
  'snippets that a file became: their paths in a library, and their texts',
  map(inLines(text({ maxLength: MAX_DATA })), {
    propertyNames: matching(/^snippets\/[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_][\w.-]*\.(?:json|hex)$/u),
  }),
);

/** Offsets in a function, in bytes. */
const offsets = list(count);

const coverageForm = record({
  functions: list(
    record({
      symbol: someText,
      instructions: says('offsets of those that control can reach', offsets),
      ran: says('offsets of those that ran', offsets),
      outcomes: says(
        'offset of a conditional instruction, and which outcomes were seen: 1 not taken, 2 taken, 3 both',
        list(record({ offset: count, seen: integer(1, 3) })),
      ),
    }),
  ),
  allocations: list(record({ at: someText, failed: flag })),
});

const candidate = record({
  name: text({ minLength: 1, maxLength: MAX_CANDIDATE }),
  expected: orNull(oneOf(['holds', 'breaks'])),
  own: says('whether some of its code is not shipped', flag),
  variants: map(text()),
  files: snippetFiles,
  error: says(
    'why it could not be run',
    orNull(record({ code: text(), message: ofAny(text({ maxLength: MAX_DATA })), where: whereForm })),
  ),
  blocks: says("how many of the shard's blocks have been tried without finding anything", count),
  tried: says('worlds in them', count),
  first: says(
    'the first block that broke something, was flaky, or ended the emulator; -1 for a kept world that did',
    orNull(record({ block: integer(-1), runs: integer(0, 1000) })),
  ),
  found: says(
    'the world that breaks a property',
    orNull(
      record({
        property: oneOf(PROPERTIES),
        world: says('parameters as --set takes them', map(either(sentence, number))),
        path: says(
          'BLOCK:PATH, or kept:N for the N-th of the kept ones, from 0',
          matching(/^(?:kept|\d+)(?::\d+)+$/u),
        ),
      }),
    ),
  ),
  ended: says("how the emulator's process ended, where it did", orNull(sentence)),
  flaky: says('why equal runs of a world in the first block differ, where they do', orNull(sentence)),
  slow: says(
    'how many worlds used up their budget, and the first of them: its block, -1 for kept ones, and its number in it',
    orNull(record({ worlds: integer(1), block: integer(-1), index: count })),
  ),
  coverage: says(
    'what of the code ran; null where nothing was tried, or something was found',
    orNull(coverageForm),
  ),
  worlds: says(
    'what values the worlds had, by parameter: what, and how often; null where something was found',
    orNull(record({ worlds: count, parameters: map(map(count)) })),
  ),
  cut: says(
    'why not all blocks were tried, where nothing was found',
    orNull(oneOf(['interrupted', 'time limit'])),
  ),
  nowHold: says('files of kept counterexamples that break nothing any more', list(ofAny(someText))),
});

/** What a shard found about one candidate. */
export type ShardCandidate = TypeOf<typeof candidate>;

/** What a shard found. */
export const shardForm = titled(
  'What oopslab check --shard found, for --merge',
  record({
    format: constant(SHARD_FORMAT),
    shard: says(
      'its number, from 1, and how many there are',
      record({ number: integer(1, MAX_SHARDS), of: integer(1, MAX_SHARDS) }),
    ),
    scenario: says('as the user named it', ofAny(someText)),
    seed: integer(0, 2 ** 32 - 1),
    runs: integer(1, 1_000_000_000),
    options: says(
      'how candidates are run',
      record({
        budget: says("instructions for a world that uses up the scenario's budget", integer(1)),
        thorough: flag,
        exhaustive: says('texts of up to so many bytes, all of them', orNull(count)),
        like: says(
          'a trusted version: its variants, and its snippets',
          orNull(record({ variants: map(text()), files: snippetFiles })),
        ),
      }),
    ),
    candidates: list(candidate, { minItems: 1 }),
  }),
);

/** What a shard found. */
export type ShardResult = TypeOf<typeof shardForm>;
