// The registers: value, name and meaning, what the last instruction changed, and what was lost since when.

import type { RegisterNow } from '../model/run.js';
import type { Desk } from './desk.js';
import { Jump } from './jump.js';

const Meaning = ({ meaning: { name, type, what } }: RegisterNow) => (
  <>
    {name !== '' && <b>{name}</b>}
    {type !== '' && <span class="type">{type}</span>}
    {what !== '' && what !== name && <span class="what">= {what}</span>}
  </>
);

const Lost = ({ desk, lost }: { desk: Desk; lost: NonNullable<RegisterNow['lost']> }) => (
  <span class="lost" title={`${lost.how} ${lost.by}`}>
    <span aria-hidden="true">† </span>
    <span class="hidden">lost </span>
    <s>{lost.name}</s>{' '}
    <Jump desk={desk} to={lost.at} label={`Step ${lost.at}: ${lost.name} ${lost.how} ${lost.by}`}>
      {lost.at}
    </Jump>{' '}
    {lost.how.replace(/^destroyed by /u, '')}
  </span>
);

/** The register pane. */
export const Registers = ({ desk }: { desk: Desk }) => (
  <section class="pane registers" aria-label="Registers">
    <h2>
      Registers <small>● changed by the last step, † a name that is lost</small>
    </h2>
    {desk.run.data.namesProblem !== null && <p class="none">No names: {desk.run.data.namesProblem}</p>}
    <div class="scroll" tabIndex={0} role="group" aria-label="Registers and what they hold">
      <table>
        <thead>
          <tr>
            <th scope="col">register</th>
            <th scope="col">value</th>
            <th scope="col">what it is</th>
            <th scope="col">what it lost, since when, and by what</th>
          </tr>
        </thead>
        <tbody>
          {desk.run.registersAt(desk.at).map((register) => (
            <tr key={register.name} class={register.changed ? 'changed' : ''}>
              <th scope="row">
                {register.name}
                {register.changed && (
                  <span class="dot" role="img" aria-label="changed">
                    ●
                  </span>
                )}
              </th>
              <td class="value">{register.value}</td>
              <td>
                <Meaning {...register} />
              </td>
              <td>{register.lost !== undefined && <Lost desk={desk} lost={register.lost} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);
