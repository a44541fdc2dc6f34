// The map of path length against previous contents as a picture.

import { byteText } from '../base/words.js';
import type { Outcome } from '../recording/recording.js';
import { describeLastNul, nameContents } from './contents.js';
import {
  BAND,
  HARM,
  INK,
  MARGIN,
  MONO,
  MUTED,
  type Paint,
  RULE,
  SAFE,
  WIDTH,
  fit,
  harmPaint,
  label,
  picture,
} from './look.js';
import { type Svg, svg } from './svg.js';
import type { Sweep, SweepCell } from './sweep.js';

const LABELS = 268; //     width of the names of the rows
const NOTES = 196; //      width of the notes after a row
const TOP = 196; //        of the first row
const FOOT = 164; //       height below the last row
const HIGHEST_ROW = 84;
const LOWEST_ROW = 44;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** `8 to 31`, `2, 5 to 9`, `none` */
export const formatLengths = (lengths: readonly number[]): string => {
  const runs: [number, number][] = [];
  for (const length of lengths) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === length) last[1] = length;
    else runs.push([length, length]);
  }
  if (runs.length === 0) return 'none';
  return runs.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ');
};

/** What a cell damaged first, in words; cells of the same kind share a letter. Nothing where nothing outside changed. */
export const harmOf = ({ damage, call }: SweepCell): string | undefined => {
  const [first] = damage;
  if (first === undefined) return call.kind === 'returned' ? undefined : `${call.kind} in the call`;
  const where = first.field ?? first.object ?? 'an object without a name';
  return `${where}: ${byteText(first.from)} becomes ${byteText(first.to)}`;
};

/** How the run of a cell ended, in a few words. */
export const formatEnd = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'returned':
      return 'ends well';
    case 'bug':
      return `BUG at ${outcome.at}`;
    case 'fault':
      return `fault at ${outcome.at}`;
    case 'budget':
      return `no end in ${outcome.at}`;
  }
};

/** Kinds of harm in the order in which they are met, with their looks. */
const kindsOf = (sweep: Sweep): ReadonlyMap<string, { readonly letter: string; readonly paint: Paint }> => {
  const found = new Set(sweep.rows.flatMap(({ cells }) => cells.flatMap((cell) => harmOf(cell) ?? [])));
  return new Map(
    [...found].map((kind, index) => [kind, { letter: LETTERS[index] ?? '*', paint: harmPaint(index) }]),
  );
};

interface Grid {
  readonly left: number;
  readonly column: number; // width
  readonly row: number; //    height
}

// Which cache each stretch of lengths is served from.
const caches = (sweep: Sweep, { left, column, row }: Grid): Svg[] => {
  const cells = sweep.rows[0]?.cells ?? [];
  const bottom = TOP + sweep.rows.length * row;
  const starts = cells.flatMap(({ cache }, index) => (cells[index - 1]?.cache === cache ? [] : [index]));
  return starts.flatMap((start, number) => {
    const end = starts[number + 1] ?? cells.length;
    const [x, width] = [left + start * column, (end - start) * column];
    return [
      svg('rect', { x: x + 1, y: TOP - 78, width: width - 2, height: 26, fill: BAND }),
      label(x + width / 2, TOP - 59, fit(`in ${cells[start]!.cache}`, width - 8, 16, false), {
        size: 16,
        'text-anchor': 'middle',
        fill: MUTED,
      }),
      ...(start === 0
        ? []
        : [svg('path', { d: `M${x},${TOP - 78} V${bottom}`, stroke: INK, 'stroke-width': 2, fill: 'none' })]),
    ];
  });
};

const drawCell = (
  cell: SweepCell,
  kind: { readonly letter: string; readonly paint: Paint } | undefined,
  x: number,
  y: number,
  { column, row }: Grid,
): Svg => {
  const paint = kind?.paint ?? { ...SAFE, paint: SAFE.fill };
  const size = Math.min(17, column * 0.56);
  const middle = x + column / 2;
  const byte = cell.stale[cell.length];
  const says = `${cell.length} bytes: ${harmOf(cell) ?? 'nothing outside changes'}; ${formatEnd(cell.outcome)}`;
  return svg(
    'g',
    {},
    svg('title', {}, says),
    svg('rect', {
      x,
      y,
      width: column,
      height: row - 8,
      fill: paint.paint,
      stroke: '#ffffff',
      'stroke-width': 2,
    }),
    kind === undefined
      ? []
      : [
          svg('rect', { x: x + 3, y: y + 4, width: column - 6, height: row - 16, rx: 3, fill: paint.fill }),
          label(middle, y + row - 8 - (row - 8) * 0.2, kind.letter, {
            size,
            'font-weight': 'bold',
            'text-anchor': 'middle',
            fill: paint.ink,
          }),
        ],
    label(middle, y + (row - 8) * 0.42, byte === undefined ? '' : byteText(byte), {
      size,
      'font-family': MONO,
      'text-anchor': 'middle',
      fill: paint.ink,
      ...(byte === 0 ? { 'font-weight': 'bold' } : {}),
    }),
  );
};

const drawRow = (
  { previous, cells }: Sweep['rows'][number],
  index: number,
  grid: Grid,
  kinds: ReturnType<typeof kindsOf>,
): Svg[] => {
  const y = TOP + index * grid.row;
  // The scenario's own contents differ from cache to cache.
  const told = cells.find(({ stale }) => stale.some((byte) => byte !== 0)) ?? cells[0]!;
  const harmed = cells.filter((cell) => harmOf(cell) !== undefined).map(({ length }) => length);
  const right = grid.left + cells.length * grid.column + 14;
  const isHarmed = harmed.length > 0;
  return [
    label(MARGIN, y + (grid.row - 8) * 0.45, fit(nameContents(previous), LABELS - 10, 18, false), {
      size: 18,
      'font-weight': 'bold',
    }),
    label(MARGIN, y + (grid.row - 8) * 0.45 + 20, describeLastNul(told.stale), { size: 14, fill: MUTED }),
    ...cells.map((cell, column) =>
      drawCell(cell, kinds.get(harmOf(cell) ?? ''), grid.left + column * grid.column, y, grid),
    ),
    label(right, y + (grid.row - 8) * 0.45, isHarmed ? 'corrupt' : 'safe', {
      size: 16,
      'font-weight': 'bold',
      fill: isHarmed ? HARM.ink : SAFE.ink,
    }),
    label(
      right,
      y + (grid.row - 8) * 0.45 + 20,
      fit(isHarmed ? formatLengths(harmed) : 'at every length', NOTES - 18, 14, false),
      { size: 14, fill: MUTED },
    ),
  ];
};

const legend = (sweep: Sweep, y: number, kinds: ReturnType<typeof kindsOf>): Svg[] => {
  const cells = sweep.rows.flatMap(({ cells: row }) => row);
  const ends = (kind: string | undefined): string =>
    [...new Set(cells.filter((cell) => harmOf(cell) === kind).map(({ outcome }) => formatEnd(outcome)))].join(
      ' or ',
    );
  const entries = [
    {
      letter: '',
      fill: SAFE.fill,
      paint: SAFE.fill,
      ink: SAFE.ink,
      text: `safe: no byte outside the slot changes; ${ends(undefined)}`,
    },
    ...[...kinds].map(([kind, { letter, paint }]) => ({
      letter,
      fill: paint.fill,
      paint: paint.paint,
      ink: paint.ink,
      text: `${kind}; ${ends(kind)}`,
    })),
  ];
  return entries.flatMap(({ letter, fill, paint, ink, text }, index) => {
    const top = y + index * 30;
    return [
      svg('rect', { x: MARGIN, y: top, width: 40, height: 22, fill: paint, stroke: ink }),
      ...(letter === ''
        ? []
        : [
            svg('rect', { x: MARGIN + 12, y: top + 2, width: 16, height: 18, fill }),
            label(MARGIN + 20, top + 17, letter, {
              'font-weight': 'bold',
              'text-anchor': 'middle',
              fill: ink,
            }),
          ]),
      label(MARGIN + 54, top + 17, fit(text, WIDTH - 2 * MARGIN - 54, 17, false), { size: 17 }),
    ];
  });
};

export const sweepPicture = (sweep: Sweep): Svg => {
  const columns = sweep.lengths.length;
  const left = MARGIN + LABELS;
  const column = Math.min(64, (WIDTH - MARGIN - NOTES - left) / columns);
  const kinds = kindsOf(sweep);
  const foot = Math.max(FOOT, 90 + kinds.size * 30);
  const row = Math.max(LOWEST_ROW, Math.min(HIGHEST_ROW, (900 - TOP - foot) / sweep.rows.length));
  const grid: Grid = { left, column, row };
  const bottom = TOP + sweep.rows.length * row;
  const every = column < 20 ? 5 : 1;
  const summary = sweep.rows.map(({ previous, cells }) => {
    const harmed = cells.filter((cell) => harmOf(cell) !== undefined).map(({ length }) => length);
    return `${nameContents(previous)}: ${harmed.length === 0 ? 'safe at every length' : `corrupt at ${formatLengths(harmed)}`}.`;
  });
  const [first, last] = [sweep.lengths[0] ?? 0, sweep.lengths.at(-1) ?? 0];
  return picture(
    {
      title: 'Which calls corrupt their neighbour',
      subtitle: `${sweep.scenario}: paths of ${first} to ${last} bytes, over what lay in their slot before. Every cell was run.`,
      description: `Each row is what lay in the slot before, each column a length of the path. ${summary.join(' ')}`,
      height: Math.max(900, bottom + foot),
      paints: [...kinds.values()].map(({ paint }) => paint),
    },
    label(MARGIN, TOP - 59, 'what lay in the slot', { size: 16, fill: MUTED }),
    label(MARGIN, TOP - 24, 'bytes of path', { size: 16, fill: MUTED }),
    sweep.lengths.flatMap((length, index) =>
      length % every === 0 || every === 1
        ? [
            label(left + (index + 0.5) * column, TOP - 24, String(length), {
              size: Math.min(17, column * 0.56),
              'text-anchor': 'middle',
            }),
          ]
        : [],
    ),
    svg('path', { d: `M${left},${TOP - 10} H${left + columns * column}`, stroke: RULE, fill: 'none' }),
    sweep.rows.flatMap((one, index) => drawRow(one, index, grid, kinds)),
    caches(sweep, grid),
    label(
      MARGIN,
      bottom + 22,
      'In each cell: the byte right after the path, before the call. Where no 00 follows up to the end of the slot, a walk to the next 00 leaves it.',
      { size: 17, fill: INK },
    ),
    legend(sweep, bottom + 44, kinds),
  );
};
