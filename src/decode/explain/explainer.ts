// Explains the reports of a text one after the other, with the code that was named for them, if any.

import { InputError } from '../../base/errors.js';
import { OtherCodeError } from '../code/other-code-error.js';
import type { KernelReport } from '../read/report.js';
import { type Explanation, type NamedCode, explainReport, explainedRegisters } from './explain.js';

/** Reports of other code that wait for the first one of the code that --code names. */
export const MAX_WAITING = 256;

/** A report with its explanation, and why it is explained without the code of --code. */
export interface Explained {
  readonly report: KernelReport;
  /** Of the report in its text, from 1. */
  readonly number: number;
  readonly explained: Explanation;
  readonly other?: OtherCodeError;
}

const explainOne = (report: KernelReport, number: number, code: NamedCode | undefined): Explained => {
  const registers = explainedRegisters(report);
  if (code === undefined || registers === undefined)
    return { report, number, explained: explainReport(report) };
  try {
    return { report, number, explained: code.explain(report, registers) };
  } catch (error) {
    if (!(error instanceof OtherCodeError)) throw error;
    return { report, number, explained: explainReport(report), other: error };
  }
};

/**
 * The reports of a text, in its order. Reports of other code than the named one wait for the first one of that code: without
 * one, the name is wrong, and nothing is told.
 */
export class Explainer {
  #waiting: Explained[] | undefined;

  /** @param code what was named; without it every report is told at once */
  constructor(private readonly code: NamedCode | undefined) {
    this.#waiting = code === undefined || code.isOptional === true ? undefined : [];
  }

  /**
   * Take the next report.
   *
   * @returns what can be told by now
   * @throws {InputError} when too many are of other code
   */
  take(report: KernelReport, number: number): readonly Explained[] {
    const one = explainOne(report, number, this.code);
    const waiting = this.#waiting;
    if (waiting === undefined) return [one];
    if (waiting.length >= MAX_WAITING)
      throw new InputError(
        `is the code of none of the first ${MAX_WAITING} reports; --report N names the one that it is of`,
        { field: '--code' },
      );
    waiting.push(one);
    if (one.other !== undefined || explainedRegisters(report) === undefined) return [];
    this.#waiting = undefined;
    return waiting;
  }

  /** The text has ended. @throws {InputError} when the code was of no report */
  end(): void {
    if (this.#waiting === undefined) return;
    this.code?.check();
    const wrong = this.#waiting.find(({ other }) => other !== undefined)?.other;
    if (wrong !== undefined) throw wrong;
    if (this.#waiting.length > 0)
      throw new InputError('cannot be used: no report has the registers of a trap', { field: '--code' });
  }
}
