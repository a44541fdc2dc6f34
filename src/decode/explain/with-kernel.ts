// Explanations with the kernel of the report: its functions are the code, and its types name values and fields in C.

import type { KernelImage } from '../../image/kernel-image.js';
import { codeInImage } from '../code/from-image.js';
import { OtherCodeError } from '../code/other-code-error.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import { callerTypes } from '../types/caller-types.js';
import { typesAt } from '../types/trap-types.js';
import { type Explanation, type NamedCode, explainReport } from './explain.js';

/** A kernel that was found for a report. */
export interface ReportKernel {
  readonly image: KernelImage | undefined;
  readonly modules: ReadonlyMap<string, KernelImage>;
  /** Why there is none, in words. */
  readonly problem?: string;
}

/** Finds the kernel of a report. @throws {InputError} when there is none */
type FindKernel = (report: KernelReport) => Promise<ReportKernel>;

/** The modules that a report names functions of, that of the trap first. */
export const modulesOf = ({ registers, trap, traces }: KernelReport): string[] => {
  const named = [
    ...registers.map(({ rip }) => rip?.module),
    trap?.module,
    ...traces.flatMap(({ entries }) => entries.map(({ module }) => module)),
  ];
  return [...new Set(named.flatMap((name) => (name === undefined ? [] : [name])))];
};

const explain = (
  report: KernelReport,
  registers: RegisterSet,
  { image, modules, problem }: ReportKernel,
): Explanation => {
  if (problem !== undefined) throw new OtherCodeError(problem, { field: '--kernel' });
  const name = (registers.rip ?? report.trap)?.module;
  const own = name === undefined ? image : modules.get(name.replaceAll('-', '_'));
  if (own === undefined)
    throw new OtherCodeError(
      name === undefined ? 'no image of the kernel was found' : `the module ${name} was not found`,
      { field: '--kernel' },
    );
  const code = codeInImage(report, registers, own);
  const types = own === image ? own.types() : image?.types() && own.types(image.types());
  return explainReport(report, code.full, (analysis) => {
    const found = typesAt(own, code.symbol, code.place, types);
    if (analysis === undefined || types === undefined) return found;
    const known = new Set(found.registers.map(({ where }) => where));
    const callers = callerTypes(analysis, code.full.chain, code.functions, types, known);
    return { ...found, registers: [...found.registers, ...callers] };
  });
};

/** Explains each report with its own kernel. */
export class KernelCode implements NamedCode {
  readonly isOptional = true;
  #found: ReportKernel | undefined;

  constructor(private readonly find: FindKernel) {}

  /** Find the kernel of the next report. @throws {InputError} when what was named cannot be read */
  async prepare(report: KernelReport): Promise<void> {
    this.#found = await this.find(report);
  }

  explain(report: KernelReport, registers: RegisterSet): Explanation {
    if (this.#found === undefined) throw new TypeError('the kernel was not looked for');
    return explain(report, registers, this.#found);
  }

  check(): void {
    // What was named is checked for each report.
  }
}
