// The parts of a lesson: where its questions stand, and how far the reading goes.

import type { LessonPart, LessonQuestion } from '../../src/laboratory/lesson-data.js';

/** Its questions. */
export const questionsOf = (parts: readonly LessonPart[]): LessonQuestion[] =>
  parts.flatMap((part) => (part.kind === 'question' ? [part.question] : []));

/** Where a question stands; -1 for none. */
export const indexOf = (parts: readonly LessonPart[], id: string | undefined): number =>
  parts.findIndex((part) => part.kind === 'question' && part.question.id === id);

/** The parts up to a question: what stands behind the one that the reader is at may answer it. All without one. */
export const partsUpTo = (parts: readonly LessonPart[], id: string | undefined): readonly LessonPart[] => {
  const at = indexOf(parts, id);
  return at < 0 ? parts : parts.slice(0, at + 1);
};

/** Where the page of a part begins: at a heading. */
export const pageOf = (parts: readonly LessonPart[], at: number): number =>
  Math.max(
    0,
    parts.findLastIndex(
      (part, index) => index <= at && part.kind === 'prose' && part.blocks[0]?.kind === 'heading',
    ),
  );
