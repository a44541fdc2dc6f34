// All sentences about a trap: each kind of trap has a file of its own.

import type { Statement } from '../code/statement.js';
import { append } from '../../base/long-lists.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import { accessesOf, faultOf } from './accesses.js';
import { assertionDetails } from './assertion-detail.js';
import { breakpointStatements } from './breakpoint.js';
import { protectionStatements } from './general-protection.js';
import { pageFaultStatements } from './page-fault.js';
import { selectorStatements } from './selector.js';
import { stackBoundStatements } from './stack-bounds.js';
import { stringStatements } from './string-move.js';
import type { Surroundings } from './surroundings.js';

/**
 * What the trap means.
 *
 * @param bytes starting at the trapping instruction; empty where that is not known
 */
export const trapMeanings = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
  bytes: Uint8Array,
  around: Surroundings,
): Statement[] => {
  const rip = registers.values.get('rip') ?? registers.rip?.address;
  const statements = [
    ...pageFaultStatements(report, registers),
    ...selectorStatements(report),
    ...stackBoundStatements(report, registers),
    ...breakpointStatements(report, code),
  ];
  if (bytes.length === 0) return statements;
  if (faultOf(report, registers) !== undefined || report.kind === 'gpf')
    append(statements, stringStatements(bytes, registers, report.trap?.symbol));
  const accesses = accessesOf(bytes, rip, registers);
  return [
    ...statements,
    ...protectionStatements(report, bytes, rip, registers, accesses, around.depth),
    ...assertionDetails(report, registers, bytes),
  ];
};
