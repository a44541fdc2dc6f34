// Forensics for a terminal: the values one above the other, their differences, and the explanations.

import { hex } from '../base/address.js';
import { bytesText, listOf, printable, wrap } from '../base/words.js';
import { formatByte } from './words.js';
import type { CommonForensics, Finding, Forensics, PairForensics } from './compare.js';
import type { GivenPair, GivenValue } from './input.js';
import { type Change, bytesOf, signedOf } from './pair.js';

const WIDTH = 100;
const LABEL = 12;

const line = (label: string, text: string): string[] => {
  const indent = ' '.repeat(2 + LABEL);
  return wrap(text, WIDTH, `  ${label.padEnd(LABEL)}`, indent);
};

const digits = (value: bigint, size: number): string => `0x${value.toString(16).padStart(2 * size, '0')}`;

const formatValue = (value: bigint, size: number): string => {
  const signed = signedOf(value, size);
  return `${digits(value, size)}  ${value}${signed < 0n ? ` (${signed})` : ''}`;
};

const formatBits = (bits: readonly Change[]): string => {
  const set = bits.filter((bit) => bit.new === 1).map(({ at }) => at);
  const cleared = bits.filter((bit) => bit.new === 0).map(({ at }) => at);
  const parts = [
    ...(set.length === 0 ? [] : [`0 to 1: ${set.join(' ')}`]),
    ...(cleared.length === 0 ? [] : [`1 to 0: ${cleared.join(' ')}`]),
  ];
  const count = bits.length === 1 ? '1 differs' : `${bits.length} differ, so no single bit flipped`;
  return `${count}; ${parts.join('; ')}`;
};

const formatNibbles = (nibbles: readonly Change[], size: number): string =>
  `${nibbles.length} of ${2 * size} differ${nibbles.length === 1 ? 's' : ''}: ${nibbles
    .map(({ at, old, new: now }) => `${at} (${old.toString(16)} to ${now.toString(16)})`)
    .join(', ')}`;

const formatBytes = (bytes: readonly Change[], size: number): string =>
  `${bytes.length} of ${size} differ${bytes.length === 1 ? 's' : ''}: ${bytes
    .map(({ at, old, new: now }) => `${at} from ${formatByte(old)} to ${formatByte(now)}`)
    .join(', ')}`;

// Both values as in memory, and a mark under each byte that differs.
const memory = (found: PairForensics): string[] => {
  const { expected, found: now, size } = found.pair;
  const row = (value: bigint): string => {
    const bytes = bytesOf(value, size);
    return `${bytesText(bytes)}  ${printable(bytes)}`;
  };
  const changed = new Set(found.bytes.map(({ at }) => at));
  const marks = Array.from({ length: size }, (_, at) => (changed.has(at) ? '^^' : '  ')).join(' ');
  const indent = ' '.repeat(2 + LABEL);
  return [
    `  ${'in memory'.padEnd(LABEL)}${row(expected)}`,
    `${indent}${row(now)}`,
    `${indent}${marks.trimEnd()}`,
  ];
};

const formatSigned = (value: bigint): string => {
  const [sign, magnitude] = value < 0n ? ['-', -value] : ['+', value];
  return `${sign}${magnitude} (${sign}${hex(magnitude)})`;
};

// Unsigned numbers that differ by more than half of their range are closer the other way, wrapped around.
const formatDifference = ({ pair, difference }: PairForensics): string => {
  const exact = pair.found - pair.expected;
  return exact === difference
    ? formatSigned(exact)
    : `${formatSigned(exact)} as unsigned numbers, which is ${formatSigned(difference)} modulo 2^${8 * pair.size}`;
};

const notes = (given: GivenPair): string[] =>
  ([given.expected, given.found] as readonly GivenValue[]).flatMap(({ text, note }) =>
    note === null ? [] : line('note', `${text} was ${note}.`),
  );

const formatFinding = ({ sure, text, source }: Finding): string[] =>
  line(sure, source === null ? text : `${text} [${source}]`);

// What merely fits stands apart where something certain says what the same bits did.
const formatFindings = (findings: readonly Finding[]): string[] => {
  const weak = findings.filter(({ sure }) => sure === 'possible');
  const strong = findings.filter(({ sure }) => sure !== 'possible');
  const apart = weak.length > 0 && strong.some(({ sure }) => sure === 'certain');
  return [
    ...strong.flatMap(formatFinding),
    ...(apart ? ['  The same bits would also fit, with less to show for it:'] : []),
    ...weak.flatMap(formatFinding),
  ];
};

const formatPair = (found: PairForensics, given: GivenPair): string[] => {
  const { expected, found: now, size } = found.pair;
  const values = [
    `  ${'expected'.padEnd(LABEL)}${formatValue(expected, size)}`,
    `  ${'found'.padEnd(LABEL)}${formatValue(now, size)}`,
    ...notes(given),
  ];
  if (found.bits.length === 0) return [...values, '', ...found.findings.flatMap(formatFinding)];
  return [
    ...values,
    ...line('xor', digits(found.xor, size)),
    ...line('difference', formatDifference(found)),
    ...line('bits', formatBits(found.bits)),
    ...line('nibbles', formatNibbles(found.nibbles, size)),
    ...line('bytes', formatBytes(found.bytes, size)),
    ...memory(found),
    '',
    ...(found.findings.length === 0
      ? line('', 'No known damage turns one into the other.')
      : formatFindings(found.findings)),
  ];
};

const LISTED = 12; // sample numbers in one line

const listSamples = (indices: readonly number[]): string => {
  const shown = indices.slice(0, LISTED).map((index) => String(index + 1));
  const rest = indices.length - shown.length;
  return listOf(rest === 0 ? shown : [...shown, `${rest} more`]);
};

const formatCommon = (common: CommonForensics, all: number): string[] => {
  const { pairs, explanation, also, closest } = common;
  const heading =
    pairs.length === all
      ? `${all === 2 ? 'Both' : `All ${all}`} samples`
      : `The ${pairs.length} samples that differ (${listSamples(pairs)} of ${all})`;
  const fitting =
    closest === null
      ? []
      : line(
          'closest',
          `${closest.finding.text} Fits ${closest.pairs.length} of ${pairs.length}: samples ${listSamples(closest.pairs)}.`,
        );
  return [
    heading,
    '',
    ...(explanation === null
      ? line('', 'No single explanation fits them all.').concat(fitting)
      : formatFinding(explanation)),
    ...(also.length === 0 ? [] : ['', '  Also in all of them:', ...also.flatMap(formatFinding)]),
  ];
};

/**
 * The lines to print.
 *
 * @param given the texts of the pairs, in the same order
 * @param onlyCommon leave the samples out
 */
export const formatForensics = (
  found: Forensics,
  given: readonly GivenPair[],
  onlyCommon = false,
): string[] => {
  const many = found.pairs.length > 1;
  const lines = (onlyCommon ? [] : found.pairs).flatMap((pair, index) => [
    `${many ? `Sample ${index + 1}: ` : ''}${given[index]!.expected.text} became ${given[index]!.found.text} (${8 * pair.pair.size} bits)`,
    '',
    ...formatPair(pair, given[index]!),
    '',
  ]);
  if (found.common !== null) return [...lines, ...formatCommon(found.common, found.pairs.length)];
  const differing = found.pairs.filter(({ bits }) => bits.length > 0).length;
  if (onlyCommon && !many) lines.push('One sample alone: there is nothing to compare it with.');
  else if (many && differing === 0) lines.push('Nothing differs in any sample.');
  else if (many) lines.push('One sample alone differs: there is nothing to compare it with.');
  return lines;
};
