// Verdicts as JUnit XML, which CI systems read: a test case for each candidate. Without times, so that equal checks give
// equal files.

import { escapeXml } from '../../base/xml.js';
import { type CheckDocument, type CheckedCandidate, isAsExpected, isIncomplete } from './form.js';

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');

const messageOf = ({ expected, verdict, property, reason }: CheckedCandidate): string => {
  const found = property === null ? verdict : `${verdict} ${property}`;
  return reason ?? `expected ${expected ?? 'holds'}, found ${found}`;
};

type Kind = 'passed' | 'failure' | 'error';

const kindOf = (candidate: CheckedCandidate, complete: boolean): Kind => {
  if (candidate.verdict === 'error') return 'error';
  return isAsExpected(candidate) && !(complete && isIncomplete(candidate)) ? 'passed' : 'failure';
};

const caseOf = (candidate: CheckedCandidate, scenario: string, complete: boolean): string[] => {
  const { name, verdict, property, reason, replay, report } = candidate;
  const head = `    <testcase${attributes({ classname: scenario, name })}`;
  const kind = kindOf(candidate, complete);
  if (kind === 'passed') {
    if (!isIncomplete(candidate) || reason === null) return [`${head}/>`];
    const says = `      <system-out>${escapeXml(`not complete: ${reason}`)}</system-out>`;
    return [`${head}>`, says, '    </testcase>'];
  }
  const type = isIncomplete(candidate) ? 'incomplete' : (property ?? verdict);
  const text = [...report, ...(replay === null ? [] : [`$ ${replay}`])].join('\n');
  return [
    `${head}>`,
    `      <${kind}${attributes({ message: messageOf(candidate), type })}>${escapeXml(text)}</${kind}>`,
    '    </testcase>',
  ];
};

/**
 * The document.
 *
 * @param complete whether a candidate that holds, but was not looked at as a whole, is a failure; otherwise it says so in
 *   its output
 */
export const junitText = ({ scenario, seed, runs, candidates }: CheckDocument, complete = false): string => {
  const kinds = candidates.map((candidate) => kindOf(candidate, complete));
  const numberOf = (kind: Kind): number => kinds.filter((one) => one === kind).length;
  const counts = { tests: candidates.length, failures: numberOf('failure'), errors: numberOf('error') };
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'oopslab check', ...counts })}>`,
    `  <testsuite${attributes({ name: scenario, ...counts })}>`,
    '    <properties>',
    `      <property${attributes({ name: 'seed', value: seed })}/>`,
    `      <property${attributes({ name: 'runs', value: runs })}/>`,
    '    </properties>',
    ...candidates.flatMap((candidate) => caseOf(candidate, scenario, complete)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
};
