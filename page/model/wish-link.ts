// A run with other parameters in the address: the scenario, a value for each parameter, and which variants of functions
// take the place of others. A link may come from anybody: what is too much is refused, and nothing of it is tried.

import type { Wish } from '../../src/laboratory/run-name.js';

/** Bounds of a link. A text has 4095 bytes at most, each written as `\xHH`. */
const MAX_LINK = 32_768; // characters
const MAX_NAME = 100;
const MAX_VALUE = 16_384;
const MAX_VALUES = 64;

/** What a link asks for: a run, or why there is none. */
export interface WishLink {
  readonly wish?: Wish;
  readonly problem?: string;
}

const entriesOf = (found: URLSearchParams, prefix: string): [name: string, value: string][] =>
  [...found].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : []));

/** Read `#scenario=shm-close-bug&set.prepath=%2Fteam`. */
export const readWish = (hash: string): WishLink => {
  if (!/[#&](?:scenario|set\.|code\.|pasted)/u.test(hash)) return {};
  if (hash.length > MAX_LINK)
    return { problem: `the link has ${hash.length} characters, at most ${MAX_LINK} are read` };
  const found = new URLSearchParams(hash.replace(/^#/u, ''));
  const scenario = found.get('scenario') ?? '';
  const [set, code] = [entriesOf(found, 'set.'), entriesOf(found, 'code.')];
  if (found.has('pasted'))
    return { problem: 'the link is about code that was pasted into a page, and the code is not in it' };
  if (!/^[a-z0-9][a-z0-9.-]*$/u.test(scenario) || scenario.length > MAX_NAME)
    return { problem: 'the link names no scenario' };
  if (set.length > MAX_VALUES || code.length > MAX_VALUES)
    return { problem: `the link has more than ${MAX_VALUES} values` };
  const isLong = ([name, value]: [string, string]): boolean =>
    name.length > MAX_NAME || value.length > MAX_VALUE;
  if (set.some(isLong) || code.some(isLong)) return { problem: 'the link has a value that is too long' };
  const variants = Object.fromEntries(code);
  return {
    wish: {
      scenario,
      set: Object.fromEntries(set),
      ...(code.length === 0 ? {} : { candidate: { name: 'candidate', variants, files: {} } }),
    },
  };
};

/** Whether all of a run is in its link: code that was pasted is not. */
export const isLinkable = ({ candidate }: Wish): boolean =>
  candidate === undefined || Object.keys(candidate.files).length === 0;

/** Write it. */
export const writeWish = (found: URLSearchParams, wish: Wish | undefined): void => {
  if (wish === undefined) return;
  if (!isLinkable(wish)) return found.set('pasted', '1');
  found.set('scenario', wish.scenario);
  for (const [name, value] of Object.entries(wish.set)) found.set(`set.${name}`, value);
  for (const [name, variant] of Object.entries(wish.candidate?.variants ?? {}))
    found.set(`code.${name}`, variant);
};

let carried: Wish | undefined;

/** The run that the page shows, which every link of the page is about. */
export const carriedWish = (): Wish | undefined => carried;

/** Another run is shown. */
export const carryWish = (wish: Wish | undefined): void => {
  carried = wish;
};

/** What tells two runs apart. */
export const wishKey = (wish: Wish | undefined): string => {
  const found = new URLSearchParams();
  writeWish(found, wish);
  return `${found.toString()} ${JSON.stringify(wish?.candidate?.files ?? {})}`;
};
