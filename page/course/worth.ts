// What a question of a lesson still gives, and what it costs to ask: as the terminal counts.

import type { LessonQuestion } from '../../src/laboratory/lesson-data.js';
import type { Standing } from '../../src/lesson/said.js';
import { pointsLeft } from '../../src/lesson/scoring.js';

/** `1 point`, `3 points`. */
export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Points that a right answer gives now. */
export const leftOf = (
  { points, hints, choices }: LessonQuestion,
  { wrong, hints: read }: Standing,
): number =>
  pointsLeft(
    {
      points,
      hints: hints.map((cost) => ({ cost })),
      choices: Object.fromEntries(choices.map(({ word }) => [word, ''])),
    },
    wrong,
    read,
  );
