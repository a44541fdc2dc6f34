// `oopslab replay`: run a scenario and tell what happened.

import { InputError } from '../base/errors.js';
import { refuseUnwritable } from '../base/replace-file.js';
import { hashRecording, saveRecording } from '../recording/file.js';
import { Case } from '../reading/case.js';
import { kasanText } from '../reading/kasan-text.js';
import { replayDocument } from '../reading/replay-document.js';
import { tellStory } from '../reading/story.js';
import type { ScenarioOptions } from './options.js';
import { EXIT, type Io } from './output.js';
import { recordingOf } from './reference.js';

interface Options extends ScenarioOptions {
  readonly record?: string;
  readonly kasan?: true;
}

export const run = (io: Io, scenario: string | undefined, options: Options) => {
  if (options.record === '')
    throw new InputError('needs the name of a file, found ""', { field: '--record' });
  if (options.record !== undefined) refuseUnwritable(options.record);
  const recording = recordingOf(scenario, options);
  if (options.record !== undefined) {
    saveRecording(recording, options.record);
    io.note(`the recording is in ${options.record}`);
  }
  return {
    json: () => replayDocument(recording),
    text: () =>
      (options.kasan === true
        ? kasanText(new Case(recording))
        : tellStory(recording, hashRecording(recording))
      ).join('\n'),
    exit: recording.header.asExpected ? EXIT.asExpected : EXIT.notAsExpected,
  };
};
