// The reader's progress as the parts of the room share it.

import { useState } from 'preact/hooks';
import { type Done, FRESH, type Progress } from './kept.js';
import { loadProgress, saveProgress } from './storage.js';

/** The progress, and how it changes. */
export interface Kept {
  readonly progress: Progress;
  /** Whether the browser keeps it. */
  readonly isKept: boolean;
  of(lesson: string, question: string): Done;
  put(lesson: string, question: string, done: Done): void;
  /** Forget a lesson. */
  forget(lesson: string): void;
}

/** The progress of the room. */
export const useProgress = (): Kept => {
  const [progress, setProgress] = useState(loadProgress);
  const [isKept, setKept] = useState(true);
  // What another window kept in the meantime stays.
  const change = (part: (before: Progress) => Progress): void => {
    const after = part(loadProgress());
    setProgress(after);
    setKept(saveProgress(after));
  };
  return {
    progress,
    isKept,
    of: (lesson, question) => progress[lesson]?.[question] ?? FRESH,
    put: (lesson, question, done) =>
      change((before) => ({ ...before, [lesson]: { ...before[lesson], [question]: done } })),
    forget: (lesson) => change(({ [lesson]: _gone, ...others }) => others),
  };
};
