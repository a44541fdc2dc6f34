// Forensics as a JSON document: everything that the text shows, with 64-bit numbers as strings.

import { hex } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import type { commonForm, compareForm, findingForm, sampleForm } from './form.js';
import { byteText } from '../base/words.js';
import { characterOf } from './words.js';
import type { CommonForensics, Finding, Forensics, PairForensics } from './compare.js';
import type { GivenPair, GivenValue } from './input.js';
import { type Change, bytesOf, signedOf } from './pair.js';

/** A finding; `details` has the numbers of its kind: bits, offsets, `"0x…"` values, decimal differences. */
type FindingDocument = TypeOf<typeof findingForm>;

/** What `compare --json` prints. */
type ForensicsDocument = TypeOf<typeof compareForm>;

type Sample = TypeOf<typeof sampleForm>;

const findingDocument = ({ explanation, sure, text, source }: Finding): FindingDocument => {
  const { kind, ...details } = explanation;
  const plain = Object.entries(details).map(
    ([name, value]: [string, string | number | bigint | readonly number[]]) => [
      name,
      typeof value !== 'bigint' ? value : name === 'delta' || name === 'beyond' ? String(value) : hex(value),
    ],
  );
  return { kind, sure, text, source, details: Object.fromEntries(plain) as FindingDocument['details'] };
};

const valueDocument = (
  value: bigint,
  size: number,
  { text, reading, note }: GivenValue,
): Sample['expected'] => ({
  given: text,
  reading,
  note,
  hex: hex(value),
  unsigned: String(value),
  signed: String(signedOf(value, size)),
  bytes: bytesOf(value, size).map(byteText).join(''),
});

const changes = (parts: readonly Change[]): Sample['nibbles'] =>
  parts.map(({ at, old, new: now }) => ({ at, old: hex(old), new: hex(now) }));

const sampleDocument = (found: PairForensics, given: GivenPair): Sample => ({
  size: found.pair.size,
  expected: valueDocument(found.pair.expected, found.pair.size, given.expected),
  found: valueDocument(found.pair.found, found.pair.size, given.found),
  xor: hex(found.xor),
  difference: String(found.difference),
  bits: found.bits.map(({ at, old, new: now }) => ({ at, old, new: now })),
  nibbles: changes(found.nibbles),
  bytes: found.bytes.map(({ at, old, new: now }) => ({
    at,
    old: hex(old),
    new: hex(now),
    oldCharacter: characterOf(old),
    newCharacter: characterOf(now),
  })),
  findings: found.findings.map(findingDocument),
});

const commonDocument = ({
  pairs,
  explanation,
  also,
  closest,
}: CommonForensics): TypeOf<typeof commonForm> => ({
  samples: pairs.map((index) => index + 1),
  explanation: explanation === null ? null : findingDocument(explanation),
  also: also.map(findingDocument),
  closest:
    closest === null
      ? null
      : { finding: findingDocument(closest.finding), samples: closest.pairs.map((index) => index + 1) },
});

/**
 * @param given the texts of the pairs, in the same order
 * @param onlyCommon leave the samples out
 */
export const forensicsDocument = (
  found: Forensics,
  given: readonly GivenPair[],
  onlyCommon = false,
): ForensicsDocument => ({
  samples: (onlyCommon ? [] : found.pairs).map((pair, index) => sampleDocument(pair, given[index]!)),
  common: found.common === null ? null : commonDocument(found.common),
});
