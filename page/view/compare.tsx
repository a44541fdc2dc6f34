// Bug and control side by side, in step with each other, and where they part.

import { useMemo } from 'preact/hooks';
import type { PageComparison, PageParting } from '../../src/report/page-data.js';
import { type Overrun, overrunOf, slabsOf } from '../model/heap.js';
import { otherState } from '../model/pairing.js';
import { type RegisterNow, type Run } from '../model/run.js';
import { Code } from './code.js';
import type { Desk } from './desk.js';
import { Jump } from './jump.js';
import { OverrunPicture } from './overrun.js';

const AROUND = 4; // lines of code

const Parting = ({ desk, found }: { desk: Desk; found: PageParting | null }) => {
  if (found === null) return <p class="parting">No register differs at any step.</p>;
  const { step, instruction, at } = found;
  const relation =
    desk.at < instruction
      ? 'Up to here both do the same.'
      : desk.at === instruction
        ? 'Here they part.'
        : 'They have parted.';
  return (
    <p class={`parting ${desk.at >= instruction ? 'parted' : ''}`}>
      <b>
        <span aria-hidden="true">{desk.at >= instruction ? '≠' : '='}</span> {relation}
      </b>{' '}
      The first difference lies before step{' '}
      <Jump desk={desk} to={instruction}>
        {instruction}
      </Jump>{' '}
      of {step}: <code>{at.a ?? 'the end'}</code> and <code>{at.b ?? 'the end'}</code>.
    </p>
  );
};

interface HalfProps {
  readonly run: Run;
  readonly at: number;
  readonly other: readonly RegisterNow[];
  readonly title: string;
  /** The bytes that are shown of both: those of the run that goes out of bounds. */
  readonly bytes: Overrun | undefined;
}

const Half = ({ run, at, other, title, bytes }: HalfProps) => {
  const slabs = useMemo(() => slabsOf(run), [run]);
  const differing = run.registersAt(at).filter(({ value }, index) => value !== other[index]?.value);
  return (
    <section class="half" aria-label={title}>
      <h2 class="which">
        {title}{' '}
        <small>
          step {at} of {run.end}, {run.stepAt(at)?.step}
        </small>
      </h2>
      <p class="facts">
        <code>{run.locationAt(at)}</code> {at >= run.end ? run.data.outcome : run.sourceAt(at)}
      </p>
      <Code run={run} at={at} label={`Code of ${title}`} around={AROUND} />
      <OverrunPicture run={run} slabs={slabs} at={at} bytes={bytes} />
      <table class="differences">
        <caption>Registers that differ</caption>
        <tbody>
          {differing.length === 0 && (
            <tr>
              <td>none</td>
            </tr>
          )}
          {differing.map(({ name, value, meaning }) => (
            <tr key={name}>
              <th scope="row">
                <span aria-hidden="true">≠ </span>
                {name}
              </th>
              <td class="value">{value}</td>
              <td>{meaning.what === '' ? meaning.name : meaning.what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const End = ({ found }: { found: PageComparison }) => (
  <details class="ending">
    <summary>What differs at the end</summary>
    <table>
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
        </tr>
      </thead>
      <tbody>
        {found.end.map(({ name, a, b }, index) => (
          <tr key={index}>
            <th scope="row">{name}</th>
            <td>
              <code>{a}</code>
            </td>
            <td>
              <code>{b}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </details>
);

/** Both runs. */
export const Compare = ({ desk }: { desk: Desk }) => {
  const { runs, data, side, at } = desk;
  const { comparison } = data;
  const [a, b] = runs;
  const bytes = useMemo(
    () => runs.map((run) => overrunOf(run, slabsOf(run))).find((found) => found !== undefined),
    [runs],
  );
  if (comparison === null || a === undefined || b === undefined)
    return <p class="none">This page was made of one run.</p>;
  const other = otherState(comparison, data.runs, side, at);
  const [inA, inB] = side === 0 ? [at, other] : [other, at];
  return (
    <div class="compare">
      <Parting desk={desk} found={comparison.firstDifference} />
      <div class="halves">
        <Half run={a} at={inA} other={b.registersAt(inB)} title={`A: ${a.data.scenario}`} bytes={bytes} />
        <Half run={b} at={inB} other={a.registersAt(inA)} title={`B: ${b.data.scenario}`} bytes={bytes} />
      </div>
      <End found={comparison} />
    </div>
  );
};
