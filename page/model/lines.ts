// When a line of code ran. Knows no screen.

import type { Run } from './run.js';

// The number of the site that a line is; -1 where it never ran.
const siteOf = ({ data }: Run, fn: number, line: number): number =>
  data.sites.findIndex((site) => site.function === fn && site.line === line);

/**
 * What to ask about a line of code: RIP at the last time up to a state that it ran, otherwise at the first time after
 * it; of a line that never ran, RIP there, which is refused.
 *
 * @param place function and line by their numbers: `3 17`
 */
export const lineAsked = (run: Run, place: string, state: number): string => {
  const [fn = -1, line = -1] = place.split(' ').map(Number);
  const site = siteOf(run, fn, line);
  const { path, functions } = run.data;
  if (site < 0) {
    const found = functions[fn];
    return `rip@${found?.name}+0x${(found?.lines[line]?.offset ?? 0).toString(16)}`;
  }
  const before = path.lastIndexOf(site, state);
  return `rip@${before < 0 ? path.indexOf(site) : before}`;
};

/** The times that the instruction of a state ran. */
export interface Times {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** When the instruction that runs in a state ran besides. */
export const timesOf = ({ data: { path } }: Run, state: number): Times | undefined => {
  const site = path[state];
  if (site === undefined) return undefined;
  let count = 0;
  for (const one of path) if (one === site) count += 1;
  const before = state === 0 ? -1 : path.lastIndexOf(site, state - 1);
  const after = path.indexOf(site, state + 1);
  return {
    count,
    first: path.indexOf(site),
    last: path.lastIndexOf(site),
    before: before < 0 ? undefined : before,
    after: after < 0 ? undefined : after,
  };
};
