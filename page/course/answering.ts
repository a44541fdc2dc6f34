// The question that the reader is at: what is chosen or typed, what is sent, and what is said to it.

import { useState } from 'preact/hooks';
import type { LessonData, LessonQuestion } from '../../src/laboratory/lesson-data.js';
import { laboratory } from '../model/laboratory.js';
import { type Exchange, endOf } from './kept.js';
import { indexOf, pageOf, questionsOf } from './parts.js';
import type { Kept } from './use-progress.js';

/** The state of a lesson that is taken. */
export interface Answering {
  /** The question; it stays the one when it is over, until the reader goes on. `undefined` at the end. */
  readonly at: LessonQuestion | undefined;
  readonly isOpen: boolean;
  /** The question whose run is beside. */
  readonly shown: LessonQuestion;
  readonly draft: string;
  /** What was said last and is not kept, or a problem. */
  readonly aside: Exchange | string | undefined;
  readonly busy: boolean;
  /** The part at which the reader goes on to read; -1 for the title. */
  readonly from: number;
  setDraft(text: string): void;
  /** Send a line to a question, which is the one that the reader is at then. */
  say(id: string, line: string): void;
  /** Be at another question. */
  turnTo(id: string): void;
  /** Go on to the first question that is open, or to the end. */
  goOn(): void;
  /** Show the run of a question that is over. */
  look(id: string): void;
}

/** Take a lesson. */
export const useAnswering = ({ name, parts }: LessonData, kept: Kept): Answering => {
  const questions = questionsOf(parts);
  const isOver = (id: string): boolean => endOf(kept.of(name, id)) !== undefined;
  const firstOpen = questions.find(({ id }) => !isOver(id))?.id;
  const [current, setCurrent] = useState(firstOpen);
  const [looked, look] = useState<string>();
  const [draft, setDraft] = useState('');
  const [aside, setAside] = useState<Exchange | string>();
  const [busy, setBusy] = useState(false);
  // A lesson that goes on shows the page of its question again.
  const [from, setFrom] = useState(() =>
    firstOpen === undefined || firstOpen === questions[0]?.id ? -1 : pageOf(parts, indexOf(parts, firstOpen)),
  );
  const at = questions.find(({ id }) => id === current);

  const turnTo = (id: string | undefined): void => {
    setCurrent(id);
    look(undefined);
    setDraft('');
    setAside(undefined);
  };
  const say = (id: string, line: string): void => {
    if (busy) return;
    if (id !== current) turnTo(id);
    const done = kept.of(name, id);
    setBusy(true);
    setAside(undefined);
    laboratory
      .ask('grade', { lesson: name, question: id, line, standing: done.standing })
      .then(
        (answer) => {
          const exchange: Exchange = { line: line.trim(), said: answer.said };
          const { kind } = answer.said;
          if (kind === 'look' || kind === 'unread' || kind === 'no hint') setAside(exchange);
          else kept.put(name, id, { standing: answer.standing, exchanges: [...done.exchanges, exchange] });
          // What cannot be read is mended, and a hint comes in between.
          if (kind !== 'hint' && kind !== 'unread') setDraft('');
        },
        (error: Error) => setAside(error.message),
      )
      .finally(() => setBusy(false));
  };
  return {
    at,
    isOpen: at !== undefined && !isOver(at.id),
    shown: questions.find(({ id }) => id === (looked ?? current)) ?? questions.at(-1)!,
    draft,
    aside,
    busy,
    from,
    setDraft,
    say,
    turnTo,
    goOn: () => {
      setFrom(firstOpen === undefined ? parts.length : indexOf(parts, current) + 1);
      turnTo(firstOpen);
    },
    look,
  };
};
