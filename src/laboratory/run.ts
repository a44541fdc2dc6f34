// A run with other parameters: what it did, and its page where the reader wants to step through it.

import { pageData } from '../report/collect.js';
import type { Bench } from './bench.js';
import type { Questions } from './questions.js';
import { stripOf } from './strip.js';
import { verdictOf } from './verdict.js';
import { offered, understand } from './wish.js';

/** @throws {InputError} when a parameter is wrong, or the run is too long for a page */
export const answerRun = (
  bench: Bench,
  { page = false, ...wish }: Questions['run']['asks'],
  tell: (tells: Questions['run']['tells']) => void,
): Questions['run']['answer'] => {
  const wished = understand(bench, wish);
  const { run } = bench.open({ ...wish, set: Object.fromEntries(wished.set) });
  tell({
    ...verdictOf(run),
    isTrap: run.trap !== undefined,
    instructions: run.recording.instructions,
    ...offered(wished),
    strip: stripOf(run),
  });
  if (!page) return null;
  const control = bench.control(wish, wished.set);
  return pageData(run.recording, control, { libraries: wished.libraries });
};
