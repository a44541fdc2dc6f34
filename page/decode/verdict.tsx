// The verdict: what the report is filed under, where, and at most six lines.

import type { Report } from '../model/decoded.js';

// `What: an assertion …`
const split = (line: string): [label: string, text: string] => {
  const at = line.indexOf(': ');
  return [line.slice(0, at), line.slice(at + 2)];
};

const placeOf = ({ guilty, place }: Report): string | null => {
  const at = guilty ?? place;
  if (at?.symbol == null) return null;
  return at.offset === null ? at.symbol : `${at.symbol}+0x${at.offset.toString(16)}`;
};

/** What was found, before what it rests on. */
export const Verdict = ({ report, number }: { report: Report; number: number }) => {
  const place = placeOf(report);
  return (
    <section class="judged" aria-labelledby="verdict">
      <p class="kicker">
        Report {number}, lines {report.lines.first} to {report.lines.last}
      </p>
      <h1 id="verdict">{report.title}</h1>
      <p class="judged-marks">
        <span class="class">{report.class}</span>
        {report.classSure !== 'certain' && <span>{report.classSure}</span>}
        {place !== null && <code>{place}</code>}
        {report.release !== null && <span>kernel {report.release}</span>}
      </p>
      <dl class="rows">
        {report.verdict.map((line, index) => {
          const [label, text] = split(line);
          return (
            <div key={index} class={`row-${label.toLowerCase()}`}>
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
};
