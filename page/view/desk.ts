// Where the reader is, and how to go elsewhere: the state that all parts of the page share, kept in the address.

import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PageData, PageValue } from '../../src/report/page-data.js';
import { type Link, formatLink, readLink } from '../model/link.js';
import { type Side, otherState } from '../model/pairing.js';
import type { RunName, Wish } from '../../src/laboratory/run-name.js';
import { Run } from '../model/run.js';

/** The rooms of the page. */
export const ROOMS = ['start', 'story', 'step', 'change', 'course', 'decode'] as const;

/** One of them. */
export type RoomName = (typeof ROOMS)[number];

/** The parts of the room `step`. */
export const VIEWS = ['answer', 'machine', 'heap', 'lineage', 'oops', 'compare', 'story'] as const;

/** One of them. */
export type ViewName = (typeof VIEWS)[number];

/** Which run the page is about: its own, or one that its laboratory made. */
export interface ShownRun {
  /** What the laboratory calls the runs. */
  readonly names: readonly RunName[];
  /** What was changed; `undefined` for the page's own run. */
  readonly wish: Wish | undefined;
  /** Show another run, at a place; the page's own without a wish. A new entry of the browser's history. */
  load(wish: Wish | undefined, place: { readonly room: RoomName; readonly step?: number }): void;
}

/** Where the reader is. */
export interface Desk extends ShownRun {
  readonly data: PageData;
  readonly runs: readonly Run[];
  readonly side: Side;
  readonly run: Run;
  /** What the laboratory calls that run. */
  readonly name: RunName;
  readonly room: RoomName;
  readonly at: number;
  readonly view: ViewName;
  /** The scene of the story that was chosen, from 0; `undefined`: the one of the state. */
  readonly scene: number | undefined;
  /** The place that the reader asks about, as `oopslab why` takes it: `rax@400`. */
  readonly asked: string | undefined;
  /** The lesson that is taken; `undefined` for their list. */
  readonly lesson: string | undefined;
  /** Index of the value that is followed. */
  readonly value: number | undefined;
  /** Address of the object that is looked at. */
  readonly object: bigint | undefined;
  /** Go to a state; beyond the ends is the end. */
  go(state: number): void;
  by(states: number): void;
  /** Go into a room, and to a state of the run where one is given. A new entry of the browser's history. */
  enter(room: RoomName, state?: number): void;
  /** Go to a scene of the story; beyond the ends is the end. */
  tell(scene: number): void;
  /** Ask about a place; `undefined` closes the answer. A new entry of the browser's history. */
  ask(place: string | undefined): void;
  /** Take a lesson; `undefined` for their list. A new entry of the browser's history. */
  study(lesson: string | undefined): void;
  show(view: ViewName): void;
  follow(value: number | undefined): void;
  /** Look at an object; `undefined`: at the one that the code touches. */
  inspect(address: bigint | undefined): void;
  take(side: Side): void;
}

interface Place {
  readonly room: RoomName;
  readonly at: number;
  readonly scene: number | undefined;
  readonly asked: string | undefined;
  readonly lesson: string | undefined;
  readonly view: ViewName;
  readonly value: number | undefined;
  readonly object: bigint | undefined;
  readonly side: Side;
}

const clamp = (state: number, run: Run): number => Math.max(0, Math.min(Math.trunc(state), run.end));

const named = (values: readonly PageValue[], name: string): number[] =>
  values.flatMap((value, index) => (value.name === name ? [index] : []));

// Of several values of a name, the one that lives nearest to a state is meant.
const findValue = (run: Run, { value, nth }: Link, at: number): number | undefined => {
  if (value === undefined) return undefined;
  const indices = named(run.data.values, value);
  if (nth !== undefined) return indices[nth - 1];
  const alive = indices.findLast((index) =>
    run.data.values[index]!.places.some(({ from, until }) => from <= at && (until === null || until >= at)),
  );
  return alive ?? indices.at(-1);
};

const sceneOf = (run: Run, { scene }: Link, at: number): number | undefined =>
  scene !== undefined && run.data.scenes[scene - 1]?.at === at ? scene - 1 : undefined;

const placeOf = (runs: readonly Run[], link: Link): Place => {
  const side: Side = link.run === 2 && runs.length > 1 ? 1 : 0;
  const run = runs[side]!;
  const at = clamp(link.step ?? 0, run);
  // A link that names no room was made for the step that it names; one that names nothing leads to the start.
  const deep = link.step ?? link.view ?? link.value ?? link.object;
  return {
    room: ROOMS.find((name) => name === link.room) ?? (deep === undefined ? 'start' : 'step'),
    at,
    side,
    scene: sceneOf(run, link, at),
    asked: link.ask,
    lesson: link.lesson,
    view: VIEWS.find((name) => name === link.view) ?? (link.ask === undefined ? 'machine' : 'answer'),
    value: findValue(run, link, at),
    object: link.object === undefined ? undefined : BigInt(link.object),
  };
};

const linkOf = (
  runs: readonly Run[],
  { room, at, scene, view, asked, lesson, value, object, side }: Place,
): Link => {
  const { values } = runs[side]!.data;
  const name = value === undefined ? undefined : values[value]?.name;
  const same = name === undefined ? [] : named(values, name);
  return {
    room,
    ...(room === 'start' && at === 0 ? {} : { step: at }),
    ...(scene === undefined || room !== 'story' ? {} : { scene: scene + 1 }),
    ...(asked === undefined ? {} : { ask: asked }),
    ...(lesson === undefined || room !== 'course' ? {} : { lesson }),
    ...(name === undefined ? {} : { value: name }),
    ...(value !== undefined && same.length > 1 ? { nth: same.indexOf(value) + 1 } : {}),
    ...(view === (asked === undefined ? 'machine' : 'answer') ? {} : { view }),
    ...(object === undefined ? {} : { object: `0x${object.toString(16)}` }),
    ...(side === 0 ? {} : { run: 2 }),
  };
};

/**
 * The page's state.
 *
 * @param data what the page is about
 * @param shown which run that is
 */
export const useDesk = (data: PageData, shown: ShownRun): Desk => {
  const runs = useMemo(() => data.runs.map((run) => new Run(run)), [data]);
  // The address as it was last read or written here. Another one was followed or typed since, and its event is to come.
  const address = useRef(location.hash);
  const [place, setPlace] = useState(() => placeOf(runs, readLink(address.current)));
  const run = runs[place.side] ?? runs[0]!;

  // A link of this page, followed or typed, and the browser's own back and forward; also before this listens.
  useEffect(() => {
    const follow = (): void => {
      address.current = location.hash;
      setPlace(placeOf(runs, readLink(address.current)));
    };
    if (location.hash !== address.current) follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [runs]);

  // Another room or another question is a new entry of the history: back leads to the one before.
  const visited = useRef(`${place.room} ${place.asked ?? ''} ${place.lesson ?? ''}`);
  useEffect(() => {
    const visit = `${place.room} ${place.asked ?? ''} ${place.lesson ?? ''}`;
    if (visited.current === visit) return;
    visited.current = visit;
    const hash = formatLink(linkOf(runs, place));
    if (hash !== location.hash) history.pushState(null, '', hash);
    address.current = location.hash;
  }, [runs, place]);

  // Not at every step of a play or of a drag: browsers refuse that many.
  useEffect(() => {
    const timer = setTimeout(() => {
      const hash = formatLink(linkOf(runs, place));
      const isOwn = location.hash === address.current;
      if (isOwn && hash !== location.hash) history.replaceState(null, '', hash);
      address.current = location.hash;
    }, 150);
    return () => clearTimeout(timer);
  }, [runs, place]);

  const change = useCallback(
    (part: (before: Place) => Partial<Place>) => setPlace((before) => ({ ...before, ...part(before) })),
    [],
  );
  return {
    ...shown,
    data,
    runs,
    run,
    name: shown.names[place.side] ?? 'A',
    ...place,
    go: useCallback(
      (state) => change(({ side }) => ({ at: clamp(state, runs[side]!), scene: undefined })),
      [change, runs],
    ),
    by: useCallback(
      (states) => change(({ side, at }) => ({ at: clamp(at + states, runs[side]!), scene: undefined })),
      [change, runs],
    ),
    enter: useCallback(
      (room, state) =>
        change(({ side }) => ({
          room,
          ...(state === undefined ? {} : { at: clamp(state, runs[side]!), scene: undefined }),
        })),
      [change, runs],
    ),
    tell: useCallback(
      (scene) =>
        change(({ side }) => {
          const { scenes } = runs[side]!.data;
          const index = Math.max(0, Math.min(scene, scenes.length - 1));
          const at = scenes[index]?.at;
          return at === undefined ? {} : { at: clamp(at, runs[side]!), scene: index };
        }),
      [change, runs],
    ),
    ask: useCallback(
      (asked) =>
        change(({ view }) => ({
          asked,
          view: asked !== undefined ? 'answer' : view === 'answer' ? 'machine' : view,
        })),
      [change],
    ),
    study: useCallback((lesson) => change(() => ({ lesson })), [change]),
    show: useCallback((view) => change(() => ({ view })), [change]),
    follow: useCallback((value) => change(() => ({ value })), [change]),
    inspect: useCallback((object) => change(() => ({ object })), [change]),
    take: useCallback(
      (side) =>
        change((before) => {
          if (before.side === side || data.comparison === null || runs[side] === undefined) return {};
          const at = otherState(data.comparison, data.runs, before.side, before.at);
          return {
            side,
            at,
            value: undefined,
            scene: undefined,
            asked: undefined,
            view: before.view === 'answer' ? 'machine' : before.view,
          };
        }),
      [change, data, runs],
    ),
  };
};
