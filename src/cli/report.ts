// `oopslab report`: one HTML file that shows a run, and the control beside it.

import { InputError } from '../base/errors.js';
import { splitOverrides } from '../scenario/parameters.js';
import type { Recording } from '../recording/recording.js';
import { pageData } from '../report/collect.js';
import { pageHtml } from '../report/html.js';
import { listScenarios } from '../scenario/scenario.js';
import { defineCommand } from './command.js';
import { librariesOf } from './library-option.js';
import { DEFAULT_SCENARIO, type ScenarioOptions, recordingOf, withScenario } from './options.js';
import type { Io } from './output.js';
import { recordingAt } from './reference.js';

const HELP = `
The file is complete in itself: it loads nothing and connects to nothing. Without -o, or with -o -, it goes to stdout.

A scenario NAME-bug is shown beside NAME-control, with the same parameters, if there is one; --compare takes another
scenario or a recording, --alone none. A recording is shown alone unless --compare is given.

Examples:
  $ oopslab report -o report.html
  $ oopslab report slabinfo-bug -o report.html
  $ oopslab report --set prepath=/team -o report.html
  $ oopslab report --recording crash.rec --compare shm-close-control -o report.html

Exit status: 0 done, 2 bad usage or input.`;

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

/** `oopslab report` */
export const reportCommand = defineCommand({
  name: 'report',
  description: 'write one HTML file in which a run can be explored, in any browser, offline',
  options: (command) =>
    withScenario(command)
      .option('-o, --output <file>', 'where it goes; - is stdout')
      .option('--compare <scenario>', 'show this scenario, or recording, beside it')
      .option('--alone', 'show one run only'),
  help: HELP,
  run(io, scenario: string | undefined, options: Options) {
    check(io, options);
    const libraries = librariesOf(options);
    const recording = recordingOf(scenario, options);
    const html = pageHtml(pageData(recording, otherOf(scenario, options, libraries), { libraries }));
    io.writeFile(options.output, html, 'the page');
  },
});
