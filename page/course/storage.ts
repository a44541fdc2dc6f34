// Where progress is kept: by the browser, under one key; by one that keeps nothing, until the page is left.

import { type Progress, progressText, readProgress } from './kept.js';

const KEY = 'oopslab lessons';

// Where the browser keeps nothing.
let memory: Progress | undefined;

/** The progress that is kept. */
export const loadProgress = (): Progress => {
  if (memory !== undefined) return memory;
  try {
    return readProgress(localStorage.getItem(KEY));
  } catch {
    return {};
  }
};

/** Keep it. @returns whether the browser does, longer than the page is open */
export const saveProgress = (lessons: Progress): boolean => {
  try {
    localStorage.setItem(KEY, progressText(lessons));
    memory = undefined;
    return true;
  } catch {
    memory = lessons;
    return false;
  }
};
