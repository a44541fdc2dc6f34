// What a report says beside registers, code and traces: a checker's finding, locks and waiting tasks, errors of the
// hardware. Each has a room that reads its lines.

import { defined } from '../../base/defined.js';
import { FindingCollector } from './finding/finding-collector.js';
import { HardwareCollector } from './hardware/hardware-collector.js';
import type { CodeLocation } from './place.js';
import type { KernelReport, ReportKind, Trace } from './report.js';
import { WaitsCollector } from './waits/waits-collector.js';

const WITHOUT_BODY: ReadonlySet<ReportKind> = new Set([
  'hardware',
  'lockdep',
  'task-dump',
  'hung-task',
  'rcu-stall',
]);

/** Takes the lines of one report in order. */
export class Structures {
  readonly #finding = new FindingCollector();
  readonly #waits = new WaitsCollector();
  readonly #hardware = new HardwareCollector();

  /**
   * Whether the lines are a report without any trace: tasks of a dump, locks and their holders, errors of the hardware.
   * These stand in reports of other kinds, too, which need bodies of their own.
   *
   * @param said the lines that say what happened
   */
  isBody(said: readonly { readonly kind: ReportKind }[]): boolean {
    return (
      (this.#waits.whole || this.#hardware.count > 0) && said.every(({ kind }) => WITHOUT_BODY.has(kind))
    );
  }

  /** Kind of a report whose headline is missing. */
  get kind(): ReportKind | undefined {
    if (this.#waits.tasks > 0) return 'task-dump';
    return this.#hardware.count > 0 ? 'hardware' : undefined;
  }

  /** The function that the text itself blames: where a lock is taken, or what a checker names. */
  get place(): CodeLocation | undefined {
    return this.#waits.place ?? this.#finding.place;
  }

  /**
   * Take a line, if it is one of these. @param text without prefixes
   * @returns `begins` for a line that may be the first of a report
   */
  take(text: string, line: number): 'begins' | 'goes on' | undefined {
    const before = this.#waits.tasks;
    const finding = this.#finding.take(text, line);
    const waits = this.#waits.take(text, line);
    const hardware = this.#hardware.take(text, line);
    if (this.#waits.tasks > before) return 'begins';
    return finding || waits || hardware ? 'goes on' : undefined;
  }

  /** @param traces of the report, which tracks and chains of locks refer to */
  finish(traces: readonly Trace[]): Pick<KernelReport, 'finding' | 'waits' | 'machineChecks'> {
    return defined({
      finding: this.#finding.finish(traces),
      waits: this.#waits.finish(traces),
      machineChecks: this.#hardware.finish(),
    });
  }

  /** How many parts were too many and are left out. */
  get dropped(): number {
    return this.#waits.dropped + this.#hardware.dropped;
  }
}
