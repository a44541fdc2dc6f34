// The form of what `compare --json` prints. Samples are counted from 1.

import {
  either,
  integer,
  list,
  matching,
  named,
  oneOf,
  optional,
  orNull,
  record,
  says,
  text,
  titled,
} from '../base/form.js';
import { EXPLANATION_KINDS } from './kinds.js';

const hex = named('number', says('lower case, not padded', matching(/^0x(0|[1-9a-f][0-9a-f]{0,15})$/u)));

const character = named(
  'character',
  says('the byte as ASCII, in backquotes, or its name; null when it has none', orNull(text())),
);

// A value as it was given.
const valueForm = named(
  'value',
  record({
    given: says('as it was typed', text()),
    reading: oneOf(['decimal', 'hexadecimal', 'bytes', 'errno']),
    note: says('how it was read, where it could be read otherwise', orNull(text())),
    hex,
    unsigned: matching(/^[0-9]+$/u),
    signed: matching(/^-?[0-9]+$/u),
    bytes: says('in memory order', matching(/^([0-9a-f]{2})+$/u)),
  }),
);

export const findingForm = named(
  'finding',
  record({
    kind: oneOf(EXPLANATION_KINDS),
    sure: says(
      'certain: says only what the bits show; likely: fewer than one in a hundred random changes of the same bytes would fit; possible: so would much else',
      oneOf(['certain', 'likely', 'possible']),
    ),
    text: matching(/^[A-Z0-9].*\.$/u),
    source: orNull(text()),
    details: says(
      'the numbers of its kind',
      record({
        name: optional(text()),
        beyond: optional(matching(/^-?[0-9]+$/u)),
        errno: optional(integer(1)),
        value: optional(hex),
        bit: optional(integer(0, 63)),
        to: optional(either(oneOf([0, 1]), text())),
        mask: optional(says('0x… over the value; a number over one byte', either(hex, integer(0, 255)))),
        offset: optional(integer(0, 7)),
        byte: optional(integer(0, 255)),
        old: optional(integer(0, 255)),
        new: optional(integer(0, 255)),
        length: optional(integer(1, 8)),
        bytes: optional(
          says(
            'what was written; for misaligned: how many bytes further on',
            either(list(integer(0, 255)), integer(-4, 4)),
          ),
        ),
        delta: optional(matching(/^-?[0-9]+$/u)),
        bits: optional(oneOf([8, 16, 32])),
        left: optional(integer(-63, 63)),
        right: optional(integer(1, 63)),
        unit: optional(oneOf([2, 4, 8])),
        from: optional(text()),
      }),
    ),
  }),
);

export const sampleForm = named(
  'sample',
  record({
    size: says('bytes', oneOf([1, 2, 4, 8])),
    expected: valueForm,
    found: valueForm,
    xor: hex,
    difference: says(
      'found - expected: of the two numbers that it can be modulo the size, the smaller',
      matching(/^-?[0-9]+$/u),
    ),
    bits: says(
      'bits that differ; 0 is the least significant',
      list(record({ at: integer(0, 63), old: integer(0, 1), new: integer(0, 1) })),
    ),
    nibbles: list(
      record({ at: integer(0, 15), old: matching(/^0x[0-9a-f]$/u), new: matching(/^0x[0-9a-f]$/u) }),
    ),
    bytes: list(
      record({
        at: says('offset in memory, little-endian', integer(0, 7)),
        old: matching(/^0x[0-9a-f]{1,2}$/u),
        new: matching(/^0x[0-9a-f]{1,2}$/u),
        oldCharacter: character,
        newCharacter: character,
      }),
    ),
    findings: says('most telling first, what is merely possible last', list(findingForm)),
  }),
);

export const commonForm = named(
  'common',
  record({
    samples: says('those that differ, from 1', list(integer(1), { minItems: 2 })),
    explanation: says('the most specific one that fits all of them', orNull(findingForm)),
    also: says('what else fits all of them', list(findingForm)),
    closest: says(
      'without one for all: that which fits most',
      orNull(record({ finding: findingForm, samples: list(integer(1)) })),
    ),
  }),
);

export const compareForm = titled(
  'What oopslab compare --json prints',
  record({
    samples: says('one for each pair, in the order given; none with --common', list(sampleForm)),
    common: says('null when fewer than two samples differ', orNull(commonForm)),
  }),
);
