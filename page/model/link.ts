// The part of the address after `#`: the reader's place in the page, so that a link leads there. Wrong parts are
// ignored.

import type { Wish } from '../../src/laboratory/run-name.js';
import { carriedWish, writeWish } from './wish-link.js';

/** The reader's place. */
export interface Link {
  readonly step?: number;
  /** The room: `story`. */
  readonly room?: string;
  /** A lesson of the course, by its name. */
  readonly lesson?: string;
  /** A scene of the story, from 1: several can show the same step. */
  readonly scene?: number;
  /** A place that is asked about: `rax@400`, as `oopslab why` takes it. */
  readonly ask?: string;
  /** Name of a value, and which of that name, from 1. */
  readonly value?: string;
  readonly nth?: number;
  readonly view?: string;
  /** Address of an object: `0x…`. */
  readonly object?: string;
  /** Which run, from 1. */
  readonly run?: number;
  /** The run that it is about, where that is not the page's own; the one that is shown without the field. */
  readonly wish?: Wish | undefined;
}

const MAX_TEXT = 200;

const count = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/u.test(text) ? Number(text) : undefined;

const text = (found: string | null): string | undefined =>
  found === null || found === '' || found.length > MAX_TEXT ? undefined : found;

/** Read `#step=412&value=vma`. */
export const readLink = (hash: string): Link => {
  const found = new URLSearchParams(hash.replace(/^#/u, ''));
  const object = text(found.get('object'));
  const fields = {
    room: text(found.get('room')),
    lesson: text(found.get('lesson')),
    step: count(found.get('step')),
    scene: count(found.get('scene')),
    ask: text(found.get('ask')),
    value: text(found.get('value')),
    nth: count(found.get('nth')),
    view: text(found.get('view')),
    object: object !== undefined && /^0x[0-9a-f]{1,16}$/u.test(object) ? object : undefined,
    run: count(found.get('run')),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
};

/** Write it, in a fixed order. */
export const formatLink = (link: Link): string => {
  const found = new URLSearchParams();
  const names = ['room', 'lesson', 'step', 'scene', 'ask', 'value', 'nth', 'view', 'object', 'run'] as const;
  for (const name of names) {
    const field = link[name];
    if (field !== undefined) found.set(name, String(field));
  }
  writeWish(found, 'wish' in link ? link.wish : carriedWish());
  return `#${found.toString()}`;
};
