// Records a scenario in a process of its own, where its code could end it; that process runs this file, too.

import { spawnSync } from '../host/processes.js';
import { fileURLToPath } from 'node:url';
import { InputError, LibraryError, OopslabError, type Where } from '../base/errors.js';
import { systemProblem } from '../base/read-file.js';
import { compiledFile } from '../base/package-folder.js';
import type { Recording } from '../recording/recording.js';
import { MAX_FILE, decodeRecording, encodeRecording } from '../recording/file.js';
import { formatFatalPlaces } from '../release/refused-code.js';
import { fatalPlacesOf } from '../run/fatal-places.js';
import { replay } from '../run/replay.js';
import { type Scenario, loadScenario } from '../scenario/scenario.js';

interface Order {
  readonly scenario: string; // as the user named it
  readonly set: readonly (readonly [string, string])[];
  readonly libraries: readonly string[];
}

const ENDED = 1; // what Node itself ends with, after an uncaught error
const REFUSED = 3;

/**
 * For commands that run a scenario many times, in this process: they take no code that could end it.
 *
 * @throws {InputError} when the scenario's snippets have bytes that a jump could make fatal
 */
export const refuseFatalCode = (scenario: Scenario, libraries: readonly string[]): void => {
  const places = fatalPlacesOf(scenario, libraries);
  const [first] = places;
  if (first === undefined) return;
  throw new InputError(
    `a jump to ${formatFatalPlaces(places)}, into the middle of an instruction, would end this process with this Unicorn; ` +
      'oopslab replay runs such a snippet in a process of its own',
    { file: first.snippet.file, field: 'bytes' },
  );
};

/**
 * Record a scenario, in a child process where its snippets have bytes that could end the process.
 *
 * @throws {InputError} when scenario or parameters are wrong, or the child was ended so or cannot be started
 */
export const record = (
  reference: string,
  set: ReadonlyMap<string, string>,
  libraries: readonly string[],
): Recording => {
  const scenario = loadScenario(reference, libraries);
  const places = fatalPlacesOf(scenario, libraries);
  const [first] = places;
  if (first === undefined) return replay(scenario, { set, libraries });
  const order: Order = { scenario: reference, set: [...set], libraries };
  const { status, signal, stdout, error } = spawnSync(
    process.execPath,
    [compiledFile('cli/record-apart.js')],
    { input: JSON.stringify(order), maxBuffer: MAX_FILE, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  // Without the order read, as when memory ran out at its start, the end of the process says more.
  if (error !== undefined && (error as NodeJS.ErrnoException).code !== 'EPIPE')
    throw new InputError(`a process of its own ${systemProblem('started', error)}`, {
      file: first.snippet.file,
    });
  if (status === 0) return decodeRecording(stdout, 'the recording');
  if (status === REFUSED) throw receive(JSON.parse(stdout.toString()) as Refusal);
  if (status === ENDED) return replay(scenario, { set, libraries }); // shows the same error, here
  throw new InputError(
    `running it ended a process (${signal ?? `status ${status}`}): most likely the guest jumped to ${formatFatalPlaces(places)}, into ` +
      'the middle of an instruction, where this Unicorn cannot translate what it finds',
    { file: first.snippet.file, field: 'bytes' },
  );
};

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly where: Where;
}

const receive = ({ code, message, where }: Refusal): OopslabError =>
  code === 'ERR_LIBRARY' ? new LibraryError(message, where) : new InputError(message, where);

// From stdin: an argument holds 128 KiB at most, on Linux.
const readOrder = async (): Promise<Order> => {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Order;
};

const obey = ({ scenario, set, libraries }: Order): void => {
  try {
    const recording = replay(loadScenario(scenario, libraries), { set: new Map(set), libraries });
    process.stdout.write(encodeRecording(recording));
  } catch (error) {
    if (!(error instanceof OopslabError)) throw error;
    const { code, message, where } = error;
    process.stdout.write(JSON.stringify({ code, message, where } satisfies Refusal));
    process.exitCode = REFUSED;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) void readOrder().then(obey);
