// The first screen of a text with many reports: how many of which kind, when, which came first, what follows from what.

import { listOf, plural } from '../../base/words.js';
import { greatest } from '../../base/long-lists.js';
import { type Consequence, consequencesOf } from '../judge/consequences.js';
import type { Filed } from '../judge/filed.js';
import { type Group, groupsOf } from '../judge/groups.js';
import type { Block } from './blocks.js';

const MOST_GROUPS = 20;
const MOST_NUMBERS = 6;
const MOST_CONSEQUENCES = 12; // printed lines

const stamp = ({ time, firstLine }: Filed): string =>
  time === undefined ? `line ${firstLine}` : `[${time}]`;

/** Numbers of reports, from 1: `reports 1, 3 and 7`. */
const numbers = (indexes: readonly number[]): string => {
  const shown = indexes.slice(0, MOST_NUMBERS).map((index) => index + 1);
  const more = indexes.length - shown.length;
  const word = indexes.length === 1 ? 'report' : 'reports';
  return `${word} ${more > 0 ? `${shown.join(', ')} and ${more} more` : listOf(shown)}`;
};

const groupLine = ({ title, reports }: Group, filed: readonly Filed[], width: number): string => {
  const [first = 0] = reports;
  const until = reports.length === 1 ? '' : ` to ${stamp(filed[reports.at(-1)!]!)}`;
  return `${`${reports.length}`.padStart(width)} x ${title}  ${stamp(filed[first]!)}${until}, ${numbers(reports)}`;
};

// Consequences of one report for the same reasons are one sentence.
const consequenceSentences = (
  found: readonly (Consequence | undefined)[],
): { sure: Consequence['sure']; text: string }[] => {
  const together = new Map<string, { indexes: number[]; one: Consequence }>();
  for (const [index, one] of found.entries()) {
    if (one === undefined) continue;
    const key = `${one.of} ${one.sure} ${one.because[0] ?? ''}`;
    const group = together.get(key);
    if (group === undefined) together.set(key, { indexes: [index], one });
    else group.indexes.push(index);
  }
  return [...together.values()].map(({ indexes, one }) => {
    const name = numbers(indexes);
    const word = indexes.length === 1 ? 'a consequence' : 'consequences';
    const because = indexes.length === 1 ? one.because.join('; ') : (one.because[0] ?? '');
    return {
      sure: one.sure,
      text: `${name[0]!.toUpperCase()}${name.slice(1)}: ${word} of report ${one.of + 1}, because ${because}`,
    };
  });
};

/**
 * Index of the report to read first: the earliest in which the kernel died, unless that came of an earlier one; without
 * such a report the first.
 */
export const firstToRead = (filed: readonly Filed[]): number => {
  const died = filed.findIndex((one) => one.died);
  if (died < 0) return 0;
  return consequencesOf(filed)[died]?.of ?? died;
};

/** @param filed the reports of a text, two or more */
export const overviewBlocks = (filed: readonly Filed[]): Block[] => {
  const groups = groupsOf(filed);
  const consequences = consequencesOf(filed);
  const width = greatest(groups.map(({ reports }) => `${reports.length}`.length));
  const lines = groups.slice(0, MOST_GROUPS).map((group) => groupLine(group, filed, width));
  const more = groups.length - lines.length;
  const firstLine = filed.reduce((least, one) => Math.min(least, one.firstLine), Number.POSITIVE_INFINITY);
  const lastLine = filed.reduce((most, one) => Math.max(most, one.lastLine), 0);
  const sentences = consequenceSentences(consequences);
  return [
    {
      kind: 'heading',
      text: `${plural(filed.length, 'report')}, ${plural(groups.length, 'signature')}, lines ${firstLine} to ${lastLine}`,
    },
    {
      kind: 'fixed',
      title: 'By signature, in the order of their first reports',
      lines: [...lines, ...(more > 0 ? [`… ${more} more`] : [])],
    },
    ...(sentences.length === 0
      ? []
      : [
          {
            kind: 'sentences',
            title: 'Which follows from which',
            items: sentences,
            most: MOST_CONSEQUENCES,
          } as const,
        ]),
    { kind: 'note', text: `Read report ${firstToRead(filed) + 1} first.` },
  ];
};
