// The answer to what was clicked: what it is, why it holds what it holds, where else that lives, and what ended its
// copies. What the page's own data knows is there at once; the laboratory adds the rest.

import { useMemo } from 'preact/hooks';
import type { Questions } from '../../src/laboratory/questions.js';
import { type Known, knownOf } from '../model/knows.js';
import { type AskedPlace, readAsked, registerAsked, memoryAsked } from '../model/places.js';
import type { Desk } from '../view/desk.js';
import { Chain } from './chain.js';
import { CodeFacts } from './code-facts.js';
import { Lives } from './lives.js';
import { StepLink } from './step-link.js';
import { useQuestion } from './use-question.js';
import { WordAnswer } from './word.js';

type LivesAnswer = Questions['lives']['answer'];

// The same place at another step.
const againAt = (place: AskedPlace, state: number): string | undefined => {
  if (place.kind === 'register') return registerAsked(place.name, state);
  if (place.kind === 'memory') return memoryAsked(place.address, place.size, state);
  return undefined;
};

const first = (...texts: readonly (string | null | undefined)[]): string =>
  texts.find((text) => text !== undefined && text !== null && text !== '') ?? '';

interface WhatProps {
  readonly desk: Desk;
  readonly place: AskedPlace;
  readonly known: Known | undefined;
  readonly told: LivesAnswer | undefined;
}

/** What it is: place, value, name, type, meaning; and of an object its life. */
const What = ({ desk, known, told }: WhatProps) => {
  const named = told?.values.find(({ name }) => name !== '') ?? known?.values[0];
  const bits = first(known?.bits, told?.bits);
  const name = first(known?.name, named?.name);
  const type = first(known?.type, told?.type, named?.type);
  const means = first(known?.what, told?.means);
  const object = known?.object;
  return (
    <>
      <p class="held">
        {bits !== '' && (
          <code class="bits" data-value={bits}>
            {bits}
          </code>
        )}{' '}
        {name !== '' && <b>{name}</b>} {type !== '' && <span class="type">{type}</span>}{' '}
        {means !== '' && means !== name && <span class="what">= {means}</span>}
      </p>
      {object !== undefined && (
        <p class="facts">
          in{' '}
          <button type="button" class="asks" onClick={() => desk.inspect(BigInt(object.address))}>
            {object.name}
          </button>
          {object.struct !== null && <>, struct {object.struct}</>},{' '}
          {object.from === 0 ? (
            'there at the start'
          ) : (
            <>
              since step{' '}
              <StepLink desk={desk} to={object.from}>
                {object.from}
              </StepLink>
            </>
          )}
          {object.freed !== null && (
            <>
              , {object.isFree ? 'freed' : 'to be freed'} at step{' '}
              <StepLink desk={desk} to={object.freed}>
                {object.freed}
              </StepLink>
            </>
          )}
        </p>
      )}
    </>
  );
};

interface HeadProps {
  readonly desk: Desk;
  readonly title: string;
  readonly state: number | undefined;
  readonly again: string | undefined;
}

const Head = ({ desk, title, state, again }: HeadProps) => (
  <h2>
    <code>{title}</code>
    {state !== undefined && (
      <small>
        at step{' '}
        <StepLink desk={desk} to={state}>
          {state}
        </StepLink>
      </small>
    )}{' '}
    {again !== undefined && (
      <button type="button" class="asks" onClick={() => desk.ask(again)}>
        ask at step {desk.at}
      </button>
    )}
    <button type="button" class="close" onClick={() => desk.ask(undefined)}>
      Close
    </button>
  </h2>
);

/** The answer about a place of the machine. */
const PlaceAnswer = ({ desk, asked, place }: { desk: Desk; asked: string; place: AskedPlace }) => {
  const asks = { run: desk.name, place: asked };
  const why = useQuestion('why', asks);
  const lives = useQuestion('lives', asks);
  const known = useMemo(() => knownOf(desk.run, place), [desk.run, asked]);
  const told = lives.kind === 'answered' ? lives.answer : undefined;
  const state = told?.state ?? ('state' in place ? place.state : undefined);
  const values = told?.values ?? known?.values ?? [];
  const isCode = place.kind === 'register' && place.name === 'rip';
  // A word of the stack is called by its address: that it lies on a stack is no name.
  const isPlain = known?.bits !== undefined && known.object === undefined;
  const again = state === desk.at ? undefined : againAt(place, desk.at);
  return (
    <>
      <Head
        desk={desk}
        title={isPlain ? known.title : first(told?.what, known?.title, asked)}
        state={state}
        again={again}
      />
      <What desk={desk} place={place} known={known} told={told} />
      {isCode && <CodeFacts desk={desk} state={place.state} />}
      <p class="hidden" role="status">
        {why.kind === 'answered' ? why.answer.links[0]?.says : ''}
      </p>
      <h3>{isCode ? 'Why it runs' : 'Why'}</h3>
      <Chain desk={desk} reply={why} />
      {!isCode && (
        <>
          <h3>Where it lives</h3>
          {told?.problem != null && <p class="refusal">Not followed: {told.problem}.</p>}
          {values.length === 0 && (
            <p class="none">
              {lives.kind === 'waiting' ? 'The laboratory looks …' : 'No other place is known to hold it.'}
            </p>
          )}
          {state !== undefined &&
            values.map((value, index) => <Lives key={index} desk={desk} value={value} state={state} />)}
        </>
      )}
    </>
  );
};

/** The pane. */
export const Answer = ({ desk }: { desk: Desk }) => {
  const { asked, run } = desk;
  const place = asked === undefined ? undefined : readAsked(run, asked);
  return (
    <section class="pane told" aria-label="Answer">
      {asked === undefined || place === undefined ? (
        <>
          <h2>Answer</h2>
          <p class="none">
            Click a value, a byte, a field, a line of code or a word of the report: here it says what it is,
            why it is there, where else it lives, and what ended its copies.
          </p>
        </>
      ) : place.kind === 'word' ? (
        <WordAnswer desk={desk} index={place.index} />
      ) : (
        <PlaceAnswer key={asked} desk={desk} asked={asked} place={place} />
      )}
    </section>
  );
};
