// What the detectors made of a scenario, for people: the answer first, then a table, what the kernel prints, and why not.

import { greatest } from '../base/long-lists.js';
import { listOf, plural, wrap } from '../base/words.js';
import { formatOutcome } from '../recording/outcome.js';
import type { DetectorRow, DetectorsDocument } from './form.js';

const WIDTH = 110; // columns of prose

/** `KASAN` of `byte shadow (KASAN)`: the name that people know it by. */
export const shortName = ({ title }: DetectorRow): string => /\(([^)]+)\)$/u.exec(title)?.[1] ?? title;

// No fault of memory in any run, no report, and the run ends well.
const isClean = (detectors: readonly DetectorRow[]): boolean =>
  detectors[0]?.outcome.kind === 'returned' &&
  detectors.every(({ cause, verdict }) => cause === null && verdict === 'missed');

/** `caught by 3 of 5 detectors: …` */
const answerOf = ({ detectors, caught, of }: DetectorsDocument): string => {
  if (isClean(detectors)) return `nothing to catch, and none of ${plural(of, 'detector')} reports anything`;
  const names = (verdict: DetectorRow['verdict']): string =>
    listOf(
      detectors
        .slice(1)
        .filter((row) => row.verdict === verdict)
        .map(shortName),
    );
  const parts = [
    caught === 0
      ? `caught by none of ${plural(of, 'detector')}`
      : `caught by ${caught} of ${plural(of, 'detector')}: ${names('caught')}`,
    ...(names('shown') === '' ? [] : [`shown by the poison of ${names('shown')}`]),
    ...(names('missed') === '' ? [] : [`missed by ${names('missed')}`]),
  ];
  return parts.join('; ');
};

const after = (count: number | null): string =>
  count === null ? '' : count < 0 ? `${-count} before` : `${count} later`;

// The outcome in a few words: the file of a BUG has a long path.
const ending = (outcome: DetectorRow['outcome']): string =>
  outcome.kind === 'bug' ? `BUG at ${outcome.at}` : formatOutcome(outcome);

// Bytes of an object of the cache that the fault is about, without the detector and with it.
const objectBytes = ({ memory }: DetectorRow, cache: string | undefined): string => {
  const found = memory.objects.find((one) => one.cache === cache);
  if (found === undefined) return '-';
  return `${found.plain} → ${found.bytes}`;
};

const VERDICTS = { caught: 'yes', shown: 'shown', missed: 'no' } as const;

const cells = (row: DetectorRow, cache: string | undefined): string[] => {
  const { id, title, verdict, caught, outcome, outcomeAfter, memory } = row;
  const isNothing = id === 'none';
  const where = caught === null ? `(${ending(outcome)})` : (caught.at ?? `step "${caught.step}"`);
  return [
    title,
    isNothing ? '-' : VERDICTS[verdict],
    where,
    after(caught === null ? outcomeAfter : caught.after),
    objectBytes(row, cache),
    `${memory.plain} → ${memory.total}${memory.fixed === null ? '' : ' +'}`,
  ];
};

const HEAD = [
  'detector',
  'caught',
  'where (or how the run ends)',
  'instructions',
  'object, bytes',
  'all, bytes',
];

const table = (rows: readonly string[][]): string[] => {
  const widths = HEAD.map((_, column) => greatest(rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
};

const block = ({ title, caught, verdict, outcome }: DetectorRow): string[] => {
  if (caught !== null)
    return [`${title} prints:`, ...caught.lines.map((line) => (line === '' ? '' : `    ${line}`)), ''];
  if (verdict !== 'shown') return [];
  return [
    ...wrap(`${title} has no report, but ${ending(outcome)}: an address made of its poison.`, WIDTH),
    '',
  ];
};

// Those that miss it, together where the reason is the same.
const misses = (rows: readonly DetectorRow[]): string[] => {
  const byReason = new Map<string, DetectorRow[]>();
  for (const row of rows)
    if (row.reason !== null) byReason.set(row.reason, [...(byReason.get(row.reason) ?? []), row]);
  const full = rows.flatMap((row) =>
    row.unguarded === 0
      ? []
      : wrap(
          `The pool of ${shortName(row)} was full: ${plural(row.unguarded, 'allocation')} got no guard.`,
          WIDTH,
        ),
  );
  const found = [...byReason].flatMap(([reason, alike]) => [
    ...wrap(`${listOf(alike.map(shortName))} ${alike.length === 1 ? 'misses' : 'miss'} it:`, WIDTH),
    ...wrap(`${reason}.`, WIDTH, '    '),
    '',
  ]);
  return full.length === 0 ? found : [...found, ...full, ''];
};

/** The whole answer. */
export const detectorsText = (document: DetectorsDocument): string => {
  const { scenario, detectors } = document;
  const [none] = detectors;
  const cause = none?.cause;
  const fixed = detectors.filter(({ memory }) => memory.fixed !== null);
  return [
    `${scenario}: ${answerOf(document)}.`,
    ...wrap(
      cause == null
        ? `Without a detector nothing in the run is a fault of memory. It ends so: ${none === undefined ? '' : ending(none.outcome)}.`
        : `The first fault, without a detector, in instruction ${cause.instruction} (step "${cause.step}"): ${cause.says}`,
      WIDTH,
    ),
    '',
    ...table([HEAD, ...detectors.map((row) => cells(row, cause?.object?.cache))]),
    ...fixed.map((row) => `  + ${shortName(row)}: ${row.memory.fixed}`),
    '',
    ...(isClean(detectors) ? [] : [...misses(detectors), ...detectors.flatMap(block)]),
  ]
    .join('\n')
    .trimEnd();
};
