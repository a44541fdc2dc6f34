// Where the reader is, and how to go elsewhere: the state that all parts of the page share, kept in the address.

import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { PageData, PageValue } from '../../src/report/page-data.js';
import { type Link, formatLink, readLink } from '../model/link.js';
import { type Side, otherState } from '../model/pairing.js';
import { Run } from '../model/run.js';

/** The parts of the page that share a place. */
export const VIEWS = ['machine', 'heap', 'lineage', 'oops', 'compare', 'story'] as const;

/** One of them. */
export type ViewName = (typeof VIEWS)[number];

/** Where the reader is. */
export interface Desk {
  readonly data: PageData;
  readonly runs: readonly Run[];
  readonly side: Side;
  readonly run: Run;
  readonly at: number;
  readonly view: ViewName;
  /** Index of the value that is followed. */
  readonly value: number | undefined;
  /** Address of the object that is looked at. */
  readonly object: bigint | undefined;
  /** Go to a state; beyond the ends is the end. */
  go(state: number): void;
  by(states: number): void;
  show(view: ViewName): void;
  follow(value: number | undefined): void;
  inspect(address: bigint): void;
  take(side: Side): void;
}

interface Place {
  readonly at: number;
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

const placeOf = (runs: readonly Run[], link: Link): Place => {
  const side: Side = link.run === 2 && runs.length > 1 ? 1 : 0;
  const run = runs[side]!;
  const at = clamp(link.step ?? 0, run);
  return {
    at,
    side,
    view: VIEWS.find((name) => name === link.view) ?? 'machine',
    value: findValue(run, link, at),
    object: link.object === undefined ? undefined : BigInt(link.object),
  };
};

const linkOf = (runs: readonly Run[], { at, view, value, object, side }: Place): Link => {
  const { values } = runs[side]!.data;
  const name = value === undefined ? undefined : values[value]?.name;
  const same = name === undefined ? [] : named(values, name);
  return {
    step: at,
    ...(name === undefined ? {} : { value: name }),
    ...(value !== undefined && same.length > 1 ? { nth: same.indexOf(value) + 1 } : {}),
    ...(view === 'machine' ? {} : { view }),
    ...(object === undefined ? {} : { object: `0x${object.toString(16)}` }),
    ...(side === 0 ? {} : { run: 2 }),
  };
};

/** The page's state. @param data what the page is about */
export const useDesk = (data: PageData): Desk => {
  const runs = useMemo(() => data.runs.map((run) => new Run(run)), [data]);
  const [place, setPlace] = useState(() => placeOf(runs, readLink(location.hash)));
  const run = runs[place.side] ?? runs[0]!;

  // A link of this page, followed or typed.
  useEffect(() => {
    const follow = (): void => setPlace(placeOf(runs, readLink(location.hash)));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [runs]);

  // Not at every step of a play or of a drag: browsers refuse that many.
  useEffect(() => {
    const timer = setTimeout(() => {
      const hash = formatLink(linkOf(runs, place));
      if (hash !== location.hash) history.replaceState(null, '', hash);
    }, 150);
    return () => clearTimeout(timer);
  }, [runs, place]);

  const change = useCallback(
    (part: (before: Place) => Partial<Place>) => setPlace((before) => ({ ...before, ...part(before) })),
    [],
  );
  return {
    data,
    runs,
    run,
    ...place,
    go: useCallback((state) => change(({ side }) => ({ at: clamp(state, runs[side]!) })), [change, runs]),
    by: useCallback(
      (states) => change(({ side, at }) => ({ at: clamp(at + states, runs[side]!) })),
      [change, runs],
    ),
    show: useCallback((view) => change(() => ({ view })), [change]),
    follow: useCallback((value) => change(() => ({ value })), [change]),
    inspect: useCallback((object) => change(() => ({ object })), [change]),
    take: useCallback(
      (side) =>
        change((before) => {
          if (before.side === side || data.comparison === null || runs[side] === undefined) return {};
          const at = otherState(data.comparison, data.runs, before.side, before.at);
          return { side, at, value: undefined };
        }),
      [change, data, runs],
    ),
  };
};
