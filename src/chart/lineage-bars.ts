// Rows of a lineage chart: names, bars, and the marks of what ended them.

import type { Place, Value } from '../lineage/value.js';
import { type LineageRow, letterOf } from '../lineage/rows.js';
import { HARM, MARGIN, MONO, MUTED, type Paint, RULE, WIDTH, fit, label, widthOf } from './look.js';
import { type Svg, svg } from './svg.js';

/** Radius of the mark of a death. */
export const MARK = 9;

/** One instruction that ended places. */
export interface Death {
  readonly number: number;
  readonly step: number;
  readonly at: string;
  readonly by: string;
}

/** The key of a death: one instruction can end places in two ways, a trap and what the sandbox does at it. */
export const deathKey = ({ step, by }: { readonly step: number; readonly by: string }): string =>
  `${step} ${by}`;

/** What all rows share. */
export interface Frame {
  /** First and last state. */
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly column: number; // width of a state
  readonly row: number; //    height
  readonly size: number; //   of letters
  readonly paints: readonly Paint[];
  readonly values: readonly Value[];
  readonly deaths: ReadonlyMap<string, Death>; // by deathKey
}

/** Where the states of a chart lie. */
export const xOf = ({ left, column, from }: Frame, state: number): number => left + (state - from) * column;

/** `vma.vm_file` and `…a78`; a register as it is. */
export const rowName = (text: string): { readonly name: string; readonly address: string } => {
  const [, address, name] = /^([0-9a-f]{4,}) \((.*)\)$/u.exec(text) ?? [];
  return address === undefined || name === undefined
    ? { name: text, address: '' }
    : { name, address: `…${address.slice(-3)}` };
};

const drawLabel = ({ label: text }: LineageRow, y: number, { left, size, row }: Frame): Svg[] => {
  const { name, address } = rowName(text);
  const base = y + row / 2 + size * 0.28;
  const room = left - MARGIN - 14 - (address === '' ? 0 : widthOf(address, size - 2) + 8);
  return [
    svg('title', {}, text),
    label(MARGIN, base, fit(name, room, size), { size, 'font-family': MONO }),
    ...(address === ''
      ? []
      : [
          label(left - 12, base, address, {
            size: size - 2,
            'font-family': MONO,
            'text-anchor': 'end',
            fill: MUTED,
          }),
        ]),
  ];
};

/**
 * Where a bar lies, and what can be written in it: the value's letter and name, the letter, or nothing. A mark at its
 * start or end takes room.
 */
export const barOf = (
  { from: begin, until }: Place,
  value: { readonly letter: string; readonly name: string },
  frame: Pick<Frame, 'from' | 'to' | 'left' | 'column' | 'size' | 'deaths'>,
  isAfterMark: boolean,
): { readonly x: number; readonly width: number; readonly indent: number; readonly text: string } => {
  const { from, to, column, size, deaths } = frame;
  const first = Math.max(from, begin.step);
  const end = Math.min(to, until?.step ?? to);
  const width = (end - first + 1) * column;
  const indent = isAfterMark ? MARK + 2 : 3;
  const room = width - indent - 4 - (until !== null && deaths.has(deathKey(until)) ? MARK : 0);
  const whole = `${value.letter} ${value.name}`;
  const fitted = fit(whole, room, size);
  const shown =
    fitted === whole || fitted.length > 6 ? fitted : room >= widthOf('m', size) ? value.letter : '';
  return { x: frame.left + (first - from) * column, width, indent, text: shown };
};

const drawBar = (place: Place, index: number, y: number, frame: Frame, isAfterMark: boolean): Svg[] => {
  const { row, size, values } = frame;
  const value = values[index]!;
  const paint = frame.paints[index]!;
  const { x, width, indent, text } = barOf(
    place,
    { letter: letterOf(index), name: value.name },
    frame,
    isAfterMark,
  );
  const [top, height] = [y + 1.5, row - 3];
  const story = `${value.name} in ${place.place}, from ${place.from.at}${
    place.until === null ? '' : `, ${place.until.how} by ${place.until.at} ${place.until.by}`
  }`;
  return [
    svg('title', {}, story),
    svg('rect', { x, y: top, width, height, rx: 2, fill: paint.paint, stroke: paint.ink, 'stroke-width': 1 }),
    ...(text === ''
      ? []
      : [
          svg('rect', {
            x: x + indent - 1.5,
            y: top + 1,
            width: widthOf(text, size) + 4,
            height: height - 2,
            fill: paint.fill,
          }),
          label(x + indent + 1, y + row / 2 + size * 0.28, text, {
            size,
            'font-family': MONO,
            fill: paint.ink,
          }),
        ]),
  ];
};

// Where a value may have been lost, and is not yet known to be: an outline without a filling.
const drawDoubt = (place: Place, index: number, y: number, frame: Frame): Svg[] => {
  const { until, certain } = place;
  if (until?.how !== 'may be lost') return [];
  const first = Math.max(frame.from, until.step + 1);
  const end = Math.min(frame.to, certain?.step ?? frame.to);
  if (end < first) return [];
  const { ink } = frame.paints[index]!;
  const [x, width] = [xOf(frame, first), (end - first + 1) * frame.column];
  return [
    svg('rect', {
      x,
      y: y + 2.5,
      width,
      height: frame.row - 5,
      fill: '#ffffff',
      stroke: ink,
      'stroke-dasharray': '4 3',
    }),
    label(x + 14, y + frame.row / 2 + frame.size * 0.28, fit(`${letterOf(index)}?`, width - 14, frame.size), {
      size: frame.size,
      'font-family': MONO,
      fill: ink,
    }),
  ];
};

const drawDeath = ({ until }: Place, y: number, frame: Frame): Svg[] => {
  const death = until === null ? undefined : frame.deaths.get(deathKey(until));
  if (death === undefined || death.step < frame.from) return [];
  const [x, middle] = [xOf(frame, death.step + 1), y + frame.row / 2];
  const radius = Math.min(MARK, frame.row / 2);
  return [
    svg('circle', { cx: x, cy: middle, r: radius, fill: HARM.ink, stroke: '#ffffff', 'stroke-width': 1.5 }),
    label(x, middle + radius * 0.42, String(death.number), {
      size: radius * 1.2,
      'font-weight': 'bold',
      'text-anchor': 'middle',
      fill: '#ffffff',
    }),
  ];
};

/** Draw a row: its name, what may still live there, what lives there, and what ended it. */
export const drawRow = (row: LineageRow, y: number, frame: Frame): Svg => {
  const lane = (draw: (place: Place, index: number) => Svg[]): Svg[] =>
    row.places.flatMap(({ place, index }) => {
      const drawn = draw(place, index);
      return drawn.length === 0 ? [] : [svg('g', {}, drawn)];
    });
  const ends = new Set(row.places.map(({ place }) => place.until?.step));
  return svg(
    'g',
    {},
    svg('g', {}, drawLabel(row, y, frame)),
    svg('path', {
      d: `M${frame.left},${y + frame.row / 2} H${WIDTH - MARGIN}`,
      stroke: RULE,
      'stroke-dasharray': '2 5',
    }),
    lane((place, index) => drawDoubt(place, index, y, frame)),
    lane((place, index) =>
      place.from.step > frame.to || (place.until !== null && place.until.step < frame.from)
        ? []
        : drawBar(place, index, y, frame, ends.has(place.from.step - 1)),
    ),
    lane((place) => drawDeath(place, y, frame)),
  );
};
