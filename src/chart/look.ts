// How the pictures look: sizes, colours, patterns, letters.
// Text has a contrast of at least 4.5 on what it stands on, lines that matter one of 3 (WCAG 2.1, AA); no colour is
// the only sign of anything.

import { type Attributes, type Svg, svg } from './svg.js';

/** A slide of 16:9. Pictures with much in them get higher, never wider. */
export const WIDTH = 1600;
export const HEIGHT = 900;
export const MARGIN = 40;

export const INK = '#1b1f24';
export const MUTED = '#57606a';
export const RULE = '#d0d7de';
export const BAND = '#f3f5f7';
/** Good and bad: blue and orange, which most colour-blind people can distinguish. */
export const SAFE = { fill: '#dbe9f6', ink: '#174a7c' } as const;
export const HARM = { fill: '#ffdcc4', ink: '#9a3400' } as const;
export const OWN = { fill: '#e6e0f5', ink: '#4a2f91' } as const;

export const MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace";
const SANS = "Helvetica, Arial, 'DejaVu Sans', sans-serif";

// Widths of a letter as parts of the font's size; a little more than the widest of the fonts needs.
const MONO_ADVANCE = 0.61;
const SANS_ADVANCE = 0.58;

/** How wide a text gets at most, about. */
export const widthOf = (text: string, size: number, mono = true): number =>
  text.length * size * (mono ? MONO_ADVANCE : SANS_ADVANCE);

/** As much of a text as fits; empty where not even two letters do. */
export const fit = (text: string, width: number, size: number, mono = true): string => {
  if (widthOf(text, size, mono) <= width) return text;
  const room = Math.floor(width / widthOf('m', size, mono)) - 1;
  return room < 2 ? '' : `${text.slice(0, room)}…`;
};

/** A line of text; `y` is its base line. */
export const label = (
  x: number,
  y: number,
  text: string,
  { size = 15, ...more }: Attributes & { readonly size?: number } = {},
): Svg => svg('text', { x, y, 'font-size': size, fill: INK, ...more }, text);

const STRIPES: readonly (readonly string[])[] = [
  [],
  ['M-2,10 L10,-2 M-2,2 L2,-2 M6,10 L10,6'],
  ['M0,4 L8,4'],
  ['M-2,-2 L10,10 M-2,6 L2,10 M6,-2 L10,2'],
  ['M4,0 L4,8'],
  ['M3,3 h2 v2 h-2 z'],
  ['M-2,10 L10,-2 M-2,-2 L10,10'],
];

const TINTS: readonly { readonly fill: string; readonly ink: string }[] = [
  { fill: '#d3e5f8', ink: '#0b4a82' },
  { fill: '#fde2c8', ink: '#85400a' },
  { fill: '#d6efd8', ink: '#1a5c26' },
  { fill: '#f8d7e6', ink: '#861b53' },
  { fill: '#e5def6', ink: '#4b2f93' },
  { fill: '#faf0bd', ink: '#645000' },
  { fill: '#d2efef', ink: '#0a5658' },
  { fill: '#eae1d9', ink: '#573b22' },
];

export interface Paint {
  readonly fill: string; //  what letters stand on
  readonly ink: string; //   of letters and outlines
  readonly paint: string; // for an attribute `fill`: the colour with its pattern
  readonly pattern: Svg; //  for the picture's defs
}

const paintOf = (
  id: string,
  { fill, ink }: { readonly fill: string; readonly ink: string },
  stripes: readonly string[],
): Paint => ({
  fill,
  ink,
  paint: stripes.length === 0 ? fill : `url(#${id})`,
  pattern: svg(
    'pattern',
    { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
    svg('rect', { width: 8, height: 8, fill }),
    stripes.map((d) => svg('path', { d, stroke: ink, 'stroke-opacity': 0.45, fill: 'none' })),
  ),
});

/** The paint of value number `index`: the first 56 differ from each other. */
export const valuePaint = (index: number): Paint =>
  paintOf(`value-${index}`, TINTS[index % TINTS.length]!, STRIPES[index % STRIPES.length]!);

/** Hatching of corrupted parts; `index` distinguishes kinds of corruption. */
export const harmPaint = (index: number): Paint =>
  paintOf(
    `harm-${index}`,
    index === 0 ? HARM : TINTS[(index * 3) % TINTS.length]!,
    STRIPES[1 + (index % (STRIPES.length - 1))]!,
  );

interface PictureSpec {
  readonly title: string;
  /** A line below the title. */
  readonly subtitle: string;
  /** The picture in sentences, for readers who cannot see it. */
  readonly description: string;
  readonly height?: number;
  readonly paints?: readonly Paint[];
}

/** A whole picture on white, with its title. */
export const picture = (
  { title, subtitle, description, height = HEIGHT, paints = [] }: PictureSpec,
  ...content: readonly (Svg | readonly Svg[])[]
): Svg =>
  svg(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: WIDTH,
      height,
      viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
      role: 'img',
      'aria-labelledby': 'title description',
      'font-family': SANS,
    },
    svg('title', { id: 'title' }, title),
    svg('desc', { id: 'description' }, description),
    svg(
      'defs',
      {},
      paints.map(({ pattern }) => pattern),
    ),
    svg('rect', { width: WIDTH, height, fill: '#ffffff' }),
    label(MARGIN, 52, fit(title, WIDTH - 2 * MARGIN, 28, false), { size: 28, 'font-weight': 'bold' }),
    label(MARGIN, 82, fit(subtitle, WIDTH - 2 * MARGIN, 17, false), { size: 17, fill: MUTED }),
    content.flat(),
  );
