// The lines of C that a sentence is about: those of the places in code that it names.

import type { Case } from './case.js';

const PLACE = /\b[A-Za-z_][\w.]*\+0x[0-9a-f]+\b/gu;

const MOST = 3; // lines of one sentence

/** `case.c:52: session->owner->sessions--;` for each place in a sentence whose source the recording has, once each. */
export const sourceLinesOf = (run: Case, sentence: string): string[] => {
  if (run.recording.header.code === undefined) return [];
  const lines = [...sentence.matchAll(PLACE)].flatMap(([place]) => {
    const address = run.symbols.addressOf(place);
    const source = address === undefined ? undefined : run.sourceLine(address);
    if (source === undefined || source.text === null || source.text.trim() === '') return [];
    return [`${source.file}:${source.line}: ${source.text.trim()}`];
  });
  return [...new Set(lines)].slice(0, MOST);
};
