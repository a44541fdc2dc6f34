// A sentence of the report, with its places, bytes and names set apart.

import type { PageWord } from '../../src/report/page-data.js';

/** The sentence. */
export const Words = ({ words }: { words: readonly PageWord[] }) => (
  <>
    {words.map(({ text, is }, index) =>
      is === undefined ? (
        text
      ) : (
        <code key={index} class={`word-${is}`}>
          {text}
        </code>
      ),
    )}
  </>
);
