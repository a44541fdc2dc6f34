// The key of a question, for a trainer.

import type { LessonKey } from '../../src/laboratory/lesson-data.js';
import { plural } from './worth.js';

/** The key. */
export const TrainersKey = ({ answers: { answers, why, hints, wrong } }: { answers: LessonKey }) => (
  <aside class="key" aria-label="Trainer's key">
    <p>
      <b>Right:</b> {answers.join(', ')}
    </p>
    {why.length > 0 && (
      <ul>
        {why.map((one, index) => (
          <li key={index}>because {one}</li>
        ))}
      </ul>
    )}
    {hints.map(({ text, cost }, index) => (
      <p key={index}>
        <b>Hint, {plural(cost, 'point')}:</b> {text}
      </p>
    ))}
    {wrong.map(({ answer, reason }, index) => (
      <p key={index}>
        <b>Wrong:</b> <code>{answer}</code>. {reason}
      </p>
    ))}
  </aside>
);
