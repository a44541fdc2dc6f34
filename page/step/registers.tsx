// The registers: value, name and meaning, what the last instruction changed, what the next one touches, stale pointers,
// and what was lost since when. Each value answers when it is clicked.

import type { RegisterNow } from '../model/run.js';
import { type Touch, touchOfRegister } from '../model/touched.js';
import type { Stale } from '../model/stale.js';
import type { Desk } from '../view/desk.js';
import { Jump } from '../view/jump.js';
import { Roving } from '../view/roving.js';
import { Kept } from './kept.js';
import { StaleArrow } from './stale-arrow.js';
import type { StepView } from './step-view.js';
import { TouchSign } from './touch-sign.js';

const Meaning = ({ meaning: { name, type, what } }: { meaning: RegisterNow['meaning'] }) => (
  <>
    {name !== '' && <b>{name}</b>}
    {type !== '' && <span class="type">{type}</span>}
    {what !== '' && what !== name && (
      <span class={name === '' ? 'what' : 'what also'}>
        <span aria-hidden="true">= </span>
        {what}
      </span>
    )}
  </>
);

const Lost = ({ desk, lost }: { desk: Pick<Desk, 'go'>; lost: NonNullable<RegisterNow['lost']> }) => (
  <span class="lost" title={`${lost.how} ${lost.by}`}>
    <span aria-hidden="true">† </span>
    <span class="hidden">lost </span>
    <s>{lost.name}</s>{' '}
    <Jump desk={desk} to={lost.at} label={`Step ${lost.at}: ${lost.name} ${lost.how} ${lost.by}`}>
      {lost.at}
    </Jump>
  </span>
);

interface RowProps {
  readonly desk: Desk;
  readonly register: RegisterNow;
  readonly touch: Touch | undefined;
  readonly stale: Stale | undefined;
  readonly isAsked: boolean;
}

const Row = ({ desk, register, touch, stale, isAsked }: RowProps) => {
  const { name, value, changed, meaning, lost } = register;
  const words = [name, value, meaning.name, meaning.type, meaning.what].filter((word) => word !== '');
  return (
    <tr class={`${changed ? 'changed' : ''}${isAsked ? ' picked' : ''}`}>
      <th scope="row">
        {name}
        {changed && (
          <span class="dot" role="img" aria-label="changed">
            ●
          </span>
        )}
        <TouchSign touch={touch} />
      </th>
      <td class="value">
        <button
          type="button"
          data-cell
          class="asks"
          data-place={name}
          data-value={value}
          aria-label={words.join(', ')}
          aria-pressed={isAsked}
        >
          {value}
        </button>
      </td>
      <td>
        {stale !== undefined && <StaleArrow inspect={desk.inspect} stale={stale} />}
        <Meaning meaning={meaning} />
        {lost !== undefined && <Lost desk={desk} lost={lost} />}
      </td>
    </tr>
  );
};

/** The register pane. */
export const Registers = ({ view }: { view: StepView }) => {
  const { desk, touched, stale: pointers } = view;
  const { run, at } = desk;
  return (
    <section class="pane registers" aria-label="Registers">
      <h2>
        Registers <small>● changed † lost; next: r read, w written</small>
      </h2>
      {run.data.namesProblem !== null && <p class="none">No names: {run.data.namesProblem}</p>}
      <Roving label="Registers and what they hold" class="scroll">
        <table>
          <colgroup>
            <col class="c-place" />
            <col class="c-value" />
            <col />
          </colgroup>
          <thead class="unseen">
            <tr>
              <th scope="col">
                <span class="hidden">register</span>
              </th>
              <th scope="col">
                <span class="hidden">value</span>
              </th>
              <th scope="col">
                <span class="hidden">what it is, and what it lost</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {run.registersAt(at).map((register) => {
              const { name, value, changed, meaning, lost } = register;
              const touch = touchOfRegister(touched, name);
              const stale = pointers.ofRegister(name, value, at);
              const isAsked = desk.asked === `${name}@${at}`;
              const is = `${value} ${changed} ${touch} ${isAsked} ${lost?.at} ${lost?.name} ${stale?.was} ${stale?.now} ${meaning.name}\n${meaning.type}\n${meaning.what}`;
              return (
                <Kept
                  key={name}
                  is={is}
                  render={() => (
                    <Row desk={desk} register={register} touch={touch} stale={stale} isAsked={isAsked} />
                  )}
                />
              );
            })}
          </tbody>
        </table>
      </Roving>
    </section>
  );
};
