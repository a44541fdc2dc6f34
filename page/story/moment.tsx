// The machine of a moment, as far as it matters: where it is, the code around, the registers that this instruction uses.

import type { PageLine } from '../../src/report/page-data.js';
import type { RegisterNow, Run } from '../model/run.js';

const AROUND = 3; // instructions before and after

// A target's name says more than its address.
const short = (text: string): string => text.replace(/0x[0-9a-f]+ (?=<)/u, '');

interface Shown extends PageLine {
  readonly index: number;
  /** The source line that begins here; of the first one the line that it lies in. */
  readonly from: string | null;
}

const linesAround = (run: Run, at: number): { readonly lines: readonly Shown[]; readonly here: number } => {
  const site = run.siteAt(at);
  const all = run.functionAt(at)?.lines ?? [];
  const here = site?.line ?? -1;
  const first = Math.max(0, Math.min(here - AROUND, all.length - 2 * AROUND - 1));
  const lines = all.slice(first, first + 2 * AROUND + 1).map((line, offset): Shown => {
    const index = first + offset;
    const before = offset === 0 ? all.slice(0, index + 1).findLast(({ source }) => source !== null) : line;
    return { ...line, index, from: before?.source ?? null };
  });
  return { lines, here };
};

const Register = ({ register }: { register: RegisterNow }) => {
  const { name, type, what } = register.meaning;
  const meaning = [type === '' ? name : `${type} ${name}`, what].filter((part) => part !== '').join(', ');
  return (
    <tr>
      <th scope="row">{register.name}</th>
      <td>
        <code>{register.value}</code>
        {meaning !== '' && <small> {meaning}</small>}
      </td>
    </tr>
  );
};

/** The machine. @param registers names of those to show */
export const Moment = ({ run, at, registers }: { run: Run; at: number; registers: readonly string[] }) => {
  const { lines, here } = linesAround(run, at);
  const now = run.registersAt(at).filter(({ name }) => registers.includes(name));
  const code = run.functionAt(at)?.name;
  return (
    <>
      <h2>
        {at >= run.end ? 'The end' : <code>{run.locationAt(at)}</code>}
        <small> step {at}</small>
      </h2>
      {lines.length > 0 && (
        <ol class="lines" aria-label={`Code of ${code ?? 'the function'}`}>
          {lines.map(({ index, offset, text, from }) => (
            <>
              {from !== null && (
                <li key={`source ${offset}`} class="source">
                  {from}
                </li>
              )}
              <li
                key={offset}
                class={index === here && at < run.end ? 'line here' : 'line'}
                aria-current={index === here && at < run.end ? 'step' : undefined}
              >
                <span class="offset">+0x{offset.toString(16)}</span> {short(text)}
              </li>
            </>
          ))}
        </ol>
      )}
      {now.length > 0 && (
        <table class="few">
          <tbody>
            {now.map((register) => (
              <Register key={register.name} register={register} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
};
