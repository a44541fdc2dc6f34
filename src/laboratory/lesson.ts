// A lesson as data: prose as a tree, what its commands show as lines, questions without their answers.

import { hashRecording } from '../recording/file.js';
import type { Recording } from '../recording/recording.js';
import type { CaseReference } from '../lesson/case-book.js';
import type { Part, Question } from '../lesson/lesson.js';
import { momentOf } from '../lesson/moment.js';
import { inlineOf, proseTree } from '../lesson/prose-tree.js';
import { wrongCost } from '../lesson/scoring.js';
import type { Bench } from './bench.js';
import type { OpenLesson } from './classroom.js';
import type { LessonPart, LessonQuestion } from './lesson-data.js';
import type { Questions, RunName } from './questions.js';

const hashes = new WeakMap<Recording, string>();
const hashOf = (recording: Recording): string => {
  const known = hashes.get(recording) ?? hashRecording(recording);
  hashes.set(recording, known);
  return known;
};

// A page that is made of the very run of a question need not run it again.
const runOf = (
  { recordings }: Bench,
  { book }: OpenLesson,
  { scenario, set, view }: CaseReference,
): RunName => {
  const { recording } = book.open({ scenario, set, view });
  const hash = hashOf(recording);
  const own = recordings.findIndex((one) => hashOf(one) === hash);
  return own === 0 ? 'A' : own === 1 ? 'B' : { scenario, set };
};

const questionOf = (bench: Bench, open: OpenLesson, question: Question): LessonQuestion => {
  const { id, ask, kind, choices, points, hints } = question;
  const { questions, parts } = open.lesson;
  return {
    id,
    number: questions.indexOf(question) + 1,
    ask: inlineOf(ask),
    kind,
    choices: Object.entries(choices).map(([word, text]) => ({ word, text: inlineOf(text) })),
    points,
    hints: hints.map(({ cost }) => cost),
    wrongCost: wrongCost(question),
    run: runOf(bench, open, question),
    at: momentOf(parts, question, open.book),
  };
};

const TAB = 8; // columns, as at a terminal

const withoutTabs = (line: string): string => {
  let text = '';
  for (const [index, piece] of line.split('\t').entries())
    text = index === 0 ? piece : text + ' '.repeat(TAB - (text.length % TAB)) + piece;
  return text;
};

const partOf = (bench: Bench, open: OpenLesson, part: Part): LessonPart => {
  switch (part.kind) {
    case 'prose':
      return { kind: 'prose', blocks: proseTree(part.text) };
    case 'replay': {
      const shown = part.commands.map(({ text, run }) => ({
        title: text,
        lines: run(open.book).map(withoutTabs),
      }));
      return { kind: 'show', shown };
    }
    case 'question':
      return { kind: 'question', question: questionOf(bench, open, part.question) };
  }
};

/** @throws {InputError} when there is no such lesson, or its file or one of its runs is wrong */
export const answerLesson = (
  bench: Bench,
  { name }: Questions['lesson']['asks'],
): Questions['lesson']['answer'] => {
  const open = bench.classroom.open(name);
  const { title, slides, parts } = open.lesson;
  return { name, title, slides, parts: parts.map((part) => partOf(bench, open, part)) };
};
