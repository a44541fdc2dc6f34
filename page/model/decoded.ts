// What the laboratory says of a pasted text, for the page: nothing in it can steer how the page is read.

import { escapeInvisible } from '../../src/base/visible-text.js';
import type { DecodedReport, Questions } from '../../src/laboratory/questions.js';

/** The answer. */
export type Decoded = Questions['decode']['answer'];

/** A report, as in the document of `decode --json`. */
export type Report = Decoded['document']['reports'][number];

/** A statement about a register, a word of the stack, the trap or the code. */
export type Statement = NonNullable<Report['explanation']>['registers'][number];

/** An instruction around the trap. */
export type Instruction = NonNullable<Report['explanation']>['instructions'][number];

/** A report with what is printed of it and the lines that it was read from. */
export interface ReadReport {
  readonly report: Report;
  readonly printed: DecodedReport;
}

const visible = <Value>(value: Value): Value => {
  if (typeof value === 'string') return escapeInvisible(value) as Value;
  if (Array.isArray(value)) return value.map(visible) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visible(one)])) as Value;
};

/** A report of an answer. @param number from 1 */
export const reportOf = ({ document, reports }: Decoded, number: number): ReadReport | undefined => {
  const [report, printed] = [document.reports[number - 1], reports[number - 1]];
  return report === undefined || printed === undefined
    ? undefined
    : { report: visible(report), printed: visible(printed) };
};

/** Index of the registers that a report is explained by; -1 where it has none. */
export const explainedSet = ({ registers }: Report): number => {
  const trap = registers.findIndex(({ role }) => role === 'trap');
  return trap >= 0 ? trap : registers.findIndex(({ mode }) => mode === 'kernel');
};
