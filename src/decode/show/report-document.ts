// Reports as one JSON document.

import { hex } from '../../base/address.js';
import { defined } from '../../base/defined.js';
import type { TypeOf } from '../../base/form.js';
import type { codeForm, decodeForm, registersForm, reportForm, traceForm } from './form.js';
import { type Consequence, Consequences } from '../judge/consequences.js';
import { type Filed, filedOf } from '../judge/filed.js';
import type { Judgement } from '../judge/judgement.js';
import { consequenceJson, groupsJson, judgementJson } from './judgement-json.js';
import type { groupsForm } from './judgement-form.js';
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

type ReportJson = TypeOf<typeof reportForm>;

const oneReport = (
  { report, explanation, judgement, verdict }: Decoded,
  consequence: Consequence | undefined,
): ReportJson => ({
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

// Reports that are kept until it is known which ones began before them: more than can be open at a time.
const MAX_HELD = 32;

interface Held {
  readonly decoded: Decoded;
  readonly index: number;
  /** Of what it came, once that is known. */
  found?: { readonly consequence: Consequence | undefined };
}

/** The reports of the document of `oopslab decode --json`, each as soon as it is complete: few are kept. */
export class DocumentReports {
  readonly #filed: Filed[] = [];
  readonly #consequences = new Consequences();
  readonly #held: Held[] = []; // in the order in which they end

  /** Take the next report. @returns those that are complete by now, in the order in which they end */
  *take(decoded: Decoded): Generator<ReportJson> {
    const index = this.#filed.push(filedOf(decoded.report, decoded.judgement)) - 1;
    this.#held.push({ decoded, index });
    const open = this.#held.filter(({ found }) => found === undefined);
    if (open.length > MAX_HELD) this.#find(open);
    // Behind one that began late, those that began early and end late could be kept without end.
    while (this.#held.length > 2 * MAX_HELD && this.#held[0]!.found === undefined)
      this.#find(this.#held.filter(({ found }) => found === undefined));
    yield* this.#complete();
  }

  /** The text has ended. @returns the rest */
  *end(): Generator<ReportJson> {
    const open = this.#held
      .filter(({ found }) => found === undefined)
      .toSorted((one, other) => one.decoded.report.firstLine - other.decoded.report.firstLine);
    for (const one of open) this.#find([one]);
    yield* this.#complete();
  }

  /** The reports so far in groups. */
  get groups(): TypeOf<typeof groupsForm> {
    return groupsJson(this.#filed);
  }

  // Find of what the one that began first came.
  #find(open: readonly Held[]): void {
    const first = open.reduce((best, one) =>
      one.decoded.report.firstLine < best.decoded.report.firstLine ? one : best,
    );
    first.found = { consequence: this.#consequences.next(this.#filed[first.index]!, first.index) };
  }

  *#complete(): Generator<ReportJson> {
    for (let [first] = this.#held; first?.found !== undefined; [first] = this.#held) {
      this.#held.shift();
      yield oneReport(first.decoded, first.found.consequence);
    }
  }
}

/** What is known of reports that are not read. */
export const declinedJson = (declined: readonly DeclinedReport[]): TypeOf<typeof decodeForm>['declined'] =>
  declined.map(({ marks, ...one }) => ({ ...one, marks: [...marks] }));

/** The document of `oopslab decode --json`. @param file as it was named; null for standard input */
export const decodeDocument = (
  file: string | null,
  decoded: readonly Decoded[],
  declined: readonly DeclinedReport[] = [],
): TypeOf<typeof decodeForm> => {
  const made = new DocumentReports();
  const reports = [...decoded.flatMap((one) => [...made.take(one)]), ...made.end()];
  return { file, reports, groups: made.groups, declined: declinedJson(declined) };
};
