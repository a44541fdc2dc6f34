// How sure a statement is, as a mark before it.

import type { Statement } from '../model/decoded.js';

const MEANING = {
  certain: 'nothing else is possible',
  likely: 'the usual reading',
  possible: 'one of several',
} as const;

/** Nothing for a fact of the text. */
export const Sure = ({ sure }: { sure: Statement['sure'] | undefined }) =>
  sure === undefined ? null : (
    <span class={`sure ${sure}`} title={MEANING[sure]}>
      {sure}
    </span>
  );
