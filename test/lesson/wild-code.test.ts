// Questions about a run whose code no symbol covers: answers are addresses, and nothing is an internal error.
import { expect, it } from 'vitest';
import { CaseBook } from '../../src/lesson/case-book.js';
import { LessonCase } from '../../src/lesson/case.js';
import { gradeQuestion } from '../../src/lesson/grade.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { findLesson, listLessons } from '../../src/lesson/shelf.js';
import { InputError } from '../../src/base/errors.js';
import { decodeRecording, encodeRecording } from '../../src/recording/file.js';
import type { RecordingHeader } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { putTogether, takeApart } from '../helpers/recording-parts.js';

const whole = replay(loadScenario('shm-close-bug'));
const parts = takeApart(encodeRecording(whole), whole.data);
// Of every symbol only the first byte is left.
const header: RecordingHeader = {
  ...parts.header,
  symbols: parts.header.symbols.map((symbol) => ({ ...symbol, size: 1 })),
};
const recording = decodeRecording(putTogether({ ...parts, header }), 'wild.rec');

class OneCase extends CaseBook {
  override open({ view }: Parameters<CaseBook['open']>[0]): LessonCase {
    return new LessonCase(recording, view, []);
  }
}

it('questions about code outside of all symbols are answered by address, or refused', () => {
  const answers = listLessons()
    .flatMap(({ name }) => loadLesson(findLesson(name)).questions)
    .filter(({ kind }) => kind === 'instruction')
    .flatMap((question) => {
      try {
        const { texts, check } = gradeQuestion(question, new OneCase());
        expect(check(texts[0]!).read).toBe(true);
        return texts;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        return [];
      }
    });
  expect(answers.filter((text) => text.startsWith('0x')).length).toBeGreaterThan(0);
});
