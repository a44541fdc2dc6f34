// What decides over the rows of the table of skips that are for some reports alone.

import type { KernelReport } from '../read/report.js';
import type { Setting } from './skips.js';

const LOCKUPS = new Set(['soft-lockup', 'hard-lockup', 'rcu-stall']);

/** Whether a report shows where a CPU was, and not where something failed. */
export const isLockup = ({ kind }: Pick<KernelReport, 'kind'>): boolean => LOCKUPS.has(kind);

/** The settings of a report. */
export const settingsOf = (report: KernelReport): ReadonlySet<Setting> => {
  const text = report.headline?.text ?? '';
  const file = report.source?.file ?? '';
  const checker = report.finding?.checker ?? report.checker?.checker;
  const all: readonly (readonly [Setting, boolean])[] = [
    ['lockdep', report.kind === 'lockdep'],
    ['lock warning', /\bkernel\/locking\/lockdep\.c$/u.test(file)],
    ['lockup', isLockup(report) || text.includes('lockup suspected')],
    ['memory leak', report.kind === 'memory-leak' || text.startsWith('BUG: memory leak')],
    ['tracked object', /\blib\/debugobjects\.c$/u.test(file) || checker === 'ODEBUG'],
    ['KMSAN', checker === 'KMSAN'],
    ['BUG', report.kind === 'bug'],
    ['RCU usage', text.includes('suspicious RCU usage')],
    ['bad page', text.includes('Bad page')],
    ['hung task', report.kind === 'hung-task'],
  ];
  return new Set(all.filter(([, holds]) => holds).map(([setting]) => setting));
};
