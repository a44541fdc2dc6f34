// What the verdict rests on: contradictions, the trap with its registers, the code, the frames; and all the rest.

import {
  type Instruction,
  type ReadReport,
  type Report,
  type Statement,
  explainedSet,
} from '../model/decoded.js';
import type { About } from '../model/report-words.js';
import { Blocks } from './blocks.js';
import { Frames } from './frames.js';
import { Sure } from './sure.js';

const Statements = ({ title, all }: { title: string; all: readonly Statement[] }) =>
  all.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <ul class="sentences">
        {all.map(({ sure, says, because }, index) => (
          <li key={index}>
            <Sure sure={sure} /> {says}
            {because.length > 0 && <small>: {because.join('; ')}</small>}
          </li>
        ))}
      </ul>
    </>
  );

const NAMES =
  /\b(r(?:[a-d]x|[sd]i|[bs]p|8|9|1[0-5]))\b|\b[er]?([a-d])[xlh]\b|\be([sd]i|[bs]p)\b|\b(r(?:8|9|1[0-5]))[dwb]\b/gu;

// The registers that an instruction names, by their full names.
const namedIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(NAMES)].map(
      ([, full, letter, pair, numbered]) =>
        full ?? (letter === undefined ? (pair === undefined ? numbered! : `r${pair}`) : `r${letter}x`),
    ),
  ),
];

const Registers = ({ report, onWord }: { report: Report; onWord: (word: About) => void }) => {
  const index = explainedSet(report);
  const set = report.registers[index];
  const { bad, instructions = [], registers = [] } = report.explanation ?? {};
  const current = instructions.find((one) => one.current);
  // An assertion is about a value that the verdict names; its own instruction reads none.
  const judged = /^Value: (R[A-Z0-9]{1,2}) is /mu.exec(report.verdict.join('\n'))?.[1];
  const names = [
    ...new Set([bad?.register ?? '', judged?.toLowerCase() ?? '', ...namedIn(current?.text ?? '')]),
  ].filter((name) => set?.values[name] !== undefined);
  if (set === undefined || names.length === 0) return null;
  return (
    <table class="trap-registers">
      <caption class="hidden">Registers of the instruction</caption>
      <tbody>
        {names.map((name) => (
          <tr key={name} class={bad?.register === name || judged?.toLowerCase() === name ? 'bad' : undefined}>
            <th scope="row">
              <button
                type="button"
                class="known"
                onClick={() => onWord({ kind: 'register', name, set: index })}
              >
                {name.toUpperCase()}
              </button>
            </th>
            <td>
              <code>{set.values[name]}</code>
            </td>
            <td>
              {bad?.register === name && <b>{bad.detail}. </b>}
              {registers
                .filter(
                  ({ about, claim }) =>
                    about === name && (bad?.register !== name || claim.kind !== 'looks-like'),
                )
                .map(({ says, sure }, at) => (
                  <span key={at} class="holds">
                    <Sure sure={sure} /> {says}.{' '}
                  </span>
                ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const MOST_BEFORE = 8;

const Line = ({ one }: { one: Instruction }) => (
  <li class={one.current ? 'is-here' : undefined} aria-current={one.current ? 'step' : undefined}>
    <span class="mark-of" aria-hidden="true">
      {one.current ? '▶' : { certain: '', likely: '~', possible: '?' }[one.sure]}
    </span>
    <span class="at">{one.at}</span> <code>{one.text}</code>
    {one.sure !== 'certain' && <span class="hidden"> ({one.sure})</span>}
  </li>
);

const Code = ({ report }: { report: Report }) => {
  const { instructions = [], after = [] } = report.explanation ?? {};
  const shown = [...instructions.slice(-MOST_BEFORE - 1), ...after];
  if (shown.length === 0) return null;
  return (
    <>
      <h3>The code around it</h3>
      <ol class="listing" tabIndex={0} aria-label="Instructions around the trap">
        {shown.map((one, index) => (
          <Line key={index} one={one} />
        ))}
      </ol>
      {shown.some(({ sure }) => sure !== 'certain') && (
        <p class="legend">~ likely, ? possible: whether an instruction starts there</p>
      )}
    </>
  );
};

/** All of it. */
export const Evidence = ({ report, printed, onWord }: ReadReport & { onWord: (word: About) => void }) => {
  const { explanation, contradictions } = report;
  const current = explanation?.instructions.find((one) => one.current);
  return (
    <section class="evidence" aria-labelledby="rests">
      <h2 id="rests">What it rests on</h2>
      {contradictions.length > 0 && (
        <div class="contradictions">
          <Statements title="The report contradicts itself" all={contradictions} />
        </div>
      )}
      {current !== undefined && (
        <p class="instruction">
          <code>{current.text}</code>
          <span>
            {current.trapping ? 'trapped' : 'is where the CPU was'} at <code>{current.at}</code>
          </span>
        </p>
      )}
      <Registers report={report} onWord={onWord} />
      <Statements
        title={current?.trapping === false ? 'The interrupted context' : 'The trap'}
        all={[...(explanation?.trap ?? []), ...(explanation?.way ?? [])]}
      />
      <Code report={report} />
      <Frames report={report} onWord={onWord} />
      <details class="everything" open={current === undefined}>
        <summary>Everything that decode says of it</summary>
        <Blocks blocks={printed.blocks} />
      </details>
    </section>
  );
};
