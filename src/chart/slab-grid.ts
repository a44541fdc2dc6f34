// A slab page as a grid: a box for each object with its owner and state. Draws what a scene says.

import { BAND, INK, MARGIN, MONO, MUTED, OWN, RULE, SAFE, WIDTH, fit, harmPaint, label } from './look.js';
import type { SlabMoment, SlabObject } from './slab-scene.js';
import { type Svg, svg } from './svg.js';

const GUTTER = 46; // width of the addresses left of a grid
const HALF = (WIDTH - 2 * MARGIN - 48) / 2;
const COLUMNS = 8;

interface GridMarks {
  readonly slot: bigint;
  /** Objects whose bytes were changed from outside. */
  readonly harmed: ReadonlySet<bigint>;
}

const STATES = { allocated: 'in use', free: 'free', cached: 'free, next' } as const;

export const formatState = ({ state }: SlabObject): string => STATES[state];

const HARMED = harmPaint(0);

const drawObject = (
  object: SlabObject,
  { slot, harmed }: GridMarks,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): Svg => {
  const { address, owner, state } = object;
  const isSlot = address === slot;
  const isHarmed = harmed.has(address);
  const paint = isHarmed
    ? HARMED
    : isSlot
      ? { ...OWN, paint: OWN.fill }
      : state === 'allocated'
        ? { ...SAFE, paint: SAFE.fill }
        : { fill: '#ffffff', ink: MUTED, paint: '#ffffff' };
  const text = state === 'allocated' ? (owner ?? 'in use') : formatState(object);
  const size = Math.min(14, height * 0.58);
  const shown = fit(text, width - 12, size, false);
  const isStrong = isSlot || isHarmed;
  return svg(
    'g',
    {},
    svg('title', {}, `0x${address.toString(16)}: ${owner ?? 'no owner known'}, ${formatState(object)}`),
    svg('rect', {
      x: x + 1.5,
      y: y + 1.5,
      width: width - 3,
      height: height - 3,
      rx: 2,
      fill: paint.paint,
      stroke: state === 'allocated' || isStrong ? paint.ink : RULE,
      'stroke-width': isStrong ? 3 : 1,
      'stroke-dasharray': state === 'allocated' ? undefined : '4 3',
    }),
    isHarmed
      ? [
          svg('rect', {
            x: x + 6,
            y: y + 4,
            width: width - 12,
            height: height - 8,
            fill: paint.fill,
          }),
        ]
      : [],
    label(x + width / 2, y + height / 2 + size * 0.35, shown, {
      size,
      'text-anchor': 'middle',
      fill: state === 'allocated' ? paint.ink : MUTED,
      ...(isStrong ? { 'font-weight': 'bold' } : {}),
    }),
  );
};

/** Draw a moment of a page; `side` is 0 for the left half of a picture, 1 for the right one. */
export const drawGrid = (
  moment: SlabMoment,
  marks: GridMarks,
  title: string,
  side: 0 | 1,
  { top, height }: { readonly top: number; readonly height: number },
): Svg[] => {
  const left = MARGIN + side * (HALF + 48);
  const columns = Math.min(COLUMNS, Math.ceil(Math.sqrt(moment.objects.length)));
  const rows = Math.ceil(moment.objects.length / columns);
  const [boxWidth, boxHeight] = [(HALF - GUTTER) / columns, Math.min(48, height / rows)];
  return [
    label(left, top - 14, fit(title, HALF, 18, false), { size: 18, 'font-weight': 'bold', fill: INK }),
    svg('rect', {
      x: left + GUTTER - 3,
      y: top - 3,
      width: HALF - GUTTER + 6,
      height: rows * boxHeight + 6,
      fill: BAND,
      stroke: RULE,
    }),
    ...Array.from({ length: rows }, (_, row) =>
      label(
        left + GUTTER - 10,
        top + (row + 0.5) * boxHeight + 4.5,
        `…${moment.objects[row * columns]!.address.toString(16).slice(-3)}`,
        { size: 13, 'font-family': MONO, 'text-anchor': 'end', fill: MUTED },
      ),
    ),
    ...moment.objects.map((object) =>
      drawObject(object, marks, {
        x: left + GUTTER + (object.index % columns) * boxWidth,
        y: top + Math.floor(object.index / columns) * boxHeight,
        width: boxWidth,
        height: boxHeight,
      }),
    ),
  ];
};
