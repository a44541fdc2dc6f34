// Why a place holds what it holds: the chain of the laboratory, the place first, its cause last, each link a step.

import type { Questions } from '../../src/laboratory/questions.js';
import type { Desk } from '../view/desk.js';
import { StepLink } from './step-link.js';
import type { Reply } from './use-question.js';

type Why = Questions['why']['answer'];

// What the sandbox did, and what was there from the start, has no instruction.
const isPlace = (at: string): boolean => !/^(?:step "|the )/u.test(at);

const Link = ({ desk, link, index }: { desk: Desk; link: Why['links'][number]; index: number }) => {
  const { step, at, line, says, by, inControl } = link;
  const isThere = !inControl || desk.runs.length > 1;
  return (
    <li data-by={by}>
      <p class="facts">
        {isThere ? (
          <StepLink
            desk={desk}
            to={step}
            isOther={inControl}
            label={`Step ${step}${inControl ? ' of the other run' : ''}: ${at}`}
          >
            {step}
          </StepLink>
        ) : (
          step
        )}{' '}
        {inControl && <span>of the other run </span>}
        <code>{at}</code> {line !== null && isPlace(at) && <span>{line}</span>}{' '}
        {index > 0 && <b class="by">{by}</b>}
      </p>
      <p>{says}</p>
    </li>
  );
};

/** The chain. */
export const Chain = ({ desk, reply }: { desk: Desk; reply: Reply<'why'> }) => {
  if (reply.kind === 'waiting')
    return (
      <p class="none" role="status">
        The laboratory looks for the reason …
      </p>
    );
  if (reply.kind === 'refused')
    return (
      <p class="refusal" role="status">
        No reason: {reply.message}.
      </p>
    );
  const { links, control } = reply.answer;
  if (links.length === 0) return <p class="none">Nothing is known of how it got there.</p>;
  return (
    <>
      <ol class="reasons">
        {links.map((link, index) => (
          <Link key={index} desk={desk} link={link} index={index} />
        ))}
      </ol>
      <p class="facts">
        {control === null ? 'Without a control to compare with.' : `Compared with ${control}.`}
      </p>
    </>
  );
};
