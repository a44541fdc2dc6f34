// The reports that are being read at a time: one for each caller that prints, and those that another event displaced before
// their own lines came.

import type { FoundHeadline } from './headline.js';
import type { DeclinedReport } from './other-architecture.js';
import type { KernelReport } from './report.js';
import { findProcess } from './process-line.js';
import type { ReportBuilder } from './report-builder.js';
import type { LogicalLine } from './unwrap.js';

const IDLE = 300; // lines of others after which a report is over
const IDLE_ENDED = 100; // the same after `end trace`
export const MAX_SPAN = 20_000; // lines of one report
export const MAX_OPEN = 8; // reports at a time
const MAX_WAITING = 8; // displaced reports at a time

// What announces that a CPU or a task is printed next: one, or all that there are.
const ONE = /^\s*Kernel panic/u;
const ALL = /^\s*(?:NMI backtrace for cpu|Sending NMI|(?:sysrq: |SysRq ?: )Show )/u;

/** A report that takes lines. */
export class OpenReport {
  readonly builder: ReportBuilder;
  /** Lines that had been read when it began. */
  readonly start: number;
  #taken: number;
  #announced: 'none' | 'one' | 'all' = 'none';

  /** @param count lines that have been read */
  constructor(builder: ReportBuilder, count: number) {
    this.builder = builder;
    this.start = count;
    this.#taken = count;
  }

  /** Lines that had been read when it took its last one. */
  get taken(): number {
    return this.#taken;
  }

  /** Take a line, if it is part of the report. */
  take(line: LogicalLine, headline: FoundHeadline | undefined, count: number): void {
    if (this.builder.take(line, headline) !== undefined) this.#taken = count;
  }

  /** Whether a line of a process may be one more of this report; it counts as taken. */
  takesProcess(): boolean {
    const takes = !this.builder.hasProcess || !this.builder.hasBody || this.#announced !== 'none';
    if (this.#announced === 'one') this.#announced = 'none';
    return takes;
  }

  /** Note what a line of the report says of the lines that follow. */
  announce(text: string): void {
    if (ALL.test(text)) this.#announced = 'all';
    else if (ONE.test(text)) this.#announced = 'one';
  }
}

interface Waiting {
  readonly caller: string;
  readonly open: OpenReport;
}

export class OpenReports {
  readonly #open = new Map<string, OpenReport>(); // by caller id; '' without one
  #waiting: Waiting[] = [];
  #found = false;

  /** Whether a report has ended, of any architecture. */
  get found(): boolean {
    return this.#found;
  }

  /** @param decline gets the reports of other architectures */
  constructor(private readonly decline: (declined: DeclinedReport) => void) {}

  get size(): number {
    return this.#open.size + this.#waiting.length;
  }

  get(caller: string): OpenReport | undefined {
    return this.#open.get(caller);
  }

  /** Open a report; the oldest one ends if there are too many. */
  *add(caller: string, builder: ReportBuilder, count: number): Generator<KernelReport> {
    if (this.#open.size >= MAX_OPEN) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) yield* this.close(oldest);
    }
    this.#open.set(caller, new OpenReport(builder, count));
  }

  *close(caller: string): Generator<KernelReport> {
    const builder = this.#open.get(caller)?.builder;
    this.#open.delete(caller);
    if (builder !== undefined) yield* this.#finish(builder);
  }

  /** Another event begins: the report ends, or waits for the lines of its CPU if they have not come. */
  *displace(caller: string): Generator<KernelReport> {
    const open = this.#open.get(caller);
    const { cpu, pid } = open?.builder.expected ?? {};
    const waits = open !== undefined && !open.builder.hasBody && (cpu !== undefined || pid !== undefined);
    if (!waits) return yield* this.close(caller);
    this.#open.delete(caller);
    this.#waiting.push({ caller, open });
    if (this.#waiting.length > MAX_WAITING) yield* this.#end(this.#waiting.splice(0, 1));
  }

  /** The displaced report that waited for this line of a process; it is open again, and the open one waits or goes on. */
  resume(caller: string, text: string): OpenReport | undefined {
    if (this.#waiting.length === 0) return undefined;
    const { cpu, pid } = findProcess(text) ?? {};
    const fits = ({ builder }: OpenReport): boolean => {
      const expected = builder.expected;
      const known = expected.cpu !== undefined || expected.pid !== undefined;
      return known && (expected.cpu ?? cpu) === cpu && (expected.pid ?? pid) === pid;
    };
    const current = this.#open.get(caller);
    if (current !== undefined && fits(current)) return undefined;
    const at = this.#waiting.findIndex((one) => one.caller === caller && fits(one.open));
    const [found] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (found === undefined) return undefined;
    if (current !== undefined) this.#waiting.push({ caller, open: current });
    this.#open.set(caller, found.open);
    return found.open;
  }

  /** End the reports that got no line for long. @param count lines that have been read */
  *closeIdle(count: number): Generator<KernelReport> {
    const isOver = ({ builder, taken, start }: OpenReport): boolean =>
      count - taken > (builder.ended ? IDLE_ENDED : IDLE) || count - start > MAX_SPAN;
    for (const [caller, open] of this.#open) if (isOver(open)) yield* this.close(caller);
    if (this.#waiting.length === 0) return;
    const over = this.#waiting.filter(({ open }) => isOver(open));
    this.#waiting = this.#waiting.filter((one) => !over.includes(one));
    yield* this.#end(over);
  }

  /** The reports that are left at the end of the text. */
  *end(): Generator<KernelReport> {
    for (const caller of this.#open.keys()) yield* this.close(caller);
    yield* this.#end(this.#waiting.splice(0));
  }

  *#end(ended: readonly Waiting[]): Generator<KernelReport> {
    for (const { open } of ended) yield* this.#finish(open.builder);
  }

  *#finish(builder: ReportBuilder): Generator<KernelReport> {
    const { declined } = builder;
    this.#found ||= declined !== undefined || builder.worth;
    if (declined !== undefined) this.decline(declined);
    else if (builder.worth) yield builder.finish();
  }
}
