// `oopslab serve`: the page of `report`, on this machine only.

import { InputError } from '../base/errors.js';
import { servedPage } from '../serve/served-page.js';
import { type ServedPage, startServer } from '../serve/server.js';
import { EXIT, type Io } from './output.js';
import { type PageOptions, pageOf } from './page-of.js';

interface Options extends PageOptions {
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

const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });

export const run = async (io: Io, reference: string | undefined, options: Options) => {
  const port = readPort(options.port);
  let page: ServedPage | undefined;
  // First of all: that the port is free is known before anything runs.
  const server = await startServer({ port, page: () => page });
  try {
    page = servedPage(pageOf(io, reference, options));
    const ended = untilSignal();
    io.print(server.url);
    io.note('Ctrl-C ends it');
    await ended;
  } finally {
    await server.close();
  }
  return { exit: EXIT.interrupted };
};
