// The machine beside the reading, at the step that a question is about. Its places can be clicked as answers. While a
// question is open it shows values alone: names of values would answer it.

import { useEffect, useState } from 'preact/hooks';
import type { PageFunction } from '../../src/report/page-data.js';
import { type RegisterNow, type Run, hex } from '../model/run.js';
import { Roving } from '../view/roving.js';
import { Bytes } from './bytes.js';
import { Pick } from './pick.js';
import { takes } from './picks.js';
import type { Picking } from './shown.js';
import { useHere } from './use-here.js';

const WORDS = 16; // of the stack

interface At {
  readonly run: Run;
  readonly at: number;
  readonly picking: Picking;
  /** Whether names of values are shown. */
  readonly names: boolean;
}

const meaningOf = ({ meaning: { name, what } }: RegisterNow): string =>
  [name, what === name ? '' : what].filter((one) => one !== '').join(' = ');

const Registers = ({ run, at, picking, names }: At) => (
  <section class="pane" aria-label="Registers beside">
    <h4>Registers</h4>
    <Roving label="Registers and what they hold" class="registerlist">
      {run.registersAt(at).map((register) => (
        <div key={register.name} class={register.changed ? 'register changed' : 'register'}>
          <b>
            <Pick
              text={register.name}
              answer={register.name}
              can={takes(picking.kind, 'register')}
              picking={picking}
            />
          </b>
          <span class="value">
            <Pick
              text={register.value}
              answer={register.value}
              can={takes(picking.kind, 'number')}
              picking={picking}
            />
            {register.changed && (
              <span class="dot" role="img" aria-label="changed">
                ●
              </span>
            )}
          </span>
          {names && meaningOf(register) !== '' && <span class="means">{meaningOf(register)}</span>}
        </div>
      ))}
    </Roving>
  </section>
);

const Stack = ({ run, at, picking, names }: At) => {
  const words = run.stackAt(at).slice(0, WORDS);
  return (
    <section class="pane" aria-label="Stack beside">
      <h4>Stack</h4>
      {words.length === 0 ? (
        <p class="none">RSP points to no memory that is shown.</p>
      ) : (
        <Roving label="Words of the stack" class="words">
          {words.map(({ address, value, what, changed }, index) => (
            <div key={index} class={changed ? 'stackword changed' : 'stackword'}>
              <b>{index === 0 ? 'rsp' : `rsp+${hex(index * 8)}`}</b>
              <Pick
                text={hex(address)}
                answer={hex(address)}
                can={takes(picking.kind, 'address')}
                picking={picking}
              />
              <span class="value">
                <Pick text={value} answer={value} can={takes(picking.kind, 'number')} picking={picking} />
              </span>
              {names && what !== '' && <span class="means">{what}</span>}
            </div>
          ))}
        </Roving>
      )}
    </section>
  );
};

const Code = ({ run, at, picking }: At) => {
  const [other, setOther] = useState('');
  useEffect(() => setOther(''), [at]); // a step leads to the function that runs
  const here = run.functionAt(at);
  const found: PageFunction | undefined = run.data.functions.find(({ name }) => name === other) ?? here;
  const line = found === here ? run.siteAt(at)?.line : undefined;
  const list = useHere(`${found?.name ?? ''} ${line ?? ''}`);
  const can = takes(picking.kind, 'code');
  return (
    <section class="pane" aria-label="Code beside">
      <h4>
        Code{' '}
        <select
          aria-label="Function"
          value={found?.name ?? ''}
          onChange={(event) => setOther(event.currentTarget.value)}
        >
          {run.data.functions.map(({ name, address }) => (
            <option key={address} value={name}>
              {name}
            </option>
          ))}
        </select>
      </h4>
      {found === undefined ? (
        <p class="none">No bytes are known of what runs here: {run.locationAt(at)}.</p>
      ) : (
        <div ref={list} class="lines" tabIndex={can ? undefined : 0} role="group" aria-label="Instructions">
          <Roving label={`Instructions of ${found.name}`}>
            {found.lines.map(({ offset, text }, index) => (
              <div
                key={offset}
                class={index === line ? 'line here' : 'line'}
                aria-current={index === line ? 'step' : undefined}
              >
                <span aria-hidden="true">{index === line ? '▶' : ' '}</span>
                <Pick
                  text={`+${hex(offset)}`}
                  answer={`${found.name}+${hex(offset)}`}
                  can={can}
                  picking={picking}
                />
                <code>{text}</code>
              </div>
            ))}
          </Roving>
        </div>
      )}
    </section>
  );
};

const Moves = ({
  run,
  at,
  home,
  go,
}: {
  run: Run;
  at: number;
  home: number;
  go: (state: number) => void;
}) => (
  <div class="moves">
    <button type="button" aria-label="Step back beside" disabled={at === 0} onClick={() => go(at - 1)}>
      ◂
    </button>
    <input
      type="range"
      min={0}
      max={run.end}
      value={at}
      aria-label="Step of the run beside"
      aria-valuetext={`step ${at} of ${run.end}, ${run.locationAt(at)}`}
      onInput={(event) => go(Number(event.currentTarget.value))}
    />
    <button
      type="button"
      aria-label="Step forward beside"
      disabled={at >= run.end}
      onClick={() => go(at + 1)}
    >
      ▸
    </button>
    <span class="step">
      step {at} of {run.end}: <code>{run.locationAt(at)}</code>
    </span>
    {at !== home && (
      <button type="button" onClick={() => go(home)}>
        Back to the question
      </button>
    )}
  </div>
);

/** Props of the machine. */
export interface MachineProps extends Omit<At, 'at'> {
  /** The state that the question is about. */
  readonly home: number;
  /** Open a state in the room of steps; `undefined` for a run that the page is not about. */
  readonly open: ((state: number) => void) | undefined;
}

/** The machine; a new question makes a new one. */
export const Machine = ({ run, home, picking, names, open }: MachineProps) => {
  const [at, setAt] = useState(Math.min(home, run.end));
  const state = { run, at, picking, names };
  return (
    <>
      <header>
        <p>
          <b>{run.data.scenario}</b>{' '}
          {open !== undefined && (
            <button type="button" class="jump" onClick={() => open(at)}>
              Open this step
            </button>
          )}{' '}
          {names && <span class="outcome">{run.data.outcome}</span>}
        </p>
        <Moves run={run} at={at} home={Math.min(home, run.end)} go={setAt} />
      </header>
      <Code {...state} />
      <Registers {...state} />
      <Stack {...state} />
      <Bytes {...state} />
      {!names && <p class="none">Names of values are shown when the question is answered.</p>}
    </>
  );
};
