// The list of lessons: their order, how far somebody is, and which is next.

import { greatest } from '../base/long-lists.js';
import { programName } from '../base/program-name.js';
import { type Lesson, loadLesson } from '../lesson/lesson.js';
import { type Progress, isOver } from '../lesson/progress.js';
import { listLessons } from '../lesson/shelf.js';
import type { Answer } from './command.js';
import { keptProgress } from './lesson-progress.js';
import type { Io } from './output.js';

const summaryOf = ({ name, title, scenario, slides, questions }: Lesson, progress: Progress) => {
  const done = progress[name] ?? {};
  const own = questions.filter(({ id }) => Object.hasOwn(done, id) && isOver(done[id]));
  return {
    name,
    title,
    scenario,
    slides: slides === '' ? null : slides,
    questions: questions.length,
    done: own.length,
    right: own.filter(({ id }) => done[id]!.right).length,
    points: own.reduce((sum, { id }) => sum + done[id]!.points, 0),
    of: questions.reduce((sum, { points }) => sum + points, 0),
  };
};

/** `oopslab lesson`: what there is, in order, with progress. */
export const showList = (io: Io, libraries: readonly string[]): Answer => {
  const { progress } = keptProgress(io);
  const lessons = listLessons(libraries).map(({ file }) => summaryOf(loadLesson(file), progress));
  const wide = greatest(lessons.map(({ name }) => name.length));
  const next = lessons.find(({ done, questions }) => done < questions);
  const text = (): string =>
    [
      ...lessons.flatMap(({ name, title, slides, questions, done, points, of }, index) => {
        const number = `${index + 1}. `.padStart(4);
        const far =
          done === 0
            ? `${questions} questions`
            : `${done} of ${questions} questions done, ${points} of ${of} points`;
        return [
          `${number}${name.padEnd(wide)}  ${title}${name === next?.name ? '  (next)' : ''}`,
          `    ${' '.repeat(wide)}  ${far}${slides === null ? '' : `, slides ${slides} of the talk`}`,
        ];
      }),
      '',
      next === undefined
        ? `All are done. ${programName()} lesson NAME --reset begins one again.`
        : `Next: ${programName()} lesson ${next.name}`,
    ].join('\n');
  return { json: () => ({ lessons, next: next?.name ?? null }), text };
};

/** What to take after a lesson, in words: the next in order that is not done; nothing for one that is not on the list. */
export const nextAfter = (
  { name, file }: Lesson,
  progress: Progress,
  libraries: readonly string[],
): string | undefined => {
  const all = listLessons(libraries);
  const at = all.findIndex((one) => one.file === file && one.name === name);
  if (at < 0) return undefined;
  const next = all.slice(at + 1).map((one) => loadLesson(one.file)).find((lesson) => {
    const { done, questions } = summaryOf(lesson, progress);
    return done < questions;
  }); // prettier-ignore
  return next === undefined
    ? 'That was the last one.'
    : `Next: ${programName()} lesson ${next.name} (${next.title})`;
};
