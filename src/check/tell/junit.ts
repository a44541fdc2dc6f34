// Verdicts as JUnit XML, which CI systems read: a test case for each candidate. Without times, so that equal checks give
// equal files.

import { type CheckDocument, type CheckedCandidate, isAsExpected } from './form.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

// XML 1.0 has no control characters, not even as entities.
const escapeXml = (text: string): string =>
  text
    .replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"']/gu, (character) => ENTITIES[character]!);

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');

const messageOf = ({ expected, verdict, property, message }: CheckedCandidate): string => {
  const found = property === null ? verdict : `${verdict} ${property}`;
  return message ?? `expected ${expected ?? 'holds'}, found ${found}`;
};

const caseOf = (candidate: CheckedCandidate, scenario: string): string[] => {
  const { name, verdict, replay, report } = candidate;
  const head = `    <testcase${attributes({ classname: scenario, name })}`;
  if (isAsExpected(candidate)) return [`${head}/>`];
  const element = verdict === 'error' ? 'error' : 'failure';
  const text = [...report, ...(replay === null ? [] : [`$ ${replay}`])].join('\n');
  return [
    `${head}>`,
    `      <${element}${attributes({ message: messageOf(candidate), type: candidate.property ?? verdict })}>${escapeXml(text)}</${element}>`,
    '    </testcase>',
  ];
};

/** The document. */
export const junitText = ({ scenario, seed, runs, candidates }: CheckDocument): string => {
  const odd = candidates.filter((candidate) => !isAsExpected(candidate));
  const errors = odd.filter(({ verdict }) => verdict === 'error').length;
  const counts = { tests: candidates.length, failures: odd.length - errors, errors };
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'oopslab check', ...counts })}>`,
    `  <testsuite${attributes({ name: scenario, ...counts })}>`,
    '    <properties>',
    `      <property${attributes({ name: 'seed', value: seed })}/>`,
    `      <property${attributes({ name: 'runs', value: runs })}/>`,
    '    </properties>',
    ...candidates.flatMap((candidate) => caseOf(candidate, scenario)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
};
