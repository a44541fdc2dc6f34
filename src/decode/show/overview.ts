// The first screen of a text with many reports: how many of which kind, when, which came first, what follows from what.

import { listOf, plural } from '../../base/words.js';
import type { Block } from './blocks.js';

/** What the overview needs of a report: little, since there may be thousands. */
export interface Seen {
  readonly number: number; // from 1
  readonly title: string;
  readonly signature: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly time?: string;
  /** Number of the report that it is a likely consequence of, and why. */
  readonly consequence?: { readonly of: number; readonly because: string };
}

const MOST_GROUPS = 20;
const MOST_NUMBERS = 6;

const stamp = ({ time, firstLine }: Seen): string => (time === undefined ? `line ${firstLine}` : `[${time}]`);

const numbers = (some: readonly Seen[]): string => {
  const shown = some.slice(0, MOST_NUMBERS).map(({ number }) => number);
  const more = some.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : listOf(shown);
};

/** The report to read first: the earliest that is not a consequence of another. */
export const firstToRead = (seen: readonly Seen[]): Seen | undefined =>
  seen.find(({ consequence }) => consequence === undefined) ?? seen[0];

const groupsOf = (seen: readonly Seen[]): (readonly [Seen, ...Seen[]])[] => {
  const groups = new Map<string, [Seen, ...Seen[]]>();
  for (const one of seen) {
    const group = groups.get(one.signature);
    if (group === undefined) groups.set(one.signature, [one]);
    else group.push(one);
  }
  return [...groups.values()];
};

/** @param seen in the order of the text, two or more */
export const overviewBlocks = (seen: readonly Seen[]): Block[] => {
  const groups = groupsOf(seen);
  const [first] = seen;
  const last = seen.at(-1);
  const head = firstToRead(seen);
  if (first === undefined || last === undefined || head === undefined) return [];
  const width = Math.max(...groups.map((group) => `${group.length}`.length));
  const rows = groups.slice(0, MOST_GROUPS).map((group) => {
    const [one] = group;
    const until = group.length === 1 ? '' : ` to ${stamp(group.at(-1)!)}`;
    return `${`${group.length}`.padStart(width)} x ${one.title}  ${stamp(one)}${until}, ${group.length === 1 ? 'report' : 'reports'} ${numbers(group)}`;
  });
  const follow = new Map<string, Seen[]>();
  for (const one of seen) {
    if (one.consequence === undefined) continue;
    const key = `${one.consequence.of}\n${one.consequence.because}`;
    follow.set(key, [...(follow.get(key) ?? []), one]);
  }
  const consequences = [...follow.values()].map((some) => {
    const { of, because } = some[0]!.consequence!;
    const word = some.length === 1 ? 'Report' : 'Reports';
    return {
      text: `${word} ${numbers(some)}: likely ${some.length === 1 ? 'a consequence' : 'consequences'} of report ${of} (${because})`,
    };
  });
  return [
    {
      kind: 'heading',
      text: `${plural(seen.length, 'report')}, ${plural(groups.length, 'signature')}, lines ${first.firstLine} to ${Math.max(...seen.map(({ lastLine }) => lastLine))}`,
    },
    {
      kind: 'fixed',
      title: 'By signature, in the order of their first reports',
      lines: [...rows, ...(groups.length > MOST_GROUPS ? [`… ${groups.length - MOST_GROUPS} more`] : [])],
    },
    ...(consequences.length === 0
      ? []
      : [{ kind: 'sentences', title: 'Which follows from which', items: consequences, most: 12 } as const]),
    { kind: 'note', text: `Read report ${head.number} first.` },
  ];
};
