// A question: what is asked, the answer that is typed or was clicked, hints, and what was said to it.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { LessonKey, LessonQuestion } from '../../src/laboratory/lesson-data.js';
import { bring } from './bring.js';
import { type Done, type Exchange, endOf } from './kept.js';
import { HOW } from './picks.js';
import { Line } from './prose.js';
import { SaidTo } from './said.js';
import { TrainersKey } from './trainers-key.js';
import { leftOf, plural } from './worth.js';

/** Props of a question. */
export interface QuestionProps {
  readonly question: LessonQuestion;
  /** How many there are in the lesson. */
  readonly of: number;
  readonly done: Done;
  /** What is chosen or typed, and not sent yet. */
  readonly draft: string;
  setDraft(text: string): void;
  /** Send a line. */
  say(line: string): void;
  /** What was said last, where it is not kept: a look at the run, a problem. */
  readonly aside: Exchange | string | undefined;
  readonly busy: boolean;
  /** Whether the machine shows this one. */
  readonly isBeside: boolean;
  /** Show its run beside. */
  look(): void;
  /** Go on; `undefined` where another question is the one to go on from. */
  readonly next: { readonly label: string; readonly go: () => void } | undefined;
  /** Whether it takes the focus when it comes up. */
  readonly takesFocus: boolean;
  readonly answers: LessonKey | undefined;
}

const Choices = ({ question, draft, setDraft }: QuestionProps) => (
  <fieldset class="choices">
    <legend class="hidden">Choices</legend>
    {question.choices.map(({ word, text }) => (
      <label key={word}>
        <input
          type="radio"
          name={`choice of ${question.id}`}
          value={word}
          checked={draft === word}
          onChange={() => setDraft(word)}
        />
        <span>
          <b>{word}</b>
          {text.length > 0 && (
            <>
              : <Line text={text} />
            </>
          )}
        </span>
      </label>
    ))}
  </fieldset>
);

const Field = ({ question, draft, setDraft }: QuestionProps) => (
  <input
    type="text"
    class="answer"
    value={draft}
    maxLength={200}
    spellcheck={false}
    autocomplete="off"
    autocapitalize="off"
    aria-label={`Answer to question ${question.number}`}
    aria-describedby={`how ${question.id}`}
    onInput={(event) => setDraft(event.currentTarget.value)}
  />
);

// The answer is shown at once, and there is no way back: it is asked twice.
const GiveUp = ({ say, busy }: QuestionProps) => {
  const [sure, setSure] = useState(false);
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (sure) yes.current?.focus();
  }, [sure]);
  return sure ? (
    <>
      <button type="button" ref={yes} disabled={busy} onClick={() => say('skip')}>
        Show the answer, for no points
      </button>
      <button type="button" onClick={() => setSure(false)}>
        Not yet
      </button>
    </>
  ) : (
    <button type="button" onClick={() => setSure(true)}>
      Give up
    </button>
  );
};

const Form = (props: QuestionProps) => {
  const { question, done, draft, say, busy, takesFocus } = props;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!takesFocus) return;
    form.current?.querySelector('input')?.focus({ preventScroll: true });
    if (form.current !== null) bring(form.current.closest('section') ?? form.current, 'nearest');
  }, [takesFocus]);
  const hint = question.hints[done.standing.hints];
  const empty = draft.trim() === '';
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!empty && !busy) say(draft);
      }}
    >
      {question.kind === 'choice' ? <Choices {...props} /> : <Field {...props} />}
      <div class="does">
        <button type="submit" class="main" aria-disabled={empty || busy}>
          Answer
        </button>
        {hint !== undefined && (
          <button type="button" disabled={busy} onClick={() => say('hint')}>
            Hint, for {plural(hint, 'point')}
          </button>
        )}
        <GiveUp {...props} />
        {question.kind !== 'choice' && (
          <button
            type="button"
            class="to-machine"
            onClick={() => document.querySelector('.beside')?.scrollIntoView()}
          >
            To the machine
          </button>
        )}
      </div>
      <p class="how" id={`how ${question.id}`}>
        {HOW[question.kind]} A wrong answer costs {plural(question.wrongCost, 'point')}.
      </p>
    </form>
  );
};

/** The question. */
export const Question = (props: QuestionProps) => {
  const { question, of, done, aside, isBeside, look, next, answers } = props;
  const { id, number, ask, points } = question;
  const end = endOf(done);
  const left = leftOf(question, done.standing);
  const worth = left === points ? plural(points, 'point') : `${left} of ${plural(points, 'point')} left`;
  const onward = useRef<HTMLButtonElement>(null);
  const wasOver = useRef(end !== undefined);
  const said = useRef<HTMLDivElement>(null);
  const told = useRef(done.exchanges.length);
  useEffect(() => {
    if (end !== undefined && !wasOver.current && onward.current !== null) {
      onward.current.focus({ preventScroll: true });
      bring(onward.current.closest('section')!, 'nearest');
    }
    wasOver.current = end !== undefined;
  }, [end]);
  // What is said is seen, also where the question fills the reading.
  useEffect(() => {
    const isNew = aside !== undefined || done.exchanges.length > told.current;
    told.current = done.exchanges.length;
    const last = said.current?.lastElementChild;
    if (isNew && end === undefined && last != null) bring(last, 'nearest');
  }, [done.exchanges.length, aside]);
  return (
    <section
      class={`question ${end === undefined ? 'open' : end.kind}${isBeside ? ' looked-at' : ''}`}
      id={`question-${id}`}
      aria-labelledby={`title ${id}`}
    >
      <h4 id={`title ${id}`}>
        Question {number} of {of}
        <small>{end === undefined ? worth : end.kind === 'right' ? 'answered' : 'given up'}</small>
      </h4>
      <p class="wanted">
        <Line text={ask} />
      </p>
      {end === undefined && <Form key={id} {...props} />}
      <div role="status" ref={said}>
        {done.exchanges.map((one, index) => (
          <SaidTo key={index} {...one} />
        ))}
        {typeof aside === 'string' ? <p class="said unread">{aside}</p> : aside && <SaidTo {...aside} />}
      </div>
      <p class="onward">
        {end !== undefined && next !== undefined && (
          <button type="button" class="main" ref={onward} onClick={next.go}>
            {next.label}
          </button>
        )}
        {!isBeside && (
          <button type="button" onClick={look}>
            Show its run
          </button>
        )}
      </p>
      {answers !== undefined && <TrainersKey answers={answers} />}
    </section>
  );
};
