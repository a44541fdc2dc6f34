// What decode says of the word that was clicked.

import type { Report } from '../model/decoded.js';
import type { About } from '../model/report-words.js';
import { factsOf } from '../model/word-facts.js';
import { Sure } from './sure.js';

/** Beside the text, so that it is seen while words are clicked. */
export const WordPanel = ({ report, word }: { report: Report; word: About | undefined }) => {
  const found = word === undefined ? undefined : factsOf(report, word);
  return (
    <section class="word-panel" aria-label="The word" role="status">
      {found === undefined ? (
        <p class="none">
          Click a word of the text, or go through them with the arrow keys: here stands what is known of it.
        </p>
      ) : (
        <>
          <h2>{found.title}</h2>
          {found.facts.length === 0 && <p class="none">Nothing more is known of it.</p>}
          <ul class="sentences">
            {found.facts.map(({ sure, text }, index) => (
              <li key={index}>
                <Sure sure={sure} /> {text}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
};
