// Records a scenario in a process of its own, where its code could end it; that process runs this file, too.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, OopslabError, type Where } from '../base/errors.js';
import { compiledFile } from '../base/package-folder.js';
import type { Recording } from '../recording/recording.js';
import { loadRecording, saveRecording } from '../recording/file.js';
import { formatFatalPlaces } from '../release/refused-code.js';
import { fatalPlacesOf } from '../run/fatal-places.js';
import { replay } from '../run/replay.js';
import { type Scenario, loadScenario } from '../scenario/scenario.js';

interface Order {
  readonly scenario: string; // as the user named it
  readonly set: readonly (readonly [string, string])[];
  readonly libraries: readonly string[];
  readonly file: string; // where the recording goes
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
 * @throws {InputError} when scenario or parameters are wrong, or the child was ended so
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
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-'));
  try {
    const file = join(folder, 'apart.rec');
    const order: Order = { scenario: reference, set: [...set], libraries, file };
    const { status, signal, stdout, error } = spawnSync(
      process.execPath,
      [compiledFile('cli/record-apart.js'), JSON.stringify(order)],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    if (error !== undefined) throw error;
    if (status === 0) return loadRecording(file);
    if (status === REFUSED) {
      const { message, where } = JSON.parse(stdout) as { message: string; where: Where };
      throw new InputError(message, where);
    }
    if (status === ENDED) return replay(scenario, { set, libraries }); // shows the same error, here
    throw new InputError(
      `running it ended a process (${signal ?? `status ${status}`}): most likely the guest jumped to ${formatFatalPlaces(places)}, into ` +
        'the middle of an instruction, where this Unicorn cannot translate what it finds',
      { file: first.snippet.file, field: 'bytes' },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const obey = ({ scenario, set, libraries, file }: Order): void => {
  try {
    saveRecording(replay(loadScenario(scenario, libraries), { set: new Map(set), libraries }), file);
  } catch (error) {
    if (!(error instanceof OopslabError)) throw error;
    process.stdout.write(JSON.stringify({ message: error.message, where: error.where }));
    process.exitCode = REFUSED;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) obey(JSON.parse(process.argv[2] ?? '') as Order);
