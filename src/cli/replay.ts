// `oopslab replay`: run a scenario and tell what happened.

import { InputError } from '../base/errors.js';
import { hashRecording, saveRecording } from '../recording/file.js';
import { replayDocument } from '../reading/replay-document.js';
import { tellStory } from '../reading/story.js';
import { defineCommand } from './command.js';
import { type ScenarioOptions, recordingOf, withScenario } from './options.js';
import { EXIT } from './output.js';

const HELP = `
Examples:
  $ oopslab replay
  $ oopslab replay shm-close-control
  $ oopslab replay --set prepath=/team --set previous=zero
  $ oopslab replay --record crash.rec; oopslab oops --recording crash.rec
  $ oopslab replay --json

Parameters: oopslab scenarios lists those of each scenario. In a text, \\xHH is a byte and \\\\ a backslash.

Exit status: 0 the run ended as the scenario expects, 1 it did not, 2 bad usage or input.`;

interface Options extends ScenarioOptions {
  readonly record?: string;
}

/** `oopslab replay` */
export const replayCommand = defineCommand({
  name: 'replay',
  description: 'run a scenario and tell the story: steps, out-of-bounds accesses, outcome, oops',
  options: (command) => withScenario(command).option('--record <file>', 'keep the recording in this file'),
  json: 'print one JSON document instead of the story',
  help: HELP,
  run(io, scenario: string | undefined, options: Options) {
    if (options.record === '')
      throw new InputError('needs the name of a file, found ""', { field: '--record' });
    const recording = recordingOf(scenario, options);
    if (options.record !== undefined) {
      saveRecording(recording, options.record);
      io.note(`the recording is in ${options.record}`);
    }
    return {
      json: () => replayDocument(recording),
      text: () => tellStory(recording, hashRecording(recording)).join('\n'),
      exit: recording.header.asExpected ? EXIT.asExpected : EXIT.notAsExpected,
    };
  },
});
