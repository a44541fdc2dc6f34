// What the detectors made of a run, as a picture: a line of time for each, from the first fault to the report, and to the
// end of the run.

import { greatest } from '../base/long-lists.js';
import type { DetectorRow, DetectorsDocument } from '../detectors/form.js';
import { plural, wrap } from '../base/words.js';
import { shortName } from '../detectors/text.js';
import { formatOutcome } from '../recording/outcome.js';
import { HARM, INK, MARGIN, MONO, MUTED, RULE, SAFE, WIDTH, fit, label, picture, widthOf } from './look.js';
import { type Svg, svg } from './svg.js';

const TOP = 150; //   of the first row
const ROW = 124; //   height of a row
const LEFT = 510; //  of the lines of time
const RIGHT = WIDTH - MARGIN - 30;
const LINE = 13; //   size of small text
const LETTERS = 200; // of a line of it

// Instructions on a scale that shows 1 and 25,000: by their logarithm.
const scaleOf = (rows: readonly DetectorRow[]): ((after: number) => number) => {
  const most = greatest(
    rows.map(({ outcomeAfter, caught }) => Math.max(outcomeAfter ?? 0, caught?.after ?? 0, 1)),
  );
  return (after) => LEFT + ((RIGHT - LEFT) * Math.log1p(Math.max(0, after))) / Math.log1p(most);
};

const verdictText = ({ id, verdict, caught, reason }: DetectorRow): string => {
  if (id === 'none') return 'no detector';
  if (verdict === 'caught') return `caught: ${caught?.lines[0] ?? ''}`;
  return verdict === 'shown' ? 'no report, but a fault on its poison' : `missed: ${reason ?? ''}`;
};

const mark = (x: number, y: number, text: string, ink: string, isCross: boolean): Svg[] => {
  const width = widthOf(text, LINE);
  const left = Math.max(LEFT, Math.min(x - width / 2, RIGHT - width));
  const shape = isCross
    ? svg('path', {
        d: `M${x - 6},${y - 6} L${x + 6},${y + 6} M${x - 6},${y + 6} L${x + 6},${y - 6}`,
        stroke: ink,
        'stroke-width': 3,
      })
    : svg('circle', { cx: x, cy: y, r: 7, fill: ink });
  return [shape, label(left, y - 14, text, { size: LINE, fill: ink, 'font-family': MONO })];
};

const drawRow = (row: DetectorRow, index: number, xOf: (after: number) => number): Svg[] => {
  const y = TOP + index * ROW;
  const { caught, cause, outcomeAfter, outcome, memory, title } = row;
  const end = xOf(outcomeAfter ?? 0);
  const stop = caught?.after ?? null;
  return [
    svg('path', { d: `M${MARGIN},${y - 42} H${WIDTH - MARGIN}`, stroke: RULE }),
    label(MARGIN, y, fit(title, LEFT - MARGIN - 12, 15, false), { size: 15, 'font-weight': 'bold' }),
    label(MARGIN, y + 22, `memory of the objects: ${memory.plain} → ${memory.total} bytes`, {
      size: LINE,
      fill: MUTED,
    }),
    ...wrap(verdictText(row), LETTERS)
      .slice(0, 2)
      .map((line, number) =>
        label(MARGIN, y + 42 + number * 18, line, {
          size: LINE,
          fill: row.verdict === 'caught' ? SAFE.ink : row.id === 'none' ? MUTED : HARM.ink,
        }),
      ),
    ...(cause === null
      ? [label(LEFT, y, 'no fault of memory in this run', { size: LINE, fill: MUTED })]
      : [
          svg('path', { d: `M${LEFT},${y} H${end}`, stroke: INK, 'stroke-width': 2 }),
          svg('circle', { cx: LEFT, cy: y, r: 5, fill: INK }),
          ...(stop === null
            ? mark(
                end,
                y,
                `${outcomeAfter}: ${formatOutcome(outcome).replace(/ \(.*\)$/u, '')}`,
                HARM.ink,
                true,
              )
            : mark(xOf(stop), y, `${stop}: ${caught?.at ?? `step ${caught?.step}`}`, SAFE.ink, false)),
        ]),
  ];
};

/** The picture. */
export const detectorsPicture = (document: DetectorsDocument): Svg => {
  const { scenario, detectors, caught, of } = document;
  const xOf = scaleOf(detectors);
  const sentences = detectors.map((row) => `${shortName(row)}: ${verdictText(row)}.`);
  return picture(
    {
      title: `${scenario}: caught by ${caught} of ${plural(of, 'detector')}`,
      subtitle:
        'Instructions after the first fault, on a logarithmic scale. Disc: a report. Cross: the end of a run without one.',
      description: sentences.join(' '),
      height: TOP + detectors.length * ROW,
    },
    detectors.flatMap((row, index) => drawRow(row, index, xOf)),
  );
};
