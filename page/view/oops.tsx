// The kernel's report: every word with where it came from; a word leads to the step that made it.

import { useMemo, useState } from 'preact/hooks';
import type { PageOops, PageOopsWord } from '../../src/report/page-data.js';
import type { Desk } from './desk.js';
import { Jump } from './jump.js';
import { Roving } from './roving.js';

interface Told extends PageOopsWord {
  readonly text: string;
}

type Piece = { readonly blank: string } | { readonly index: number };

// The text as blanks and words, line by line.
const piecesOf = ({ text, words }: PageOops): { lines: Piece[][]; told: Told[] } => {
  const told: Told[] = [];
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split(/(\s+)/u)
        .filter((part) => part !== '')
        .map((part): Piece => {
          const word = /^\s/u.test(part) ? undefined : words[told.length];
          if (word === undefined) return { blank: part };
          return { index: told.push({ ...word, text: part }) - 1 };
        }),
    );
  return { lines, told };
};

const Explanation = ({ desk, word }: { desk: Desk; word: Told | undefined }) => (
  <p class="explanation" role="status">
    {word === undefined ? (
      'Point at a word, or go through them with the arrow keys: this line shows where it came from.'
    ) : (
      <>
        <code>{word.text}</code>{' '}
        <b class={`mark ${word.provenance}`}>{word.label ? 'text of the kernel' : word.provenance}</b>{' '}
        {word.source}
        {word.by !== '' && <>; made by {word.by}</>}
        {word.at !== null && (
          <>
            {' '}
            <Jump desk={desk} to={word.at}>
              go to step {word.at}
            </Jump>
          </>
        )}
      </>
    )}
  </p>
);

/** The oops. */
export const Oops = ({ desk }: { desk: Desk }) => {
  const { oops } = desk.run.data;
  const [chosen, setChosen] = useState<number | undefined>();
  const pieces = useMemo(() => (oops === null ? undefined : piecesOf(oops)), [oops]);
  if (pieces === undefined)
    return (
      <section class="pane" aria-label="Oops">
        <h2>The kernel’s report</h2>
        <p class="none">The kernel reports nothing: this run {desk.run.data.outcome}.</p>
      </section>
    );
  const { lines, told } = pieces;
  const count = (provenance: PageOopsWord['provenance']): number =>
    told.filter((word) => word.provenance === provenance).length;
  return (
    <section class="pane oopspane" aria-label="Oops">
      <h2>The kernel’s report</h2>
      <p class="legend">
        <span class="word computed">computed</span> {count('computed')} words, by code, the trap or a walk
        over memory
        <span class="word carried">carried</span> {count('carried')}, there from the start
        <span class="word given">given</span> {count('given')}, stated by the scenario, and the kernel’s own
        text
      </p>
      <Explanation desk={desk} word={chosen === undefined ? undefined : told[chosen]} />
      <Roving label="Words of the report" class="oops">
        {lines.map((line, number) => (
          <div key={number} class="oopsline">
            {line.map((piece, index) => {
              if ('blank' in piece) return piece.blank;
              const word = told[piece.index]!;
              return (
                <button
                  type="button"
                  key={index}
                  data-cell
                  class={`word ${word.provenance}${word.label ? ' label' : ''}${chosen === piece.index ? ' chosen' : ''}`}
                  aria-label={`${word.text}, ${word.label ? 'text' : word.provenance}`}
                  onMouseEnter={() => setChosen(piece.index)}
                  onFocus={() => setChosen(piece.index)}
                  onClick={() => {
                    setChosen(piece.index);
                    if (word.at !== null) desk.go(word.at);
                  }}
                >
                  {word.text}
                </button>
              );
            })}
          </div>
        ))}
      </Roving>
    </section>
  );
};
