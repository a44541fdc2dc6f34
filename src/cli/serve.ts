// `oopslab serve`: the live page, on this machine only.

import { InputError } from '../base/errors.js';
import { splitOverrides } from '../scenario/parameters.js';
import { loadScenario } from '../scenario/scenario.js';
import { livePage } from '../serve/live-page.js';
import { RunError, Runner } from '../serve/runner.js';
import { startServer } from '../serve/server.js';
import { type LibraryOptions, librariesOf, DEFAULT_SCENARIO } from './options.js';
import { EXIT, type Io } from './output.js';

interface Options extends LibraryOptions {
  readonly set: readonly string[];
  readonly port: string;
}

/** The last port that there is. */
export const MAX_PORT = 65_535;

const readPort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/u.test(text) || port > MAX_PORT)
    throw new InputError(`should be a number from 0 to ${MAX_PORT}, found ${JSON.stringify(text)}`, {
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

export const run = async (io: Io, reference: string | undefined, options: Options) => {
  const port = readPort(options.port);
  const libraries = librariesOf(options);
  const set = splitOverrides(options.set);
  const scenario = reference ?? DEFAULT_SCENARIO;
  loadScenario(scenario, libraries);
  const runner = new Runner({ scenario, libraries });
  let page: ReturnType<typeof livePage> | undefined;
  // First of all: that the port is free is known before anything runs.
  const server = await startServer({ port, page: () => page, run: (wish) => runner.run(wish) });
  try {
    page = livePage(await firstRun(runner, set));
    const ended = untilSignal();
    io.print(server.url);
    io.note('Ctrl-C ends it');
    await ended;
  } finally {
    runner.close();
    await server.close();
  }
  return { exit: EXIT.interrupted };
};
