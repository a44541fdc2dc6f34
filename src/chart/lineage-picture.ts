// The lineage of some values as a picture: rows are places, time runs right, a bar is a value in its place, and a
// numbered mark the instruction that ended it.

import type { Lineage } from '../lineage/lineage.js';
import { greatest } from '../base/long-lists.js';
import type { Value } from '../lineage/value.js';
import { type LineageRow, functionsBetween, letterOf, lineageRows } from '../lineage/rows.js';
import { type LegendEntry, legendColumns } from './legend.js';
import { type Death, type Frame, MARK, barOf, deathKey, drawRow, rowName, xOf } from './lineage-bars.js';
import {
  BAND,
  HARM,
  HEIGHT,
  INK,
  MARGIN,
  MONO,
  MUTED,
  type Paint,
  WIDTH,
  fit,
  label,
  picture,
  valuePaint,
  widthOf,
} from './look.js';
import { type Svg, svg } from './svg.js';

interface LineagePictureSpec {
  /** First and last state. */
  readonly from: number;
  readonly to: number;
  /** `exit: remove_vma` */
  readonly range: string;
  /** `as it ran` */
  readonly view: string;
}

const TOP = 132; //    of the first row
const FOOT = 62; //    height below the rows, without the legend
const LABELS = 300; // at most, of the names of the rows
const LOWEST_ROW = 17;
const HIGHEST_ROW = 48;
const ENTRY = 20; //   height of a line of the legend

const deathsOf = (values: readonly Value[], { from, to }: LineagePictureSpec): Map<string, Death> => {
  const ends = values
    .flatMap(({ places }) => places.flatMap(({ until }) => until ?? []))
    .filter(({ step }) => step >= from && step < to)
    .toSorted((a, b) => a.step - b.step);
  const deaths = new Map<string, Death>();
  for (const { step, at, by } of ends)
    if (!deaths.has(deathKey({ step, by })))
      deaths.set(deathKey({ step, by }), { number: deaths.size + 1, step, at, by });
  return deaths;
};

// Which function runs: bands over the whole height, names above.
const drawFunctions = (lineage: Lineage, frame: Frame, bottom: number): Svg[] =>
  functionsBetween((step) => lineage.moment(step), frame.from, frame.to).flatMap(
    ({ name, from, to }, index) => {
      const [x, width] = [xOf(frame, from), (to - from + 1) * frame.column];
      const shown = fit(name, width - 6, 15);
      return [
        ...(index % 2 === 0
          ? [svg('rect', { x, y: TOP - 30, width, height: bottom - TOP + 30, fill: BAND })]
          : []),
        svg('path', { d: `M${x},${TOP - 30} V${bottom}`, stroke: MUTED, 'stroke-width': 1 }),
        svg(
          'g',
          {},
          svg('title', {}, name),
          shown === '' ? [] : label(x + 4, TOP - 11, shown, { 'font-family': MONO }),
        ),
      ];
    },
  );

/** What each value is called where it is called by its whole name. */
const isNamed = (value: Value, index: number, frame: Parameters<typeof barOf>[2]): boolean =>
  value.places.some((place) => {
    const letter = letterOf(index);
    return barOf(place, { letter, name: value.name }, frame, true).text === `${letter} ${value.name}`;
  });

const valueEntry = (paint: Paint, text: string): LegendEntry => ({
  text,
  mark: (x, y) => [
    svg('rect', { x, y: y - 13, width: 22, height: 16, fill: paint.paint, stroke: paint.ink }),
  ],
});

const deathEntry = ({ number, at, by }: Death): LegendEntry => ({
  text: `${at}  ${by}`,
  mark: (x, y) => [
    svg('circle', { cx: x + 11, cy: y - 5, r: MARK, fill: HARM.ink }),
    label(x + 11, y - 1, String(number), {
      size: 11,
      'font-weight': 'bold',
      'text-anchor': 'middle',
      fill: '#ffffff',
    }),
  ],
});

/** How high rows are when the legend takes so much, and what follows from that. */
const layOut = (rows: readonly LineageRow[], legendHeight: number, spec: LineagePictureSpec) => {
  const foot = legendHeight + FOOT;
  const room = (HEIGHT - TOP - foot) / Math.max(1, rows.length);
  const row = Math.max(LOWEST_ROW, Math.min(HIGHEST_ROW, room));
  const size = Math.max(12, Math.min(19, row * 0.64));
  const labels = rows.map(({ label: text }) => {
    const { name, address } = rowName(text);
    return widthOf(name, size) + (address === '' ? 0 : widthOf(address, size) + 8);
  });
  const left = MARGIN + Math.min(LABELS, greatest(labels, 60)) + 16;
  const column = (WIDTH - MARGIN - left) / (spec.to - spec.from + 1);
  return { foot, row, size, left, column };
};

const describe = (values: readonly Value[], { to }: LineagePictureSpec): string =>
  values
    .map(({ name, places }) => {
      const ends = places.flatMap(({ place, until }) =>
        until === null || until.step >= to ? [] : [`${place} by ${until.at} ${until.by}`],
      );
      const told = ends.length === 0 ? '' : ` (${ends.join('; ')})`;
      return `${name}: ${places.length} places, ${ends.length} of them ended${told}.`;
    })
    .join(' ');

export const lineagePicture = (lineage: Lineage, values: readonly Value[], spec: LineagePictureSpec): Svg => {
  const rows = lineageRows(values);
  const deaths = deathsOf(values, spec);
  const paints = values.map((_, index) => valuePaint(index));
  const ends = [...deaths.values()].map(deathEntry);
  const legendFor = (isShown: (value: Value, index: number) => boolean) =>
    legendColumns(
      [
        ...values.flatMap((value, index) =>
          isShown(value, index) ? [] : [valueEntry(paints[index]!, `${letterOf(index)} ${value.name}`)],
        ),
        ...ends,
      ],
      { x: MARGIN, width: WIDTH - 2 * MARGIN, line: ENTRY, size: 12.5 },
    );
  // The rows get what the legend leaves; the legend has the values whose names the rows have no room for.
  const sizes = { ...layOut(rows, legendFor(() => true).height, spec), ...spec, deaths };
  const legend = legendFor((value, index) => isNamed(value, index, sizes));
  const { row, foot } = layOut(rows, legend.height, spec);
  const frame: Frame = { ...sizes, row, paints, values };
  const bottom = TOP + rows.length * row;
  const registers = rows.filter(({ places }) => places[0]?.place.register !== undefined).length;
  const divide = TOP + registers * row;
  const { scenario } = lineage.recording.header;
  const last = Math.max(spec.from, spec.to - 1);
  return picture(
    {
      title: 'Where each value lived, and what ended it',
      subtitle: `${scenario}, ${spec.range}, instructions ${spec.from} to ${last}, ${spec.view}`,
      description: `Each row is a register or a place in memory; time runs to the right. ${describe(values, spec)}`,
      height: Math.max(HEIGHT, bottom + foot),
      paints,
    },
    drawFunctions(lineage, frame, bottom),
    rows.map((one, index) => drawRow(one, TOP + index * row, frame)),
    registers > 0 && registers < rows.length
      ? [svg('path', { d: `M${MARGIN},${divide} H${WIDTH - MARGIN}`, stroke: INK, 'stroke-width': 1.5 })]
      : [],
    label(
      MARGIN,
      bottom + 28,
      'A bar is a value in its place. A numbered mark is where it ended, by this instruction:',
      { size: 15, fill: MUTED },
    ),
    legend.draw(bottom + 54),
  );
};
