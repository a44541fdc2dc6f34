// The parts that reports of a kind have and a report lacks, in words.

import { GENERAL_REGISTERS } from '../../x86/registers.js';
import { append } from '../../base/long-lists.js';
import type { KernelReport, RegisterSet } from './report.js';

// Hung tasks and the traces of a checker are printed without registers of the kernel.
const NO_REGISTERS = new Set([
  'hung-task',
  'other-bug',
  'kasan',
  'panic',
  'rcu-stall',
  'lockdep',
  'out-of-memory',
  'memory-leak',
]);

// These are lists: nothing that others have belongs to them.
const LISTS = new Set(['task-dump', 'hardware']);

const ofRegisters = (set: RegisterSet): string[] => {
  const names = GENERAL_REGISTERS.filter((name) => !set.values.has(name));
  const rip = set.rip === undefined ? ['RIP'] : [];
  if (names.length === 0) return rip;
  return [
    ...rip,
    names.length === GENERAL_REGISTERS.length
      ? 'the general registers'
      : names.map((name) => name.toUpperCase()).join(', '),
  ];
};

const ofCode = ({ code }: Pick<KernelReport, 'code'>): string[] => {
  if (code === undefined) return ['the Code: line'];
  if (code.unreadable !== undefined && code.bytes.length === 0) {
    return [`the bytes of the code: the kernel could not read them (${code.unreadable})`];
  }
  if (code.marked === undefined) return ['the marked byte of the Code: line, which is the one at RIP'];
  return code.cut === true ? ['the end of the Code: line'] : [];
};

/** The missing parts, most important first. */
export const missingOf = (report: Omit<KernelReport, 'missing' | 'findings'>): string[] => {
  const [first] = report.registers;
  if (LISTS.has(report.kind) && first === undefined) return [];
  const quiet = NO_REGISTERS.has(report.kind) && first === undefined;
  const missing: string[] = [];
  if (report.headline === undefined) missing.push('the line that says what happened');
  if (first !== undefined) append(missing, ofRegisters(first));
  else if (!quiet) missing.push('the registers');
  if (!quiet) append(missing, ofCode(report));
  if (report.pid === undefined || report.comm === undefined) missing.push('the task (PID, command)');
  if (report.release === undefined) missing.push('the release of the kernel');
  if (!report.traces.some(({ entries }) => entries.length > 0)) missing.push('the call trace');
  if (report.modules === undefined) missing.push('the list of modules');
  else if (!report.modules.complete) missing.push('a part of the list of modules');
  return missing;
};

/** The parts that were too many and left out, in words. */
export const leftOut = (dropped: readonly (readonly [count: number, what: string])[]): string[] =>
  dropped.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what} were left out`);
