// The controls of the live page: parameters, what the last run did, and what was tried before.

import { useMemo, useRef, useState } from 'preact/hooks';
import type { PageData } from '../../src/report/page-data.js';
import {
  type LiveParameter,
  type LiveProblem,
  type LiveState,
  SLIDER_END,
} from '../../src/serve/live-data.js';
import { type Trial, describeTrial, verdictOf } from './announce.js';
import { Runs } from './runs.js';

const MOST_TRIALS = 12;
const TYPING_MS = 350; // a run starts when typing has stopped for so long

interface FieldProps {
  readonly parameter: LiveParameter;
  readonly value: string;
  readonly isWrong: boolean;
  readonly onValue: (value: string) => void;
}

const Field = ({ parameter, value, isWrong, onValue }: FieldProps) => {
  const { name, type, help, choices } = parameter;
  const id = `live-${name}`;
  const common = {
    id,
    'aria-describedby': `${id}-help${isWrong ? ' live-problem' : ''}`,
    'aria-invalid': isWrong,
  };
  return (
    <div class="live-field">
      <label for={id}>{name}</label>
      {type === 'choice' ? (
        <select {...common} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          value={value}
          autocomplete="off"
          spellcheck={false}
          {...(choices.length > 0 ? { list: `${id}-choices` } : {})}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
      {type !== 'choice' && choices.length > 0 && (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      <p id={`${id}-help`} class="live-help">
        {help}
      </p>
    </div>
  );
};

const valuesOf = ({ parameters }: LiveState): Record<string, string> =>
  Object.fromEntries(parameters.map(({ name, value }) => [name, value]));

const pathTextsOf = ({ path, parameters }: LiveState): Record<string, string> =>
  Object.fromEntries(
    parameters.filter(({ name }) => path?.texts.includes(name)).map(({ name, value }) => [name, value]),
  );

/** What the panel is given. */
export interface LivePanelProps {
  readonly first: LiveState;
  /** The page's data, whenever another run made some. */
  readonly onPage: (data: PageData) => void;
}

/** The panel. */
export const LivePanel = ({ first, onPage }: LivePanelProps) => {
  const [state, setState] = useState(first);
  const [values, setValues] = useState(() => valuesOf(first));
  const [length, setLength] = useState(first.path?.length ?? 0);
  const [before, setBefore] = useState<LiveState>();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<LiveProblem['error']>();
  const [trials, setTrials] = useState<readonly Trial[]>([
    { number: 1, what: describeTrial(first), sentence: first.sentence, isCorrupt: first.isCorrupt },
  ]);
  const last = useRef(first);
  // The texts of the path as written: what the slider cuts or stretches.
  const written = useRef(pathTextsOf(first));
  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const runs = useMemo(
    () =>
      new Runs({
        onStart: () => setBusy(true),
        onAnswer: ({ page, ...answer }, isLast) => {
          setBusy(!isLast);
          setProblem(undefined);
          setBefore(last.current);
          setTrials((known) =>
            [
              {
                number: known[0]!.number + 1,
                what: describeTrial(answer),
                sentence: answer.sentence,
                isCorrupt: answer.isCorrupt,
              },
              ...known,
            ].slice(0, MOST_TRIALS),
          );
          last.current = answer;
          setState(answer);
          // What the reader has changed meanwhile stays.
          if (isLast && typing.current === undefined) {
            setValues(valuesOf(answer));
            setLength(answer.path?.length ?? 0);
          }
          onPage(page);
        },
        onProblem: (error, isLast) => {
          setBusy(!isLast);
          setProblem(error);
        },
      }),
    [],
  );

  const { path } = state;
  const stopWaiting = (): void => {
    clearTimeout(typing.current);
    typing.current = undefined;
  };
  const later = (action: () => void): void => {
    typing.current = setTimeout(() => {
      typing.current = undefined;
      action();
    }, TYPING_MS);
  };
  const onValue = (name: string, isTyped: boolean) => (value: string) => {
    const set = { ...values, [name]: value };
    setValues(set);
    if (path?.texts.includes(name) === true) written.current = { ...written.current, [name]: value };
    stopWaiting();
    if (isTyped) later(() => void runs.wish({ set }));
    else void runs.wish({ set });
  };
  const onLength = (wanted: number): void => {
    setLength(wanted);
    stopWaiting();
    void runs.wish({ set: { ...values, ...written.current }, length: wanted });
  };

  const verdict = verdictOf(before, state);
  const field = problem?.where.field;
  return (
    <section class="live" aria-labelledby="live-title" aria-busy={isBusy}>
      <h2 id="live-title">Change something, and it runs again</h2>
      <form onSubmit={(event) => event.preventDefault()}>
        {path !== null && (
          <div class="live-field live-length">
            <label for="live-length">bytes of path</label>
            <input
              id="live-length"
              type="range"
              min={path.shortest}
              max={Math.max(SLIDER_END, length)}
              value={Math.max(path.shortest, length)}
              aria-valuetext={`${length} bytes`}
              aria-describedby="live-length-help"
              onInput={(event) => onLength(Number(event.currentTarget.value))}
            />
            <output for="live-length">{length}</output>
            <p id="live-length-help" class="live-help">
              {path.texts.join(' and ')}, cut or stretched; arrow keys change it by one
            </p>
          </div>
        )}
        {state.parameters.map((parameter) => (
          <Field
            key={parameter.name}
            parameter={parameter}
            value={values[parameter.name] ?? ''}
            isWrong={field === parameter.name}
            onValue={onValue(parameter.name, parameter.type !== 'choice')}
          />
        ))}
      </form>
      <p role="status" class={`live-verdict ${state.isCorrupt ? 'live-corrupt' : 'live-safe'}`}>
        {verdict.change} <strong>{verdict.word}</strong>
        {verdict.rest}
      </p>
      <p id="live-problem" role="alert" class="live-problem">
        {problem === undefined ? '' : `${field === undefined ? '' : `${field}: `}${problem.message}`}
      </p>
      {state.picture !== null && (
        <details open>
          <summary>The slab page before and after</summary>
          <img
            class="live-picture"
            alt={`The slab page before and after: ${state.sentence}`}
            src={`data:image/svg+xml,${encodeURIComponent(state.picture)}`}
          />
        </details>
      )}
      <details>
        <summary>What you have tried</summary>
        <ol class="live-trials" reversed start={trials[0]!.number}>
          {trials.map(({ number, what, sentence, isCorrupt }) => (
            <li key={number} class={isCorrupt ? 'live-corrupt' : 'live-safe'}>
              {what}: {sentence}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
};
