// The kernel's report: every word with where it came from. A word answers when it is clicked.

import { useMemo, useState } from 'preact/hooks';
import type { PageOopsWord } from '../../src/report/page-data.js';
import { type ReportWord, askedOfWord, bitsOfWord, reportText } from '../model/oops-words.js';
import type { Desk } from '../view/desk.js';
import { Jump } from '../view/jump.js';
import { Roving } from '../view/roving.js';

const Explanation = ({ desk, word }: { desk: Desk; word: ReportWord | undefined }) => (
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

/** The report. */
export const Report = ({ desk }: { desk: Desk }) => {
  const { run } = desk;
  const { oops } = run.data;
  const [chosen, setChosen] = useState<number | undefined>();
  const report = useMemo(() => (oops === null ? undefined : reportText(oops)), [oops]);
  const asked = useMemo(
    () => report?.words.map((word, index) => askedOfWord(run, word, index)) ?? [],
    [run, report],
  );
  if (report === undefined)
    return (
      <section class="pane" aria-label="Oops">
        <h2>The kernel’s report</h2>
        <p class="none">The kernel reports nothing: this run {run.data.outcome}.</p>
      </section>
    );
  const { lines, words } = report;
  const count = (provenance: PageOopsWord['provenance']): number =>
    words.filter((word) => word.provenance === provenance).length;
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
      <Explanation desk={desk} word={chosen === undefined ? undefined : words[chosen]} />
      <Roving label="Words of the report" class="oops">
        {lines.map((line, number) => (
          <div key={number} class="oopsline">
            {line.map((piece, index) => {
              if ('blank' in piece) return piece.blank;
              const word = words[piece.index]!;
              const isAsked = desk.asked === asked[piece.index];
              return (
                <button
                  type="button"
                  key={index}
                  data-cell
                  class={`word ${word.provenance}${word.label ? ' label' : ''}${chosen === piece.index ? ' lookedat' : ''}${isAsked ? ' picked' : ''}`}
                  data-place={asked[piece.index]}
                  data-moment="own"
                  data-value={bitsOfWord(word)}
                  aria-label={`${word.text}, ${word.label ? 'text' : word.provenance}`}
                  onMouseEnter={() => setChosen(piece.index)}
                  onFocus={() => setChosen(piece.index)}
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
