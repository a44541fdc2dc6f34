// Which lines of the text a report has: the first and the last one, when it was printed, and what was taken off them.

import type { TextForm } from '../carry/text-form.js';
import type { KernelReport } from './report.js';
import type { LogicalLine } from './unwrap.js';

export class LineSpan {
  readonly #forms = new Set<TextForm>();
  readonly #findings = new Set<string>();
  #time: string | undefined;
  #first = 0;
  #last = 0;

  get empty(): boolean {
    return this.#first === 0;
  }

  get findings(): readonly string[] {
    return [...this.#findings];
  }

  /** Note what is to be said of a line. */
  find(words: string): void {
    this.#findings.add(words);
  }

  /** Let a line be one of the report. */
  add(line: number): void {
    if (this.empty || line < this.#first) this.#first = line;
    this.#last = Math.max(this.#last, line);
  }

  take({ first, last, time, forms, cut }: LogicalLine): void {
    this.add(first);
    this.add(last);
    this.#time ??= time;
    for (const form of forms) this.#forms.add(form);
    if (cut) this.find(`line ${first} was longer than the limit and was cut`);
  }

  finish(): Pick<KernelReport, 'firstLine' | 'lastLine' | 'form'> & { readonly time: string | undefined } {
    return {
      firstLine: this.#first,
      lastLine: this.#last,
      time: this.#time,
      form: [...this.#forms].toSorted(),
    };
  }
}
