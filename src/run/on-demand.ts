// Which functions on demand a world can do without, because nothing in it can call them.
// Knows selections and their direct calls; no memory.

import { type Release, type Snippet, isShipped } from '../release/snippet.js';

/**
 * Functions of a release that are on demand and that nothing calls: no shipped function of the selection, none that
 * one of those calls, and no step. Where some code is a user's own, which may call through a pointer, there are none.
 *
 * @param isNamed whether the scenario itself names a function
 */
export const findIdle = (
  release: Release,
  selected: readonly Snippet[],
  isNamed: (name: string) => boolean,
): ReadonlySet<string> => {
  if (!selected.every(isShipped)) return new Set();
  const idle = new Set(release.onDemand.filter((name) => !isNamed(name)));
  const snippets = new Map(selected.map((snippet) => [snippet.function, snippet]));
  const wake = (name: string): void => {
    for (const { symbol } of snippets.get(name)?.manifest.calls ?? []) if (idle.delete(symbol)) wake(symbol);
  };
  for (const name of snippets.keys()) if (!idle.has(name)) wake(name);
  return idle;
};
