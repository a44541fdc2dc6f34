// The verdict: at most six lines that answer what, where, which value, from where, which class, and what to look at next.

import { hex } from '../../base/address.js';
import type { Sure } from '../code/statement.js';
import { type Explanation, explainedRegisters } from '../explain/explain.js';
import type { BadValue } from '../explain/bad-value.js';
import type { Judgement } from '../judge/judgement.js';
import type { KernelReport } from '../read/report.js';
import { fit } from './fit.js';
import { nextStep } from './next-step.js';
import { locationWords, taskWords } from './report-words.js';
import { type Condition, conditionOf, conditionWords } from './verdict-condition.js';
import { findingOrigin, findingValue } from './verdict-finding.js';
import { originOf } from './verdict-origin.js';
import { whatWords } from './verdict-what.js';

/** A line of the verdict. */
export interface VerdictLine {
  readonly label: 'What' | 'Where' | 'Value' | 'From' | 'Class' | 'Next';
  readonly text: string;
}

export type Verdict = readonly VerdictLine[];

const withSure = (text: string, sure: Sure): string => (sure === 'certain' ? text : `${text} (${sure})`);

const callersOf = (report: KernelReport, judgement: Judgement): string | undefined => {
  const { guilty } = judgement;
  if (guilty?.symbol === undefined) return undefined;
  const entries = report.traces[0]?.entries.filter(({ reliable }) => reliable) ?? [];
  const at = entries.findIndex(({ symbol }) => symbol === guilty.symbol);
  const callers = entries.slice(at + 1, at + 3).map(({ symbol }) => symbol);
  const named = callers.filter((symbol) => symbol !== undefined && symbol !== guilty.symbol);
  return named.length === 0 ? undefined : `called from ${named.join(', ')}`;
};

const whereWords = (report: KernelReport, judgement: Judgement): string | undefined => {
  const { guilty } = judgement;
  const { trap, release } = report;
  const place = guilty ?? report.place ?? trap;
  const through =
    guilty !== undefined && trap?.symbol !== undefined && trap.symbol !== guilty.symbol
      ? `at ${locationWords({ symbol: trap.symbol, ...(trap.offset === undefined ? {} : { offset: trap.offset }) })}`
      : undefined;
  const parts = [
    place === undefined ? undefined : locationWords(place),
    through,
    callersOf(report, judgement),
    taskWords(report) || undefined,
    release === undefined ? undefined : `kernel ${release}`,
  ];
  const text = fit(parts);
  return text === '' ? undefined : text;
};

const valueWords = ({ holder, value, detail, sure }: BadValue): string =>
  withSure(`${holder} is ${hex(value)}: ${detail}`, sure);

// A checker looked at the object itself: its words go before what registers look like.
const valueOf = (report: KernelReport, { bad }: Explanation, condition: Condition | undefined) => {
  const { finding } = report;
  const found = finding === undefined ? undefined : findingValue(finding);
  if (found !== undefined) return found;
  if (bad !== undefined) return valueWords(bad);
  return condition === undefined ? undefined : withSure(conditionWords(condition), condition.sure);
};

const originWords = (
  report: KernelReport,
  explanation: Explanation,
  condition: Condition | undefined,
): string | undefined => {
  const { finding } = report;
  const found = finding === undefined ? undefined : findingOrigin(report, finding);
  if (found !== undefined) return found;
  const { bad } = explanation;
  const register = bad === undefined ? condition?.register : bad.register;
  const origin = register === undefined ? undefined : originOf(explanation, register);
  return origin === undefined ? undefined : withSure(origin.text, origin.sure);
};

const classWords = ({ class: slug, sure, module, subsystem }: Judgement): string =>
  fit([
    withSure(slug, sure),
    module === undefined ? undefined : `module ${module}`,
    subsystem === undefined ? undefined : `subsystem ${subsystem}`,
  ]);

/** The verdict of a report; lines about which nothing is known are left out. */
export const verdictOf = (report: KernelReport, explanation: Explanation, judgement: Judgement): Verdict => {
  // An assertion is about a value that is wrong for it, not for the processor.
  const asserted = judgement.class === 'assertion' || judgement.class === 'warning';
  const condition = asserted ? conditionOf(explanation, explainedRegisters(report)) : undefined;
  const lines: [VerdictLine['label'], string | undefined][] = [
    ['What', whatWords(report, explanation)],
    ['Where', whereWords(report, judgement)],
    ['Value', valueOf(report, explanation, condition)],
    ['From', originWords(report, explanation, condition)],
    ['Class', classWords(judgement)],
    ['Next', nextStep(report, explanation, judgement)],
  ];
  return lines.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [{ label, text }]));
};
