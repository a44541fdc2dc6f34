// A place of the machine that can be an answer: a button while the open question takes it, otherwise text.

import type { Picking } from './shown.js';

/** The place. @param name what it is called by a screen reader, where its text says too little */
export const Pick = ({
  text,
  answer,
  name,
  can,
  picking,
}: {
  text: string;
  answer: string;
  name?: string;
  can: boolean;
  picking: Picking;
}) =>
  can ? (
    <button
      type="button"
      data-cell
      class="pick"
      aria-label={name}
      aria-pressed={picking.chosen === answer}
      onClick={() => picking.pick(answer)}
    >
      {text}
    </button>
  ) : (
    <>{text}</>
  );
