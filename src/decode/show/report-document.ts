// Reports as one JSON document.

import { hex } from '../../base/address.js';
import { defined } from '../../base/defined.js';
import type { TypeOf } from '../../base/form.js';
import type { codeForm, decodeForm, registersForm, reportForm, traceForm } from './form.js';
import { type Consequence, consequencesOf } from '../judge/consequences.js';
import { filedOf } from '../judge/filed.js';
import type { Judgement } from '../judge/judgement.js';
import { consequenceJson, groupsJson, judgementJson } from './judgement-json.js';
import type { placeForm } from './place-form.js';
import type { Explanation } from '../explain/explain.js';
import { explanationJson, statementJson } from './explanation-json.js';
import type { Verdict } from './verdict.js';
import type { CodeBytes, CodeLocation, KernelReport, PageFault, RegisterSet, Trace } from '../read/report.js';
import type { DeclinedReport } from '../read/other-architecture.js';
import { placeJson, structuresJson } from './structures-json.js';
import { explainTaint } from '../read/taint.js';

const orNull = (place: CodeLocation | undefined): TypeOf<typeof placeForm> | null =>
  place === undefined ? null : placeJson(place);

const code = (found: CodeBytes): TypeOf<typeof codeForm> => ({
  line: found.line,
  bytes: Buffer.from(found.bytes).toString('hex'),
  marked: found.marked ?? null,
  markedByRelease: found.markedByRelease === true,
  unreadable: found.unreadable ?? null,
  cut: found.cut === true,
});

const values = (map: ReadonlyMap<string, bigint | number>): Record<string, string> =>
  Object.fromEntries([...map].map(([name, value]) => [name, hex(value)]));

const registers = (set: RegisterSet): TypeOf<typeof registersForm> => ({
  line: set.line,
  mode: set.mode,
  role: set.role,
  rip: orNull(set.rip),
  values: values(set.values),
  selectors: values(set.selectors),
  control: values(set.control),
  origRax: set.origRax === undefined ? null : hex(set.origRax),
  code: set.code === undefined ? null : code(set.code),
});

const trace = ({ title, line, entries }: Trace): TypeOf<typeof traceForm> => ({
  title,
  line,
  entries: entries.map((entry) => ({
    line: entry.line,
    reliable: entry.reliable,
    inlined: entry.inlined === true,
    context: entry.context ?? null,
    ...placeJson(entry),
  })),
});

const taint = (letters: string | null | undefined): TypeOf<typeof reportForm>['taint'] => {
  if (letters === undefined) return null;
  return { letters: letters ?? '', meanings: explainTaint(letters ?? '') };
};

const pageFault = (found: PageFault | undefined): TypeOf<typeof reportForm>['pageFault'] =>
  found === undefined
    ? null
    : {
        by: found.by ?? null,
        access: found.access ?? null,
        errorCode: found.errorCode ?? null,
        reason: found.reason ?? null,
        tables: (found.tables?.entries ?? []).map(({ level, value }) => ({ level, value: hex(value) })),
      };

export interface Decoded {
  readonly report: KernelReport;
  readonly explanation: Explanation;
  readonly judgement: Judgement;
  readonly verdict: Verdict;
}

const oneReport = (
  { report, explanation, judgement, verdict }: Decoded,
  consequence: Consequence | undefined,
): TypeOf<typeof reportForm> => ({
  kind: report.kind,
  kindFrom: report.kindFrom,
  lines: { first: report.firstLine, last: report.lastLine },
  headline: report.headline ?? null,
  message: report.message ?? null,
  said: report.said,
  consequences: report.consequences,
  time: report.time ?? null,
  die: report.die ?? null,
  errorCode: report.errorCode ?? null,
  pageFault: pageFault(report.pageFault),
  kernelOffset: report.kernelOffset === undefined ? null : hex(report.kernelOffset),
  faultAddress: report.faultAddress === undefined ? null : hex(report.faultAddress),
  source: report.source ?? null,
  checker:
    report.checker === undefined
      ? null
      : {
          line: report.checker.line,
          checker: report.checker.checker,
          bug: report.checker.bug,
          at: orNull(report.checker.at),
        },
  ...structuresJson(report),
  trap: orNull(report.trap),
  place: orNull(report.place),
  cpu: report.cpu ?? null,
  pid: report.pid ?? null,
  uid: report.uid ?? null,
  comm: report.comm ?? null,
  taint: taint(report.taint),
  release: report.release ?? null,
  version: report.version ?? null,
  hardware: report.hardware ?? null,
  workqueue: report.workqueue ?? null,
  modules:
    report.modules === undefined
      ? null
      : { ...report.modules, lastUnloaded: report.modules.lastUnloaded ?? null },
  registers: report.registers.map(registers),
  code: report.code === undefined ? null : code(report.code),
  codeLines: report.codeLines.map(code),
  stack: report.stack.map(({ value, line }) => ({ value: hex(value), line })),
  traces: report.traces.map(trace),
  layout: report.layout ?? null,
  endTrace: report.endTrace ?? null,
  form: report.form,
  missing: report.missing,
  findings: report.findings,
  verdict: verdict.map(({ label, text }) => `${label}: ${text}`),
  contradictions: explanation.contradictions.map((one) => statementJson(one, explanation.role)),
  ...judgementJson(report, judgement),
  consequenceOf: consequenceJson(consequence),
  ...defined({ explanation: explanationJson(explanation) }),
});

/** The document of `oopslab decode --json`. @param file as it was named; null for standard input */
export const decodeDocument = (
  file: string | null,
  decoded: readonly Decoded[],
  declined: readonly DeclinedReport[] = [],
): TypeOf<typeof decodeForm> => {
  const filed = decoded.map(({ report, judgement }) => filedOf(report, judgement));
  const consequences = consequencesOf(filed);
  return {
    file,
    reports: decoded.map((one, index) => oneReport(one, consequences[index])),
    groups: groupsJson(filed),
    declined: declined.map(({ marks, ...one }) => ({ ...one, marks: [...marks] })),
  };
};
