// Why a place holds what it holds.

import { whyDocument } from '../why/document.js';
import type { Bench } from './bench.js';
import type { Questions } from './questions.js';

/** @throws {InputError} when the place is none, or the run never came there */
export const answerWhy = (
  bench: Bench,
  { run: name, place }: Questions['why']['asks'],
): Questions['why']['answer'] => {
  const { run, why } = bench.open(name);
  const found = why.explain(place === undefined ? undefined : why.place(place));
  return whyDocument(run.recording.header.scenario, found);
};
