// The answer about a word of the report that is no register and no memory: who says it, and when it was made.

import { useMemo } from 'preact/hooks';
import { reportText } from '../model/oops-words.js';
import type { Desk } from '../view/desk.js';
import { StepLink } from './step-link.js';

/** The answer. */
export const WordAnswer = ({ desk, index }: { desk: Desk; index: number }) => {
  const { oops } = desk.run.data;
  const words = useMemo(() => (oops === null ? [] : reportText(oops).words), [oops]);
  const word = words[index];
  return (
    <>
      <h2>
        <code>{word?.text ?? 'a word of the report'}</code>
        <small>in the report</small>
        <button type="button" class="close" onClick={() => desk.ask(undefined)}>
          Close
        </button>
      </h2>
      {word === undefined ? (
        <p class="refusal">The report of this run has no such word.</p>
      ) : (
        <>
          <p>
            <b class={`mark ${word.provenance}`}>{word.label ? 'text of the kernel' : word.provenance}</b>:{' '}
            {word.source}
            {word.by !== '' && <>; made by {word.by}</>}
          </p>
          {word.at !== null && (
            <p>
              It is there since step{' '}
              <StepLink desk={desk} to={word.at}>
                {word.at}
              </StepLink>
              .
            </p>
          )}
        </>
      )}
    </>
  );
};
