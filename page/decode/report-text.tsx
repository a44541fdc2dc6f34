// The text of a report as it was given, with every word that decode knows as a button.

import { useMemo } from 'preact/hooks';
import type { ReadReport } from '../model/decoded.js';
import { type About, piecesOf } from '../model/report-words.js';
import { Roving } from '../view/roving.js';

const same = (one: About | undefined, other: About): boolean =>
  one !== undefined && JSON.stringify(one) === JSON.stringify(other);

/** The lines with their numbers. */
export const ReportText = ({
  report,
  printed: { lines },
  word,
  onWord,
}: ReadReport & { word: About | undefined; onWord: (word: About) => void }) => {
  const pieces = useMemo(
    () => lines.map(([line, text]) => ({ line, pieces: piecesOf(report, line, text) })),
    [lines],
  );
  const more = report.lines.last - (lines.at(-1)?.[0] ?? report.lines.last);
  return (
    <section class="report-text" aria-label="The text">
      <h2>The text</h2>
      <Roving label="Words of the text" class="report-lines">
        {pieces.map(({ line, pieces: parts }, row) => (
          <div key={row} class="report-line">
            <span class="line-number" aria-hidden="true">
              {line}
            </span>
            <span class="content">
              {parts.map(({ text, about }, index) =>
                about === undefined ? (
                  text
                ) : (
                  <button
                    type="button"
                    key={index}
                    data-cell
                    class={`known about-${about.kind}${same(word, about) ? ' is-chosen' : ''}`}
                    aria-pressed={same(word, about)}
                    onClick={() => onWord(about)}
                    onFocus={(event) => {
                      if (event.currentTarget.matches(':focus-visible')) onWord(about);
                    }}
                  >
                    {text}
                  </button>
                ),
              )}
            </span>
          </div>
        ))}
      </Roving>
      {more > 0 && <p class="legend">… {more} more lines</p>}
    </section>
  );
};
