// What is to be said of the registers of a context that was interrupted: only that.

import { type Statement, statement } from '../code/statement.js';
import { EXCEPTION } from '../read/register-role.js';
import type { KernelReport, RegisterSet } from '../read/report.js';

/** Statements about a set of role `interrupted`: none where an exception led out of it, which may have been handled. */
export const interruptedStatements = (report: KernelReport, { line }: RegisterSet): Statement[] => {
  const before = report.traces
    .flatMap(({ entries }) => entries)
    .findLast((entry) => entry.reliable && entry.line < line)?.symbol;
  if (before !== undefined && EXCEPTION.test(before)) return [];
  const because = before === undefined ? `the report is a ${report.kind}` : `${before} came in there`;
  return [statement({ kind: 'trap' }, 'certain', { kind: 'interrupted' }, [because])];
};
