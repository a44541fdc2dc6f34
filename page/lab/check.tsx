// Whether a candidate holds: chosen by its name or pasted as an object, tried world by world while the reader watches. The
// words of a verdict are those of `oopslab check`; a check that was ended has none.

import { useRef, useState } from 'preact/hooks';
import type { CheckDone, OfferedCheck } from '../../src/laboratory/change-questions.js';
import type { Wish } from '../../src/laboratory/run-name.js';
import { RefusedError, laboratory } from '../model/laboratory.js';
import { Counterexample } from './counterexample.js';
import { PastedObject, type Pasted } from './pasted.js';

const RUNS = ['1000', '10000', '100000'] as const;
const ALL = '*';
const OWN = '+';
const PATIENCE = 3000; // ms until a check that was asked to end is ended

interface Counted {
  readonly candidate: string;
  readonly tried: number;
}

const Done = ({ one, onRun }: { one: CheckDone; onRun: (wish: Wish) => void }) => {
  const { done, verdict, incomplete, world } = one;
  const isUntried = verdict === 'not checked';
  const isBad = done.verdict !== 'holds' && !isUntried;
  return (
    <li class={isBad ? 'lab-corrupt' : done.complete ? 'lab-safe' : 'lab-partly'}>
      <p>
        <b>{done.name}</b> <strong>{verdict}</strong>
        {done.property === null ? '' : ` ${done.property}`}{' '}
        <span class="lab-count">
          {done.runs} {done.runs === 1 ? 'world' : 'worlds'}
        </span>
      </p>
      {incomplete !== null && <p>{incomplete}.</p>}
      {incomplete === null && done.reason !== null && !isUntried && <p>{done.reason}.</p>}
      {done.expected !== null && done.expected !== done.verdict && !isUntried && (
        <p>
          Expected: {done.expected}.
          {done.expected === 'breaks' &&
            done.verdict === 'holds' &&
            ' Given enough worlds, a check finds that.'}
        </p>
      )}
      {world !== null && <Counterexample done={done} world={world} onRun={onRun} />}
    </li>
  );
};

/** Props of the check. */
export interface CheckPanelProps {
  readonly offer: OfferedCheck;
  /** Step through a world. */
  readonly onRun: (wish: Wish) => void;
}

/** The check. */
export const CheckPanel = ({ offer, onRun }: CheckPanelProps) => {
  const [chosen, setChosen] = useState(offer.candidates[0]?.name ?? OWN);
  const [runs, setRuns] = useState<string>(RUNS[1]);
  const [object, setObject] = useState<Pasted>();
  const [counted, setCounted] = useState<Counted>();
  const [done, setDone] = useState<readonly CheckDone[]>([]);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [end, setEnd] = useState<string>();
  const [isRunning, setRunning] = useState(false);
  const hurry = useRef<AbortController | undefined>(undefined);
  const stop = useRef<AbortController | undefined>(undefined);

  const start = async (): Promise<void> => {
    [hurry.current, stop.current] = [new AbortController(), new AbortController()];
    setDone([]);
    setNotes([]);
    setEnd(undefined);
    setCounted(undefined);
    setRunning(true);
    const asks = { scenario: offer.scenario, runs: Number(runs), seed: 1 };
    const candidates = chosen === ALL || chosen === OWN ? {} : { candidates: [chosen] };
    try {
      const { isInterrupted } = await laboratory.ask(
        'check',
        { ...asks, ...candidates, ...(chosen === OWN && object !== undefined ? { object } : {}) },
        {
          interrupt: hurry.current.signal,
          signal: stop.current.signal,
          onTold: (told) => {
            if ('done' in told) setDone((known) => [...known, told]);
            else if ('note' in told) setNotes((known) => [...known, told.note]);
            else setCounted(told);
          },
        },
      );
      setEnd(isInterrupted ? 'Stopped. What was found by then is above.' : undefined);
    } catch (error) {
      const why = error instanceof RefusedError ? error.refusal.message : String(error);
      setEnd(`No verdict: ${why}.`);
    } finally {
      setRunning(false);
    }
  };
  // First it is asked for what it knows; only a check that does not answer is ended without a word of its own.
  const interrupt = (): void => {
    hurry.current?.abort();
    const running = stop.current;
    setTimeout(() => running?.abort(), PATIENCE);
  };

  return (
    <section class="lab-card" aria-labelledby="lab-check-title">
      <h2 id="lab-check-title">Does a fix hold?</h2>
      <p class="lab-help">
        Worlds of <code>{offer.scenario}</code> are drawn, and each runs <code>{offer.function}()</code>: the
        first that breaks a promise is made as small as it gets.
      </p>
      <div class="lab-row">
        <label>
          version{' '}
          <select
            value={chosen}
            onChange={(event) => setChosen(event.currentTarget.value)}
            disabled={isRunning}
          >
            {offer.candidates.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            {offer.candidates.length > 1 && <option value={ALL}>all of them</option>}
            <option value={OWN}>an object of yours</option>
          </select>
        </label>
        <label>
          worlds{' '}
          <select value={runs} onChange={(event) => setRuns(event.currentTarget.value)} disabled={isRunning}>
            {RUNS.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        {isRunning ? (
          <button type="button" class="lab-main" onClick={interrupt}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            class="lab-main"
            disabled={chosen === OWN && object === undefined}
            onClick={() => void start()}
          >
            Check
          </button>
        )}
      </div>
      {chosen === OWN && <PastedObject function={offer.function} object={object} onObject={setObject} />}
      {counted !== undefined && (
        <p class="lab-counter" aria-hidden="true">
          <b>{counted.tried}</b> of {runs} worlds of {counted.candidate}
          <progress max={Number(runs)} value={counted.tried} />
        </p>
      )}
      <div role="status">
        {isRunning && counted === undefined && done.length === 0 && <p>The check begins…</p>}
        {end !== undefined && <p class="lab-end">{end}</p>}
        <ol class="lab-verdicts">
          {done.map((one) => (
            <Done key={one.done.name} one={one} onRun={onRun} />
          ))}
        </ol>
        {notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
      </div>
    </section>
  );
};
