// A lesson on paper: the reading, what its commands show, the questions with lines to write on; with the key switched on,
// the answers at the end. On a screen it is not there.

import type { LessonData, LessonKey, LessonQuestion } from '../../src/laboratory/lesson-data.js';
import { Line, Prose } from './prose.js';
import { TrainersKey } from './trainers-key.js';
import { plural } from './worth.js';

const Asked = ({ question: { number, ask, points, choices } }: { question: LessonQuestion }) => (
  <div class="asked">
    <p>
      <b>
        {number}. <Line text={ask} />
      </b>{' '}
      ({plural(points, 'point')})
    </p>
    {choices.length > 0 ? (
      <ul class="boxes">
        {choices.map(({ word, text }) => (
          <li key={word}>
            <span class="box" /> {word}
            {text.length > 0 && ': '}
            <Line text={text} />
          </li>
        ))}
      </ul>
    ) : (
      <div class="rule" />
    )}
    <div class="rule" />
  </div>
);

/** The handout. @param answers the key, where it is switched on */
export const Handout = ({
  lesson,
  answers,
}: {
  lesson: LessonData;
  answers: readonly LessonKey[] | undefined;
}) => (
  <article class="handout">
    <h2>{lesson.title}</h2>
    {lesson.parts.map((part, index) => {
      switch (part.kind) {
        case 'prose':
          return <Prose key={index} blocks={part.blocks} title={lesson.title} />;
        case 'show':
          return part.shown.map(({ title, lines }, which) => (
            <pre key={`${index} ${which}`}>{[title, ...lines].join('\n')}</pre>
          ));
        case 'question':
          return <Asked key={index} question={part.question} />;
      }
    })}
    {answers !== undefined && (
      <section class="answers">
        <h3>Answers</h3>
        {answers.map((one, index) => (
          <div key={one.id} class="answered">
            <b>{index + 1}.</b>
            <TrainersKey answers={one} />
          </div>
        ))}
      </section>
    )}
  </article>
);
