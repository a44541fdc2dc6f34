// The course: the lessons, and the one that is taken, with the machine beside it.

import { useEffect, useState } from 'preact/hooks';
import type { LessonData, LessonKey, ListedLesson } from '../../src/laboratory/lesson-data.js';
import { laboratory } from '../model/laboratory.js';
import type { RoomProps } from '../view/rooms.js';
import { Lesson } from './lesson.js';
import { LessonList, nextOf } from './list.js';
import { useProgress } from './use-progress.js';

type Loaded<T> =
  { readonly of: string; readonly value: T } | { readonly of: string; readonly problem: string };

// What the laboratory answers to a question about `of`; asked anew when that changes.
const useAnswer = <T,>(of: string | undefined, ask: (of: string) => Promise<T>): Loaded<T> | undefined => {
  const [loaded, setLoaded] = useState<Loaded<T>>();
  useEffect(() => {
    if (of === undefined) return undefined;
    let here = true;
    const tell = (found: Loaded<T>): void => {
      if (here) setLoaded(found);
    };
    ask(of).then(
      (value) => tell({ of, value }),
      (error: Error) => tell({ of, problem: error.message }),
    );
    return () => {
      here = false;
    };
  }, [of]);
  return loaded?.of === of ? loaded : undefined;
};

const Wait = ({ found, what }: { found: Loaded<unknown> | undefined; what: string }) =>
  found !== undefined && 'problem' in found ? (
    <p role="alert">
      {what} cannot be shown: {found.problem}
    </p>
  ) : (
    <p class="none" role="status">
      {what} is being made ready.
    </p>
  );

const StartOver = ({ forget }: { forget: () => void }) => {
  const [sure, setSure] = useState(false);
  return sure ? (
    <>
      <button
        type="button"
        onClick={() => {
          setSure(false);
          forget();
        }}
      >
        Forget my answers
      </button>
      <button type="button" onClick={() => setSure(false)}>
        Keep them
      </button>
    </>
  ) : (
    <button type="button" onClick={() => setSure(true)}>
      Start over
    </button>
  );
};

const lessonsOf = (found: Loaded<{ readonly lessons: readonly ListedLesson[] }> | undefined) =>
  found !== undefined && 'value' in found ? found.value.lessons : [];

const Taken = ({
  desk,
  name,
  lessons,
}: {
  desk: RoomProps['desk'];
  name: string;
  lessons: readonly ListedLesson[];
}) => {
  const kept = useProgress();
  const [round, setRound] = useState(0); // of a lesson that is started over
  const [trains, setTrains] = useState(false);
  const lesson = useAnswer<LessonData>(name, (of) => laboratory.ask('lesson', { name: of }));
  const key = useAnswer<{ readonly questions: readonly LessonKey[] }>(trains ? name : undefined, (of) =>
    laboratory.ask('key', { lesson: of }),
  );
  return (
    <>
      <div class="tools" role="group" aria-label="The lesson">
        <button type="button" onClick={() => desk.study(undefined)}>
          All lessons
        </button>
        <StartOver
          key={name}
          forget={() => {
            kept.forget(name);
            setRound(round + 1);
          }}
        />
        <button type="button" onClick={() => print()}>
          Print the handout
        </button>
        <label>
          <input
            type="checkbox"
            checked={trains}
            onChange={(event) => setTrains(event.currentTarget.checked)}
          />{' '}
          Trainer's key
        </label>
        {key !== undefined && 'problem' in key && <span role="alert">No key: {key.problem}</span>}
      </div>
      {lesson !== undefined && 'value' in lesson ? (
        <Lesson
          key={`${name} ${round}`}
          desk={desk}
          lesson={lesson.value}
          kept={kept}
          next={nextOf(lessons, kept, name)}
          answers={trains && key !== undefined && 'value' in key ? key.value.questions : undefined}
          open={desk.study}
        />
      ) : (
        <Wait found={lesson} what="The lesson" />
      )}
    </>
  );
};

const Listed = ({ desk, lessons }: { desk: RoomProps['desk']; lessons: readonly ListedLesson[] }) => {
  const kept = useProgress();
  return <LessonList lessons={lessons} kept={kept} scenario={desk.run.data.scenario} open={desk.study} />;
};

/** The room. */
export const Course = ({ desk }: RoomProps) => {
  const found = useAnswer('', () => laboratory.ask('lessons', {}));
  const lessons = lessonsOf(found);
  if (!laboratory.isThere)
    return (
      <section class="lessonroom" aria-label="Course">
        <p role="alert">This page was made without its laboratory, and so without the course.</p>
      </section>
    );
  return (
    <section class={desk.lesson === undefined ? 'lessonroom' : 'lessonroom taken'} aria-label="Course">
      {desk.lesson !== undefined ? (
        <Taken key={desk.lesson} desk={desk} name={desk.lesson} lessons={lessons} />
      ) : lessons.length > 0 ? (
        <Listed desk={desk} lessons={lessons} />
      ) : found !== undefined && 'value' in found ? (
        <p role="alert">The course cannot be shown: this file holds no lessons.</p>
      ) : (
        <Wait found={found} what="The course" />
      )}
    </section>
  );
};
