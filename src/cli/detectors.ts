// `oopslab detectors`: the same run under each debug option of a kernel.

import { formatSvg } from '../chart/svg.js';
import { detectorsPicture } from '../chart/detectors-picture.js';
import { compareDetectors } from '../detectors/compare.js';
import { detectorsText } from '../detectors/text.js';
import { splitOverrides } from '../scenario/parameters.js';
import { loadScenario } from '../scenario/scenario.js';
import { DEFAULT_SCENARIO, type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

interface Options extends LibraryOptions {
  readonly set: readonly string[];
  readonly detector: readonly string[];
  readonly chart?: string;
}

export const run = (io: Io, reference: string | undefined, options: Options) => {
  const libraries = librariesOf(options);
  io.refuseUnwritable(options.chart);
  const scenario = loadScenario(reference ?? DEFAULT_SCENARIO, libraries);
  const set = splitOverrides(options.set);
  const found = compareDetectors(scenario, { set, libraries }, options.detector);
  if (options.chart !== undefined)
    io.writeFile(options.chart, formatSvg(detectorsPicture(found)), 'the picture');
  if (options.chart === '-') return {};
  return { json: () => found, text: () => detectorsText(found) };
};
