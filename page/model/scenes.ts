// Which scene of the story the reader is in. Knows no screen.

import type { PageScene } from '../../src/report/page-data.js';

/** The scene that was chosen; otherwise the first one of exactly this state, otherwise the last one before it. */
export const sceneAt = (scenes: readonly PageScene[], at: number, chosen: number | undefined): number => {
  if (chosen !== undefined && scenes[chosen]?.at === at) return chosen;
  const exact = scenes.findIndex((scene) => scene.at === at);
  if (exact >= 0) return exact;
  // Of steps and what happened in them the latest: they need not be in the order of their states.
  let found = 0;
  scenes.forEach((scene, index) => {
    if (scene.at <= at && scene.at >= scenes[found]!.at) found = index;
  });
  return found;
};
