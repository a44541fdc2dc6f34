// What a command shows, as at the terminal. Words in it that can be an answer to the open question are buttons.

import type { AnswerKind, Shown } from '../../src/laboratory/lesson-data.js';
import { Roving } from '../view/roving.js';
import { piecesOf } from './picks.js';

/** How clicks answer. */
export interface Picking {
  /** The kind of the open question; `undefined` where none is open. */
  readonly kind: AnswerKind | undefined;
  readonly chosen: string;
  pick(answer: string): void;
}

const LineOf = ({ line, picking }: { line: string; picking: Picking }) => (
  <>
    {piecesOf(line, picking.kind).map(({ text, answer }, index) =>
      answer === undefined ? (
        text
      ) : (
        <button
          type="button"
          key={index}
          data-cell
          class="pick"
          aria-pressed={picking.chosen === answer}
          onClick={() => picking.pick(answer)}
        >
          {text}
        </button>
      ),
    )}
  </>
);

/** The output of one command. */
export const ShownBlock = ({ shown: { title, lines }, picking }: { shown: Shown; picking: Picking }) => {
  const canPick = lines.some((line) =>
    piecesOf(line, picking.kind).some(({ answer }) => answer !== undefined),
  );
  const all = lines.map((line, index) => (
    <div key={index} class="shownline">
      {line === '' ? '\u00a0' : <LineOf line={line} picking={picking} />}
    </div>
  ));
  return (
    <figure class={/^(?:\$|crash)/u.test(title) ? 'shown' : 'shown picture'}>
      <figcaption>{title}</figcaption>
      {canPick ? (
        <Roving label={`${title} words that can be an answer`} class="output">
          {all}
        </Roving>
      ) : (
        <div class="output" tabIndex={0} role="group" aria-label={title}>
          {all}
        </div>
      )}
    </figure>
  );
};
