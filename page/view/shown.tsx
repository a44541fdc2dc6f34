// Which run the page shows: its own, or one that its laboratory makes, as a link or the reader wishes. A run that is made
// takes the place of the page's whole state; the reader's place in it is in the address.

import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunName, Wish } from '../../src/laboratory/run-name.js';
import type { PageData, PageRun } from '../../src/report/page-data.js';
import { laboratory } from '../model/laboratory.js';
import { formatLink } from '../model/link.js';
import { carryWish, readWish, wishKey } from '../model/wish-link.js';
import { App } from './app.js';
import { Boundary } from './boundary.js';
import type { ShownRun } from './desk.js';

interface Shown {
  readonly data: PageData;
  readonly wish: Wish | undefined;
  readonly number: number;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const nameOf = ({ scenario, parameters }: PageRun): Wish => ({
  scenario,
  set: Object.fromEntries(parameters),
});

// The laboratory's names of what is shown; A and B are the runs of the file.
const namesOf = ({ data, wish }: Pick<Shown, 'data' | 'wish'>): readonly RunName[] => {
  const control = data.runs[1];
  if (wish === undefined) return ['A', 'B'];
  return [wish, ...(control === undefined ? [] : [nameOf(control)])];
};

/** The page, with the run that it shows. @param own what it was made of */
export const ShownPage = ({ own }: { own: PageData }) => {
  const [shown, setShown] = useState<Shown>({ data: own, wish: undefined, number: 0 });
  const [making, setMaking] = useState<AbortController>();
  const [problem, setProblem] = useState<string>();
  // Who follows a link to a run sees no other one before it.
  const [isArriving, setArriving] = useState(() => readWish(location.hash).wish !== undefined);
  const current = useRef({ wish: shown.wish, making: undefined as AbortController | undefined });

  const put = useCallback((data: PageData, wish: Wish | undefined, hash: string): void => {
    current.current = { wish, making: undefined };
    // The page as it was has written its own place meanwhile.
    if (location.hash !== hash) history.replaceState(null, '', hash);
    carryWish(wish);
    setMaking(undefined);
    setArriving(false);
    setShown(({ number }) => ({ data, wish, number: number + 1 }));
  }, []);

  const make = useCallback(
    async (wish: Wish | undefined, hash: string): Promise<void> => {
      current.current.making?.abort();
      setProblem(undefined);
      if (wish === undefined) return put(own, undefined, hash);
      const stop = new AbortController();
      current.current = { wish, making: stop };
      setMaking(stop);
      try {
        const data = await laboratory.ask('run', { ...wish, page: true }, { signal: stop.signal });
        if (current.current.making === stop && data !== null) put(data, wish, hash);
      } catch (error) {
        if (current.current.making !== stop) return;
        current.current = { wish: undefined, making: undefined };
        setMaking(undefined);
        setArriving(false);
        setProblem(messageOf(error));
      }
    },
    [own, put],
  );

  // A link of this page, followed or typed, and the browser's own back and forward.
  useEffect(() => {
    const follow = (): void => {
      const { wish, problem: wrong } = readWish(location.hash);
      if (wrong !== undefined) return setProblem(wrong);
      if (wishKey(wish) !== wishKey(current.current.wish)) void make(wish, location.hash);
    };
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [make]);

  // Made ready while the reader looks at the first page, so that the first change need not wait.
  useEffect(() => {
    if (!laboratory.isThere) return undefined;
    const start = (): void => void laboratory.start().catch(() => undefined);
    if (typeof requestIdleCallback === 'function') {
      const handle = requestIdleCallback(start, { timeout: 2000 });
      return () => cancelIdleCallback(handle);
    }
    const timer = setTimeout(start, 500);
    return () => clearTimeout(timer);
  }, []);

  const load = useCallback<ShownRun['load']>(
    (wish, { room, step }) => {
      const hash = formatLink({
        room,
        ...(step === undefined ? {} : { step }),
        wish,
      });
      if (hash !== location.hash) history.pushState(null, '', hash);
      void make(wish, hash);
    },
    [make],
  );
  const run = useMemo<ShownRun>(() => ({ names: namesOf(shown), wish: shown.wish, load }), [shown, load]);

  return (
    <>
      {making !== undefined && (
        <p class="shown-note" role="status">
          The run is made…{' '}
          <button type="button" onClick={() => making.abort()}>
            Stop
          </button>
        </p>
      )}
      {problem !== undefined && (
        <p class="shown-note shown-problem" role="alert">
          This run is not shown: {problem}.{' '}
          <button type="button" onClick={() => setProblem(undefined)}>
            Close
          </button>
        </p>
      )}
      {!isArriving && (
        <Boundary key={shown.number}>
          <App data={shown.data} shown={run} />
        </Boundary>
      )}
    </>
  );
};
