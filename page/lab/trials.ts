// Runs while the reader changes something: one at a time, and of the wishes that come meanwhile only the last.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Trial } from '../../src/laboratory/change-questions.js';
import type { Refusal } from '../../src/laboratory/questions.js';
import type { Wish } from '../../src/laboratory/run-name.js';
import { RefusedError, laboratory } from '../model/laboratory.js';

/** What is known of the last wish. */
export interface Trials {
  /** The last run that was made, and what was wished for it. */
  readonly last: { readonly wish: Wish; readonly trial: Trial } | undefined;
  /** Why the last wish is no run; then `last` is about one before it. */
  readonly problem: Refusal | undefined;
  readonly isBusy: boolean;
  wish(wish: Wish): void;
  /** End a run that takes long. */
  stop(): void;
}

const refusalOf = (error: unknown): Refusal =>
  error instanceof RefusedError
    ? error.refusal
    : { code: 'ERR_LABORATORY', message: error instanceof Error ? error.message : String(error) };

/** @param first what runs at once */
export const useTrials = (first: Wish): Trials => {
  const [last, setLast] = useState<Trials['last']>();
  const [problem, setProblem] = useState<Refusal>();
  const [isBusy, setBusy] = useState(false);
  const waiting = useRef<Wish | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);

  const go = useCallback(async (): Promise<void> => {
    for (let next = waiting.current; next !== undefined; next = waiting.current) {
      const wished = next;
      waiting.current = undefined;
      running.current = new AbortController();
      setBusy(true);
      try {
        await laboratory.ask('run', wished, {
          signal: running.current.signal,
          onTold: (trial) => {
            setLast({ wish: wished, trial });
            setProblem(undefined);
          },
        });
      } catch (error) {
        setProblem(refusalOf(error));
      }
    }
    running.current = undefined;
    setBusy(false);
  }, []);

  const wish = useCallback(
    (wished: Wish): void => {
      waiting.current = wished;
      if (running.current === undefined) void go();
    },
    [go],
  );
  useEffect(() => wish(first), []);
  return { last, problem, isBusy, wish, stop: useCallback(() => running.current?.abort(), []) };
};
