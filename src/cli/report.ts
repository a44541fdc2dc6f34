// `oopslab report`: one HTML file that shows a run, and the control beside it.

import { InputError } from '../base/errors.js';
import { plural } from '../base/words.js';
import { splitOverrides } from '../scenario/parameters.js';
import type { Recording } from '../recording/recording.js';
import { pageData } from '../report/collect.js';
import { libraryFiles } from '../report/library-files.js';
import { pageHtml } from '../report/html.js';
import { listScenarios } from '../scenario/scenario.js';
import { librariesOf, DEFAULT_SCENARIO, type ScenarioOptions } from './options.js';
import type { Io } from './output.js';
import { recordingAt, recordingOf } from './reference.js';

interface Options extends ScenarioOptions {
  readonly output?: string;
  readonly compare?: string;
  readonly alone?: true;
}

// The scenario that a scenario is shown beside: its control.
const controlOf = (scenario: string, libraries: readonly string[]): string | undefined => {
  const name = /^(.+)-bug$/u.exec(scenario)?.[1];
  return listScenarios(libraries).find((one) => one.name === `${name}-control`)?.name;
};

const otherOf = (
  scenario: string | undefined,
  options: Options,
  libraries: readonly string[],
): Recording | undefined => {
  if (options.alone === true) return undefined;
  const set = splitOverrides(options.set);
  if (options.compare !== undefined) return recordingAt(options.compare, libraries, set);
  if (options.recording !== undefined) return undefined;
  const control = controlOf(scenario ?? DEFAULT_SCENARIO, libraries);
  return control === undefined ? undefined : recordingAt(control, libraries, set);
};

const check = ({ stdout }: Io, { output, compare, alone }: Options): void => {
  if (compare !== undefined && alone === true)
    throw new InputError('give one of --compare and --alone, not both', { field: '--alone' });
  if (output === '') throw new InputError('needs the name of a file, found ""', { field: '--output' });
  if ((output ?? '-') === '-' && stdout.isTTY === true)
    throw new InputError('the page is HTML and stdout is a terminal; name a file: -o report.html', {
      field: '--output',
    });
};

export const run = (io: Io, scenario: string | undefined, options: Options) => {
  check(io, options);
  io.refuseUnwritable(options.output);
  const libraries = librariesOf(options);
  const recording = recordingOf(scenario, options);
  const other = otherOf(scenario, options, libraries);
  const recordings = other === undefined ? [recording] : [recording, other];
  const { files, leftOut } = libraryFiles(libraries);
  const html = pageHtml(pageData(recording, other, { libraries }), { recordings, libraryFiles: files });
  if (leftOut.length > 0)
    io.note(
      `${leftOut[0]}: too large for a page, or cannot be read; the page goes without ${plural(leftOut.length, 'file')} of libraries`,
    );
  io.writeFile(options.output, html, 'the page');
};
