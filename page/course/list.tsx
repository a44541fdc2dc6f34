// Which lessons there are, in their order, with how far the reader is.

import type { ListedLesson } from '../../src/laboratory/lesson-data.js';
import { endOf, pointsOf } from './kept.js';
import type { Kept } from './use-progress.js';

/** How far a lesson is. */
export const farOf = (
  { name, questions }: Pick<ListedLesson, 'name' | 'questions'>,
  { of }: Kept,
): { readonly done: number; readonly all: number; readonly points: number; readonly ofPoints: number } => {
  const own = questions.map(({ id }) => of(name, id));
  return {
    done: own.filter((done) => endOf(done) !== undefined).length,
    all: questions.length,
    points: own.reduce((sum, done) => sum + pointsOf(done), 0),
    ofPoints: questions.reduce((sum, { points }) => sum + points, 0),
  };
};

/** The first lesson that is not done, after another where one is named. */
export const nextOf = (
  lessons: readonly ListedLesson[],
  kept: Kept,
  after?: string,
): ListedLesson | undefined =>
  lessons.slice(lessons.findIndex(({ name }) => name === after) + 1).find((lesson) => {
    const { done, all } = farOf(lesson, kept);
    return lesson.problem === null && done < all;
  });

const Lesson = ({
  lesson,
  kept,
  isNext,
  isOwn,
  open,
}: {
  lesson: ListedLesson;
  kept: Kept;
  isNext: boolean;
  isOwn: boolean;
  open: (name: string) => void;
}) => {
  const { done, all, points, ofPoints } = farOf(lesson, kept);
  const far =
    done === 0 ? `${all} questions` : `${done} of ${all} questions, ${points} of ${ofPoints} points`;
  const talk = lesson.slides === '' ? '' : `, slides ${lesson.slides} of the talk`;
  return (
    <li class={isNext ? 'next' : ''}>
      {lesson.problem === null ? (
        <>
          <button type="button" class="open" onClick={() => open(lesson.name)}>
            {lesson.title}
          </button>
          {isNext && <b class="badge">{done === 0 ? 'next' : 'go on'}</b>}
          <span class="far">
            {far}
            {talk}
            {isOwn && ', about this run'}
          </span>
          <progress max={all} value={done} aria-label={`Questions done of ${lesson.title}`} />
        </>
      ) : (
        <>
          <b>{lesson.name}</b>
          <span class="far">cannot be taken: {lesson.problem}</span>
        </>
      )}
    </li>
  );
};

/** The list. */
export const LessonList = ({
  lessons,
  kept,
  scenario,
  open,
}: {
  lessons: readonly ListedLesson[];
  kept: Kept;
  /** That of the page's run. */
  scenario: string;
  open: (name: string) => void;
}) => {
  const next = nextOf(lessons, kept);
  return (
    <div class="lessons">
      <h2>The course</h2>
      <p>
        Read, look at the machine, answer. The right answers are computed from the run, and so are the reasons
        why another one is wrong. Take the lessons in their order.
      </p>
      <ol>
        {lessons.map((lesson) => (
          <Lesson
            key={lesson.name}
            lesson={lesson}
            kept={kept}
            isNext={lesson === next}
            isOwn={lesson.scenario === scenario}
            open={open}
          />
        ))}
      </ol>
    </div>
  );
};
