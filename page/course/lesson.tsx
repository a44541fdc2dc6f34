// A lesson: the reading with its questions, and beside it the machine at the step that the question is about.

import { useEffect, useRef } from 'preact/hooks';
import type { LessonData, LessonKey, LessonPart, ListedLesson } from '../../src/laboratory/lesson-data.js';
import type { Desk } from '../view/desk.js';
import { type Answering, useAnswering } from './answering.js';
import { useRun } from './beside.js';
import { bring } from './bring.js';
import { Chosen } from './chosen.js';
import { Handout } from './handout.js';
import { endOf } from './kept.js';
import { farOf } from './list.js';
import { Machine } from './machine.js';
import { partsUpTo, questionsOf } from './parts.js';
import { Prose } from './prose.js';
import { Question } from './question.js';
import { type Picking, ShownBlock } from './shown.js';
import type { Kept } from './use-progress.js';

/** Props of a lesson. */
export interface LessonProps {
  readonly desk: Desk;
  readonly lesson: LessonData;
  readonly kept: Kept;
  /** The one to take after it. */
  readonly next: ListedLesson | undefined;
  /** The key, where the trainer's switch is on. */
  readonly answers: readonly LessonKey[] | undefined;
  /** Open a lesson, or the list. */
  open(name: string | undefined): void;
}

type Inner = LessonProps & { readonly answering: Answering; readonly picking: Picking };

const PartOf = ({ part, index, ...props }: Inner & { part: LessonPart; index: number }) => {
  const { lesson, kept, answering, picking, answers } = props;
  switch (part.kind) {
    case 'prose':
      return <Prose blocks={part.blocks} title={lesson.title} />;
    case 'show':
      return (
        <>
          {part.shown.map((one, which) => (
            <ShownBlock key={which} shown={one} picking={picking} />
          ))}
        </>
      );
    case 'question': {
      const { question } = part;
      const { at, shown, draft, aside, busy, from, setDraft, say, turnTo, goOn, look } = answering;
      const isAt = question.id === at?.id;
      const all = questionsOf(lesson.parts);
      const isLast = all.every(({ id }) => endOf(kept.of(lesson.name, id)) !== undefined);
      return (
        <Question
          question={question}
          of={all.length}
          done={kept.of(lesson.name, question.id)}
          draft={isAt ? draft : ''}
          setDraft={(text) => {
            if (!isAt) turnTo(question.id);
            setDraft(text);
          }}
          say={(line) => say(question.id, line)}
          aside={isAt ? aside : undefined}
          busy={busy}
          isBeside={question === shown}
          look={() => look(question.id)}
          next={isAt ? { label: isLast ? 'To the end' : 'Next question', go: goOn } : undefined}
          takesFocus={isAt && index === from}
          answers={answers?.find(({ id }) => id === question.id)}
        />
      );
    }
  }
};

const End = ({ lesson: { name, parts }, kept, next, open }: Inner) => {
  const questions = questionsOf(parts);
  const { all, points, ofPoints } = farOf({ name, questions }, kept);
  const right = questions.filter(({ id }) => endOf(kept.of(name, id))?.kind === 'right').length;
  return (
    <section class="part end" data-part={parts.length} tabIndex={-1} aria-label="The end">
      <h3>The end</h3>
      <p>
        {right} of {all} questions right, {points} of {ofPoints} points.
      </p>
      <p class="onward">
        <button type="button" class="main" onClick={() => open(next?.name)}>
          {next === undefined ? 'All lessons' : `Next: ${next.title}`}
        </button>
      </p>
    </section>
  );
};

const Reading = (props: Inner) => {
  const { lesson, kept, answering, answers } = props;
  const { name, title, slides, parts } = lesson;
  const { at, from } = answering;
  const reading = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const begins = reading.current?.querySelector<HTMLElement>(from < 0 ? 'h2' : `[data-part="${from}"]`);
    if (begins == null || begins.querySelector('form') !== null) return; // a question takes the focus by itself
    begins.focus({ preventScroll: true });
    if (from >= 0) bring(begins, 'top');
  }, [from]);
  const visible = answers === undefined ? partsUpTo(parts, at?.id) : parts;
  const { done, all, points, ofPoints } = farOf({ name, questions: questionsOf(parts) }, kept);
  return (
    <div class="reading" ref={reading}>
      <h2 tabIndex={-1}>{title}</h2>
      <p class="far">
        {done} of {all} questions, {points} of {ofPoints} points
        {slides !== '' && `, slides ${slides} of the talk`}
        {!kept.isKept && '. This browser keeps nothing: it is forgotten when the page is left'}
      </p>
      {visible.map((part, index) => (
        <div key={index} class="part" data-part={index} tabIndex={-1}>
          <PartOf {...props} part={part} index={index} />
        </div>
      ))}
      {at === undefined && <End {...props} />}
      {answering.isOpen && visible.length < parts.length && (
        <p class="none">The reading goes on when this question is answered or given up.</p>
      )}
    </div>
  );
};

const Beside = ({ desk, lesson, kept, answers, answering, picking }: Inner) => {
  const { shown, at, isOpen, draft, busy, say } = answering;
  const run = useRun(shown.run, desk);
  const open = (state: number): void => {
    desk.take(shown.run === 'B' ? 1 : 0);
    desk.enter('step', state);
  };
  return (
    <aside class="beside" aria-label="The machine">
      {run === undefined ? (
        <p class="none">The run of this question is being made.</p>
      ) : typeof run === 'string' ? (
        <p class="none">The run cannot be shown: {run}</p>
      ) : (
        <Machine
          key={shown.id}
          run={run}
          home={shown.at}
          picking={picking}
          names={answers !== undefined || endOf(kept.of(lesson.name, shown.id)) !== undefined}
          open={shown.run === 'A' || shown.run === 'B' ? open : undefined}
        />
      )}
      {isOpen && shown === at && at.kind !== 'choice' && (
        <Chosen question={at} draft={draft} busy={busy} say={(line) => say(at.id, line)} />
      )}
    </aside>
  );
};

/** The lesson. */
export const Lesson = (props: LessonProps) => {
  const answering = useAnswering(props.lesson, props.kept);
  const { at, isOpen, shown, draft, setDraft } = answering;
  const picking: Picking = {
    kind: isOpen && shown === at ? at.kind : undefined,
    chosen: draft,
    pick: setDraft,
  };
  return (
    <>
      <Reading {...props} answering={answering} picking={picking} />
      <Beside {...props} answering={answering} picking={picking} />
      <Handout lesson={props.lesson} answers={props.answers} />
    </>
  );
};
