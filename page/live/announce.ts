// The words that a screen reader gets about a new run, compared with the one before.

import type { LiveState } from '../../src/serve/live-data.js';

/** A run that was tried, for the list of what the reader has found out. */
export interface Trial {
  readonly number: number;
  readonly what: string;
  readonly sentence: string;
  readonly isCorrupt: boolean;
}

/** The verdict in three parts: what it is beside the one before, the word itself, and the rest. */
export const verdictOf = (
  before: LiveState | undefined,
  { isCorrupt, sentence, outcome }: LiveState,
): { readonly change: string; readonly word: string; readonly rest: string } => {
  const word = isCorrupt ? 'corrupt' : 'safe';
  return {
    change: before === undefined ? '' : before.isCorrupt === isCorrupt ? 'still' : 'now',
    word,
    rest: `${sentence.slice(word.length)}. The run: ${outcome}.`,
  };
};

const SHOWN = 20; // letters of a value

/** Which parameters differ from another run's, or the path's length alone: `8 bytes of path; previous zero`. */
export const describeTrial = ({ path, parameters }: LiveState): string => {
  const texts = path?.texts ?? [];
  const others = parameters
    .filter(({ name }) => !texts.includes(name))
    .map(({ name, value }) => `${name} ${value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value}`);
  return [...(path === null ? [] : [`${path.length} bytes of path`]), ...others].join('; ');
};
