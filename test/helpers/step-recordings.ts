// Recordings of shipped scenarios, each run once per test file.
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

export type { Recording } from '../../src/recording/recording.js';

const recordings = new Map<string, Recording>();

/** The recording of a shipped scenario. */
export const recordingOf = (name: string): Recording => {
  const known = recordings.get(name) ?? replay(loadScenario(name));
  recordings.set(name, known);
  return known;
};
