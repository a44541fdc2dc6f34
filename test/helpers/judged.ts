// A text with one report, judged.
import { explainReport } from '../../src/decode/explain/explain.js';
import { type Judgement, judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';

/** The judgements of all reports of a text. */
export const judgements = (text: string): Judgement[] =>
  reportsOf(text).map((report) => judge(report, explainReport(report)));

/** The judgement of the only report of a text. */
export const judged = (text: string): Judgement => {
  const all = judgements(text);
  if (all.length !== 1) throw new Error(`expected one report, found ${all.length}`);
  return all[0]!;
};
