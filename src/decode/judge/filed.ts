// What an overview keeps of each report: a few words, so that a log with thousands of reports fits in memory.

import type { KernelReport } from '../read/report.js';
import type { BugClass } from './bug-classes.js';
import type { Judgement } from './judgement.js';

/** A report as it is filed. */
export interface Filed {
  readonly signature: string;
  readonly title: string;
  readonly class: BugClass;
  readonly kind: KernelReport['kind'];
  readonly firstLine: number;
  readonly lastLine: number;
  readonly time?: string;
  readonly cpu?: number;
  readonly pid?: number;
  /** Letters without blanks; empty for `Not tainted`; absent when it is not stated. */
  readonly taint?: string;
  readonly release?: string;
  /** Whether the kernel died: an oops or a BUG. */
  readonly died: boolean;
  /** The die counter, `[#2]`. */
  readonly counter?: number;
  /** PIDs of those that hold the lock that is waited for. */
  readonly owners: readonly number[];
}

// Reports of these kinds end the task, or the kernel, even where the line with the die counter is missing.
const DIES: ReadonlySet<KernelReport['kind']> = new Set<KernelReport['kind']>([
  'paging',
  'null-deref',
  'gpf',
  'bug',
  'double-fault',
  'stack-guard',
  'trap',
]);

/** Whether the kernel died: an oops or a BUG. */
export const isDeath = ({ die, kind }: KernelReport): boolean => die !== undefined || DIES.has(kind);

/** A report as it is filed. */
export const filedOf = (report: KernelReport, judgement: Judgement): Filed => {
  const { kind, firstLine, lastLine, time, cpu, pid, release, die, taint, waits } = report;
  const owners = (waits?.hung ?? []).flatMap(({ owner }) => (owner === undefined ? [] : [owner.pid]));
  return {
    signature: judgement.signature,
    title: judgement.title,
    class: judgement.class,
    kind,
    firstLine,
    lastLine,
    died: isDeath(report),
    owners,
    ...(time === undefined ? {} : { time }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(pid === undefined ? {} : { pid }),
    ...(release === undefined ? {} : { release }),
    ...(taint === undefined ? {} : { taint: (taint ?? '').replaceAll(/[^A-Z]/gu, '') }),
    ...(die === undefined ? {} : { counter: die.counter }),
  };
};
