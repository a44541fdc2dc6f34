// What commands that take either a recording or a scenario are given: a file that begins like a recording is one,
// everything else is a scenario, by name or path.

import { closeSync, openSync, readSync, statSync } from '../host/files.js';
import { InputError } from '../base/errors.js';
import { RECORDING_NAME, loadRecording } from '../recording/file.js';
import type { Recording } from '../recording/recording.js';
import { replay } from '../run/replay.js';
import { splitOverrides } from '../scenario/parameters.js';
import { type Scenario, loadControl, loadScenario } from '../scenario/scenario.js';
import { librariesOf, DEFAULT_SCENARIO, type ScenarioOptions } from './options.js';

const isRecording = (reference: string): boolean => {
  if (statSync(reference, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const start = Buffer.alloc(RECORDING_NAME.length);
  try {
    const file = openSync(reference, 'r');
    readSync(file, start, 0, start.length, 0);
    closeSync(file);
  } catch {
    return false; // the scenario loader reports why it cannot be read
  }
  return start.toString('latin1') === RECORDING_NAME;
};

/**
 * The recording that a reference means.
 *
 * @param set parameters, for a scenario
 * @throws {InputError} when the scenario or a parameter is wrong
 * @throws {FormatError} when the recording cannot be read
 */
export const recordingAt = (
  reference: string,
  libraries: readonly string[],
  set: ReadonlyMap<string, string> = new Map(),
): Recording =>
  isRecording(reference)
    ? loadRecording(reference)
    : replay(loadScenario(reference, libraries), { set, libraries });

/**
 * The recording that a command's arguments mean: read from a file, or run now.
 *
 * @throws {InputError} when they contradict each other, or scenario or parameters are wrong
 * @throws {FormatError} when the recording cannot be read
 */
export const recordingOf = (scenario: string | undefined, options: ScenarioOptions): Recording => {
  if (options.recording === undefined) {
    const libraries = librariesOf(options);
    const set = splitOverrides(options.set);
    return replay(loadScenario(scenario ?? DEFAULT_SCENARIO, libraries), { set, libraries });
  }
  if (options.recording === '')
    throw new InputError('needs the name of a file, found ""', { field: '--recording' });
  if (scenario !== undefined) {
    throw new InputError(`give a scenario or --recording, not both (found scenario "${scenario}")`, {
      field: '--recording',
    });
  }
  if (options.set.length > 0) {
    throw new InputError('a recording is finished: its parameters cannot be set', { field: '--set' });
  }
  return loadRecording(options.recording);
};

// The control takes the parameters that it knows, too.
const controlOf = (scenario: Scenario, set: ReadonlyMap<string, string>, libraries: readonly string[]) => {
  const control = loadControl(scenario, libraries);
  if (control === undefined) return undefined;
  const known = new Map([...set].filter(([name]) => control.spec.parameters?.[name] !== undefined));
  return replay(control, { set: known, libraries });
};

/** A run, and what it is compared with. */
interface Runs {
  readonly run: Recording;
  /** The run of the control, made when it is asked for; `undefined` without one. */
  readonly control: () => Recording | undefined;
}

/**
 * The recording that a command's arguments mean, and its control: that of `--control`, or of the scenario.
 *
 * @throws {InputError} as `recordingOf`
 * @throws {FormatError} when a recording cannot be read
 */
export const runsOf = (
  reference: string | undefined,
  options: ScenarioOptions & { readonly control?: string },
): Runs => {
  const libraries = librariesOf(options);
  const given = options.control === undefined ? undefined : recordingAt(options.control, libraries);
  if (options.recording !== undefined) return { run: recordingOf(reference, options), control: () => given };
  const set = splitOverrides(options.set);
  const scenario = loadScenario(reference ?? DEFAULT_SCENARIO, libraries);
  const run = replay(scenario, { set, libraries });
  return { run, control: () => given ?? controlOf(scenario, set, libraries) };
};
