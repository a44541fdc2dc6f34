// The page that `report` writes and `serve` serves: a run, what it is compared with, and what its laboratory needs to run
// it again.

import { plural } from '../base/words.js';
import { splitOverrides } from '../scenario/parameters.js';
import { pageData } from '../report/collect.js';
import { libraryFiles } from '../report/library-files.js';
import { scenarioFiles } from '../report/scenario-files.js';
import { pageHtml } from '../report/html.js';
import { loadScenario } from '../scenario/scenario.js';
import { librariesOf, DEFAULT_SCENARIO, type ScenarioOptions } from './options.js';
import type { Io } from './output.js';
import { recordingAt, runsOf } from './reference.js';

/** The options that say what a page is about. */
export interface PageOptions extends ScenarioOptions {
  readonly compare?: string;
  readonly alone?: true;
}

/**
 * Make the page.
 *
 * @throws {InputError} when the scenario or a parameter is wrong, or a run is too long for a page
 * @throws {FormatError} when a recording cannot be read, or the built page is not there
 */
export const pageOf = (io: Io, scenario: string | undefined, options: PageOptions): string => {
  const libraries = librariesOf(options);
  const { run: recording, control } = runsOf(scenario, options);
  const other =
    options.alone === true
      ? undefined
      : options.compare === undefined
        ? control()
        : recordingAt(options.compare, libraries, splitOverrides(options.set));
  const recordings = other === undefined ? [recording] : [recording, other];
  const { files, leftOut } = libraryFiles(libraries);
  if (leftOut.length > 0)
    io.note(
      `${leftOut[0]}: too large for a page, or cannot be read; the page goes without ${plural(leftOut.length, 'file')} of libraries`,
    );
  const ran =
    options.recording === undefined ? loadScenario(scenario ?? DEFAULT_SCENARIO, libraries) : undefined;
  const all = new Map([...files, ...scenarioFiles(ran, libraries)]);
  return pageHtml(pageData(recording, other, { libraries }), { recordings, libraryFiles: all });
};
