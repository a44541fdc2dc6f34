// The bytes around the end of a slot, before a call and after it, with what was written past its end.

import { byteText } from '../base/words.js';
import { BAND, HARM, INK, MARGIN, MONO, MUTED, OWN, RULE, SAFE, WIDTH, fit, label } from './look.js';
import type { SlabScene, StripByte } from './slab-scene.js';
import { type Svg, svg } from './svg.js';

const LABELS = 78; // width of `before` and `after`
const BOX = 32; //    height of a byte
const GAP = 64; //    between the two lines of bytes

const letter = (byte: number): string => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '');

interface Place {
  readonly x: number;
  readonly width: number; // of a byte
  readonly top: number;
}

// Stretches of bytes that have the same key, with the places of their first and last one.
const stretches = <Key>(
  strip: readonly StripByte[],
  keyOf: (byte: StripByte) => Key,
): { readonly key: Key; readonly from: number; readonly to: number }[] => {
  const found: { key: Key; from: number; to: number }[] = [];
  strip.forEach((byte, index) => {
    const last = found.at(-1);
    const key = keyOf(byte);
    if (last?.key === key) last.to = index;
    else found.push({ key, from: index, to: index });
  });
  return found;
};

const drawByte = (
  byte: StripByte,
  value: number,
  isAfter: boolean,
  x: number,
  y: number,
  width: number,
): Svg[] => {
  const isChanged = byte.before !== byte.after;
  const isHarm = isChanged && byte.part === 'other';
  const { fill, ink } = isHarm
    ? HARM
    : byte.part === 'other'
      ? SAFE
      : isAfter && isChanged
        ? OWN
        : { fill: BAND, ink: INK };
  const size = Math.min(15, width * 0.62);
  return [
    svg('rect', {
      x: x + 0.75,
      y: y + (isHarm ? -3 : 0),
      width: width - 1.5,
      height: BOX + (isHarm ? 6 : 0),
      fill,
      ...(isHarm ? { stroke: ink, 'stroke-width': 3 } : {}),
    }),
    label(x + width / 2, y + BOX / 2 + size * 0.35, byteText(value), {
      size,
      'font-family': MONO,
      'text-anchor': 'middle',
      fill: ink,
      ...(isHarm || value === 0 ? { 'font-weight': 'bold' } : {}),
    }),
  ];
};

const bracket = (x: number, width: number, y: number, text: string, ink: string): Svg[] => [
  svg('path', {
    d: `M${x + 2},${y - 5} v5 h${width - 4} v-5`,
    fill: 'none',
    stroke: ink,
    'stroke-width': 1.25,
  }),
  label(x + width / 2, y + 17, fit(text, width, 14), {
    size: 14,
    'font-family': MONO,
    'text-anchor': 'middle',
    fill: ink,
  }),
];

/** Whose bytes lie at an address of the strip. */
export const nameOfObject = (scene: SlabScene, address: bigint): string => {
  const object = scene.after.objects.find(
    ({ address: start }) => address >= start && address < start + BigInt(scene.objectSize),
  );
  if (object === undefined) return 'the end of the page';
  if (object.address !== scene.slot)
    return object.owner ?? (object.state === 'allocated' ? 'in use, no name known' : 'free');
  return scene.formerOwner === null || scene.formerOwner === scene.slotName
    ? scene.slotName
    : `${scene.slotName} (before: ${scene.formerOwner})`;
};

export const drawStrip = (scene: SlabScene, top: number): Svg[] => {
  const { strip, objectSize, slot } = scene;
  const width = Math.min(48, (WIDTH - 2 * MARGIN - LABELS) / Math.max(1, strip.length));
  const place: Place = { x: MARGIN + LABELS, width, top };
  const [before, after] = [top + 34, top + 34 + BOX + GAP];
  const xOf = (index: number): number => place.x + index * width;
  const objectOf = ({ address }: StripByte): bigint => (address - slot) / BigInt(objectSize);
  const objects = stretches(strip, objectOf);
  const fields = stretches(strip, (byte) => `${objectOf(byte)} ${byte.field ?? ''}`);
  const harmed = strip.flatMap(({ part, before: was, after: is }, index) =>
    part === 'other' && was !== is ? [index] : [],
  );
  const writer = scene.writes[0]?.by;
  const end = strip.findLastIndex(({ part }) => part === 'own') + 1;
  const lastHarm = harmed.at(-1);
  return [
    ...objects.flatMap(({ from, to }, index) => [
      label(
        xOf(from) + 2,
        top + 18,
        fit(nameOfObject(scene, strip[from]!.address), (to - from + 1) * width - 8, 17, false),
        {
          size: 17,
          'font-weight': 'bold',
          fill: strip[from]!.part === 'other' ? SAFE.ink : OWN.ink,
        },
      ),
      ...(index === 0
        ? []
        : [
            svg('path', {
              d: `M${xOf(from)},${top} V${after + BOX + 44}`,
              stroke: INK,
              'stroke-width': 2.5,
              fill: 'none',
            }),
          ]),
    ]),
    label(MARGIN, before + BOX / 2 + 6, 'before', { size: 17 }),
    label(MARGIN, after + BOX / 2 + 6, 'after', { size: 17 }),
    ...strip.flatMap((byte, index) => drawByte(byte, byte.before, false, xOf(index), before, width)),
    ...fields
      .filter(({ key }) => !key.endsWith(' '))
      .flatMap(({ from, to }) =>
        bracket(
          xOf(from),
          (to - from + 1) * width,
          before + BOX + 10,
          strip[from]!.field!,
          strip[from]!.part === 'other' ? SAFE.ink : MUTED,
        ),
      ),
    ...strip.flatMap((byte, index) => drawByte(byte, byte.after, true, xOf(index), after, width)),
    ...strip.flatMap(({ part, after: byte }, index) =>
      part !== 'own' || letter(byte) === ''
        ? []
        : [
            label(xOf(index) + width / 2, after + BOX + 20, letter(byte), {
              size: 14,
              'font-family': MONO,
              'text-anchor': 'middle',
              fill: OWN.ink,
            }),
          ],
    ),
    // What was changed outside, and by whom.
    ...harmed.map((index) =>
      svg('path', {
        d: `M${xOf(index) + width / 2},${before + BOX + 36} V${after - 12} m-5,-8 l5,8 l5,-8`,
        stroke: HARM.ink,
        'stroke-width': 2.5,
        fill: 'none',
      }),
    ),
    ...(lastHarm === undefined || writer === undefined
      ? []
      : [
          svg('path', {
            d: `M${xOf(Math.max(0, end - 1)) + width / 2},${after + BOX + 34} H${xOf(lastHarm) + width / 2} V${after + BOX + 8} m-5,8 l5,-8 l5,8`,
            stroke: HARM.ink,
            'stroke-width': 2.5,
            fill: 'none',
          }),
          label(xOf(lastHarm) + width / 2 + 12, after + BOX + 40, `${writer} continues past the end`, {
            size: 16,
            fill: HARM.ink,
            'font-weight': 'bold',
          }),
        ]),
    svg('path', { d: `M${place.x},${top + 26} H${xOf(strip.length)}`, stroke: RULE, fill: 'none' }),
  ];
};
