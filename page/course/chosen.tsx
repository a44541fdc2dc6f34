// What was clicked, below the machine: to be sent as the answer without a way back to the reading.

import { bring } from './bring.js';
import type { LessonQuestion } from '../../src/laboratory/lesson-data.js';

/** The choice. */
export const Chosen = ({
  question: { id, number },
  draft,
  busy,
  say,
}: {
  question: LessonQuestion;
  draft: string;
  busy: boolean;
  say: (line: string) => void;
}) => (
  <p class={draft === '' ? 'chosen none' : 'chosen'} role="status">
    {draft === '' ? (
      `Question ${number}: what you click here is your answer.`
    ) : (
      <>
        <span>
          Your answer to question {number}: <code>{draft}</code>
        </span>
        <button
          type="button"
          class="main"
          disabled={busy}
          aria-label={`Answer ${draft}`}
          onClick={() => {
            say(draft);
            const question = document.querySelector(`#question-${CSS.escape(id)}`);
            if (question !== null) bring(question, 'nearest');
          }}
        >
          Answer
        </button>
      </>
    )}
  </p>
);
