// `oopslab serve`: the live page, on this machine only.

import { InputError } from '../base/errors.js';
import { splitOverrides } from '../scenario/parameters.js';
import { loadScenario } from '../scenario/scenario.js';
import { livePage } from '../serve/live-page.js';
import { RunError, Runner } from '../serve/runner.js';
import { startServer } from '../serve/server.js';
import { defineCommand } from './command.js';
import { type LibraryOptions, librariesOf } from './library-option.js';
import { DEFAULT_SCENARIO, withRuns } from './options.js';
import { EXIT } from './output.js';

const HELP = `
Prints the address of the page, and serves it until Ctrl-C. Only this machine can open it, only in a page of this
address; there are no files behind it. Change a parameter in the page, and the scenario is run again with it.

Examples:
  $ oopslab serve
  $ oopslab serve slabinfo-bug --port 8000
  $ oopslab serve --set prepath=/team --set tree=x

Exit status: 2 bad usage or input, 130 ended with Ctrl-C.`;

interface Options extends LibraryOptions {
  readonly set: readonly string[];
  readonly port: string;
}

const readPort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/u.test(text) || port > 65_535)
    throw new InputError(`should be a number from 0 to 65535, found ${JSON.stringify(text)}`, {
      field: '--port',
    });
  return port;
};

// What is wrong with the first run is wrong with the command line.
const firstRun = async (runner: Runner, set: ReadonlyMap<string, string>) => {
  try {
    return await runner.run({ set, length: undefined });
  } catch (error) {
    if (error instanceof RunError) throw new InputError(error.message, error.where);
    throw error;
  }
};

const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });

/** `oopslab serve` */
export const serveCommand = defineCommand({
  name: 'serve',
  description: 'serve a live page on this machine, whose parameters run the scenario again',
  options: (command) =>
    withRuns(command).option('--port <number>', 'the port to listen on; 0 for any that is free', '0'),
  help: HELP,
  async run(io, reference: string | undefined, options: Options) {
    const port = readPort(options.port);
    const libraries = librariesOf(options);
    const set = splitOverrides(options.set);
    const scenario = reference ?? DEFAULT_SCENARIO;
    loadScenario(scenario, libraries);
    const runner = new Runner({ scenario, libraries });
    try {
      const first = await firstRun(runner, set);
      const ended = untilSignal();
      const server = await startServer({ port, page: livePage(first), run: (wish) => runner.run(wish) });
      io.print(server.url);
      io.note('Ctrl-C ends it');
      await ended;
      await server.close();
    } finally {
      runner.close();
    }
    return { exit: EXIT.interrupted };
  },
});
