// What a run did, in a sentence that the last row reads.

import type { Trial } from '../../src/laboratory/change-questions.js';

const WORD = /^(?:corrupt|safe|not safe|no harm)/u;

/** The verdict of a run. */
export const Verdict = ({ trial, isOld }: { trial: Trial; isOld: boolean }) => {
  const [word = ''] = WORD.exec(trial.sentence) ?? [];
  return (
    <p class={`lab-verdict ${trial.isCorrupt ? 'lab-corrupt' : 'lab-safe'} ${isOld ? 'lab-old' : ''}`.trim()}>
      <strong>{word}</strong>
      {trial.sentence.slice(word.length)}
      <span class="lab-outcome">
        {isOld ? 'The run before' : 'The run'}: {trial.outcome}.
      </span>
    </p>
  );
};
