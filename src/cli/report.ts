// `oopslab report`: one HTML file that shows a run, and the control beside it.

import { InputError } from '../base/errors.js';
import type { Io } from './output.js';
import { type PageOptions, pageOf } from './page-of.js';

interface Options extends PageOptions {
  readonly output?: string;
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
  io.writeFile(options.output, pageOf(io, scenario, options), 'the page');
};
