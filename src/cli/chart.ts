// `oopslab chart`: pictures for slides.

import { defaultContents } from '../chart/contents.js';
import { lineagePicture } from '../chart/lineage-picture.js';
import { findSwept, longestPath } from '../chart/sweep-paths.js';
import { slabPicture } from '../chart/slab-picture.js';
import { Case } from '../reading/case.js';
import { slabScene } from '../chart/slab-scene.js';
import { type Svg, formatSvg } from '../chart/svg.js';
import { sweepPicture } from '../chart/sweep-picture.js';
import { sweep } from '../chart/sweep.js';
import { InputError } from '../base/errors.js';
import { lineageOf } from '../lineage/lineage.js';
import { lineageRows } from '../lineage/rows.js';
import { splitOverrides } from '../scenario/parameters.js';
import { loadScenario } from '../scenario/scenario.js';
import { VIEWS, rangeOf, valuesOf } from './lineage-selection.js';
import { librariesOf, DEFAULT_SCENARIO, type ScenarioOptions } from './options.js';
import type { Io } from './output.js';
import { recordingOf } from './reference.js';

const PICTURES = ['lineage', 'slab', 'sweep'] as const;
type PictureName = (typeof PICTURES)[number];

interface Options extends ScenarioOptions {
  readonly output?: string;
  readonly analyst?: true;
  readonly step?: string;
  readonly value: readonly string[];
  readonly lengths?: string;
  readonly previous: readonly string[];
}

/** Which options mean something for which picture only. */
const OWN: Readonly<Partial<Record<keyof Options, PictureName>>> = {
  analyst: 'lineage',
  step: 'lineage',
  value: 'lineage',
  lengths: 'sweep',
  previous: 'sweep',
};

export const MOST_ROWS = 120; // of places or contents
export const MOST_COLUMNS = 64; // of lengths

const isPicture = (name: string): name is PictureName => PICTURES.some((known) => known === name);

const checkOptions = (name: PictureName, options: Options): void => {
  for (const [option, owner] of Object.entries(OWN) as [keyof Options, PictureName][]) {
    const given = options[option];
    const isGiven = Array.isArray(given) ? given.length > 0 : given !== undefined;
    if (isGiven && owner !== name)
      throw new InputError(`is for chart ${owner}, not for chart ${name}`, { field: `--${option}` });
  }
  if (name === 'sweep' && options.recording !== undefined)
    throw new InputError('chart sweep runs the scenario; a recording is one run', { field: '--recording' });
  if (options.output === '')
    throw new InputError('needs the name of a file, found ""', { field: '--output' });
};

const lineageChart = (scenario: string | undefined, options: Options): Svg => {
  const recording = recordingOf(scenario, options);
  const view = options.analyst === true ? 'analyst' : 'run';
  const lineage = lineageOf(recording, { view, libraries: librariesOf(options) });
  const range = rangeOf(recording, options);
  const chosen = options.value.length === 0 ? {} : { value: options.value };
  const values = valuesOf(lineage, range, chosen);
  const rows = lineageRows(values).length;
  if (rows > MOST_ROWS)
    throw new InputError(`${rows} places are too many for a picture, at most ${MOST_ROWS}; choose values`, {
      field: '--value',
    });
  return lineagePicture(lineage, values, { ...range, range: range.title, view: VIEWS[view] });
};

// `1-40`, `8`
const readLengths = (text: string, longest: number): number[] => {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last ?? first)];
  if (first === undefined || from < 1 || to < from || to > longest || to - from >= MOST_COLUMNS)
    throw new InputError(
      `should be a range of at most ${MOST_COLUMNS} lengths from 1 to ${longest} bytes, such as 1-40; found ${JSON.stringify(text)}`,
      { field: '--lengths' },
    );
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
};

const sweepChart = (reference: string, options: Options): Svg => {
  const libraries = librariesOf(options);
  const scenario = loadScenario(reference, libraries);
  const swept = findSwept(scenario);
  const own = scenario.spec.parameters?.[swept.previous]?.default;
  const previous = options.previous.length > 0 ? options.previous : defaultContents(String(own));
  if (previous.length > MOST_ROWS)
    throw new InputError(`at most ${MOST_ROWS} rows fit, found ${previous.length}`, { field: '--previous' });
  return sweepPicture(
    sweep(scenario, {
      lengths: readLengths(options.lengths ?? '1-40', longestPath(swept)),
      previous,
      set: splitOverrides(options.set),
      libraries,
    }),
  );
};

const draw = (name: PictureName, scenario: string | undefined, options: Options): Svg => {
  switch (name) {
    case 'lineage':
      return lineageChart(scenario, options);
    case 'slab':
      return slabPicture(slabScene(new Case(recordingOf(scenario, options))));
    case 'sweep':
      return sweepChart(scenario ?? DEFAULT_SCENARIO, options);
  }
};

export const run = (io: Io, name: string, scenario: string | undefined, options: Options) => {
  if (!isPicture(name))
    throw new InputError(`should be one of ${PICTURES.join(', ')}, found ${JSON.stringify(name)}`, {
      field: 'picture',
    });
  checkOptions(name, options);
  io.refuseUnwritable(options.output);
  io.writeFile(options.output, formatSvg(draw(name, scenario, options)), 'the picture');
};
