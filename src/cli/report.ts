// `oopslab report`: one HTML file that shows a run, and the control beside it.

import { InputError } from '../base/errors.js';
import { plural } from '../base/words.js';
import { splitOverrides } from '../scenario/parameters.js';
import { pageData } from '../report/collect.js';
import { libraryFiles } from '../report/library-files.js';
import { pageHtml } from '../report/html.js';
import { librariesOf, type ScenarioOptions } from './options.js';
import type { Io } from './output.js';
import { recordingAt, runsOf } from './reference.js';

interface Options extends ScenarioOptions {
  readonly output?: string;
  readonly compare?: string;
  readonly alone?: true;
}

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
  const { run: recording, control } = runsOf(scenario, options);
  const other =
    options.alone === true
      ? undefined
      : options.compare === undefined
        ? control()
        : recordingAt(options.compare, libraries, splitOverrides(options.set));
  const recordings = other === undefined ? [recording] : [recording, other];
  const { files, leftOut } = libraryFiles(libraries);
  const html = pageHtml(pageData(recording, other, { libraries }), { recordings, libraryFiles: files });
  if (leftOut.length > 0)
    io.note(
      `${leftOut[0]}: too large for a page, or cannot be read; the page goes without ${plural(leftOut.length, 'file')} of libraries`,
    );
  io.writeFile(options.output, html, 'the page');
};
