// How far the reader is in the lessons, as a text that is kept. Knows no browser.

import type { Said, Standing } from '../../src/lesson/said.js';

const FORMAT = 'oopslab lessons of a page 1';
const MOST = 1 << 20; // characters

/** What was said at a question. */
export interface Exchange {
  readonly line: string;
  readonly said: Said;
}

/** How a question went, or goes. */
export interface Done {
  readonly standing: Standing;
  /** Answers, hints and the end; looks at the run are not kept. */
  readonly exchanges: readonly Exchange[];
}

/** By lesson, then by question. */
export type Progress = Readonly<Record<string, Readonly<Record<string, Done>>>>;

/** A question at which nothing was said. */
export const FRESH: Done = { standing: { wrong: 0, hints: 0, given: [] }, exchanges: [] };

/** What ended a question; `undefined` while it is open. */
export const endOf = (done: Done | undefined): (Said & { kind: 'right' | 'skipped' }) | undefined => {
  const said = done?.exchanges.at(-1)?.said;
  return said?.kind === 'right' || said?.kind === 'skipped' ? said : undefined;
};

/** Points of a question that is over. */
export const pointsOf = (done: Done | undefined): number => {
  const end = endOf(done);
  return end?.kind === 'right' ? end.points : 0;
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

// Of what is said, only what is kept.
const SAID: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  right: { points: isCount, reason: isText, remark: isText },
  wrong: { again: isFlag, left: isCount, reason: isText },
  unread: { reason: isText },
  hint: { text: isText, cost: isCount },
  skipped: { answers: areTexts, why: areTexts, more: isCount, remark: isText },
};

const isSaid = (value: unknown): boolean => {
  if (!isFields(value) || typeof value['kind'] !== 'string' || !Object.hasOwn(SAID, value['kind']))
    return false;
  return Object.entries(SAID[value['kind']]!).every(([name, holds]) => holds(value[name]));
};

const isDone = (value: unknown): value is Done => {
  if (!isFields(value) || !isFields(value['standing']) || !Array.isArray(value['exchanges'])) return false;
  const { wrong, hints, given } = value['standing'];
  const all = value['exchanges'] as readonly unknown[];
  const right = all.every((one) => isFields(one) && isText(one['line']) && isSaid(one['said']));
  return isCount(wrong) && isCount(hints) && areTexts(given) && right;
};

/** Read what is kept; what is damaged, or of another version, counts as nothing. */
export const readProgress = (text: string | null): Progress => {
  if (text === null || text.length > MOST) return {};
  try {
    const kept = JSON.parse(text) as unknown;
    if (!isFields(kept) || kept['format'] !== FORMAT || !isFields(kept['lessons'])) return {};
    const lessons = Object.entries(kept['lessons']).filter(
      ([, all]) => isFields(all) && Object.values(all).every(isDone),
    );
    return Object.fromEntries(lessons) as Progress;
  } catch {
    return {};
  }
};

/** The text that is kept. */
export const progressText = (lessons: Progress): string => JSON.stringify({ format: FORMAT, lessons });
