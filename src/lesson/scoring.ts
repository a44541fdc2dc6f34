// Points: a hint costs what it says, and a wrong answer more than any hint, so that guessing is dearer than asking.

import { greatest } from '../base/long-lists.js';

/** What of a question counts. */
interface Scored {
  readonly points: number;
  readonly hints: readonly { readonly cost: number }[];
  /** Of a choice, by word. */
  readonly choices: Readonly<Record<string, string>>;
}

/** What a wrong answer costs: a point more than the dearest hint; of two choices a wrong one leaves the other, so all. */
export const wrongCost = ({ points, hints, choices }: Scored): number => {
  if (Object.keys(choices).length === 2) return points;
  return Math.max(1, greatest(hints.map(({ cost }) => cost))) + 1;
};

/** What a right answer still gives. @param hints how many were read */
export const pointsLeft = (question: Scored, wrong: number, hints: number): number => {
  const read = question.hints.slice(0, hints).reduce((sum, { cost }) => sum + cost, 0);
  return Math.max(0, question.points - read - wrong * wrongCost(question));
};
