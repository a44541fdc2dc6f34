// Where an indirect branch went that the processor refused there (IBT).

import { isMissingEndbr } from '../explain/assertion-detail.js';
import type { CodeLocation, KernelReport } from '../read/report.js';

/**
 * The place without endbr64, from the second set of registers; `undefined` for other reports. Source:
 * exc_control_protection(), arch/x86/kernel/traps.c, v5.18
 */
export const branchTarget = (report: KernelReport): CodeLocation | undefined =>
  isMissingEndbr(report)
    ? report.registers.filter(({ mode, rip }) => mode === 'kernel' && rip !== undefined)[1]?.rip
    : undefined;
