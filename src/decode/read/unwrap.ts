// Makes the lines that the kernel printed of lines without prefixes: wrapped ones are joined. Bounded: a line is kept until
// the next one shows whether it is continued.

import type { CarriedLine } from '../carry/carrier.js';
import type { TextForm } from '../carry/text-form.js';
import { MAX_LINE } from '../carry/text-lines.js';
import { continuation } from './continuation.js';
import { findMoreModules } from './module-line.js';

/** A line as the kernel printed it. */
export interface LogicalLine {
  readonly text: string;
  readonly first: number; // line in the text
  readonly last: number;
  readonly time?: string;
  readonly caller?: string;
  readonly prefixed: boolean;
  readonly forms: readonly TextForm[];
  /** Set when the line of the text was longer than the limit and was cut. */
  readonly cut: boolean;
  /** Set for a headline that stands after another text on its line. */
  readonly inner?: true;
}

const WIDTHS = new Set([80, 100, 120, 132, 160]); // columns
const MAX_BREAKS = 1000;
const REMEMBERED = 8; // lines whose lengths show the width of a terminal

/** Where a list of modules was put together with a blank, and how long the line of the text before it was. */
interface Break {
  readonly at: number;
  readonly gap: number;
  readonly length: number;
}

interface Pending {
  readonly line: LogicalLine;
  readonly modules: boolean;
  readonly length: number;
  readonly breaks: readonly Break[];
}

// Lines that are wrapped at blanks differ in length: those of one length were cut anywhere, within names too.
const finished = ({ line, breaks }: Pending): LogicalLine => {
  const [first] = breaks;
  const cut =
    breaks.length > 1 && first!.length >= 40 && breaks.every(({ length }) => length === first!.length);
  if (!cut) return line;
  let text = '';
  let from = 0;
  for (const { at, gap } of breaks) {
    text += line.text.slice(from, at);
    from = at + gap;
  }
  return { ...line, text: text + line.text.slice(from) };
};

export class Unwrapper {
  #pending: Pending | undefined;
  #continued: number[] = []; // lengths of lines that were continued

  /** The line that `next` ends, if it does. */
  push(next: CarriedLine): LogicalLine | undefined {
    const { text, prefixed, forms, time, caller, inner, length } = next;
    const joined = prefixed ? undefined : this.#join(next);
    if (joined !== undefined) {
      this.#pending = joined;
      return undefined;
    }
    const done = this.#pending;
    const inList = done?.modules === true && findMoreModules(text) !== undefined;
    this.#pending = {
      line: {
        text,
        first: next.number,
        last: next.through ?? next.number,
        prefixed,
        forms,
        cut: next.cut,
        ...(time === undefined ? undefined : { time }),
        ...(caller === undefined ? undefined : { caller }),
        ...(inner === undefined ? undefined : { inner }),
      },
      modules: inList || /^\s*Modules linked in:/u.test(text),
      length,
      breaks: [],
    };
    return done && finished(done);
  }

  /** The last line. */
  end(): LogicalLine | undefined {
    const done = this.#pending;
    this.#pending = undefined;
    return done && finished(done);
  }

  #join(next: CarriedLine): Pending | undefined {
    const { text, length } = next;
    const pending = this.#pending;
    if (pending === undefined || pending.line.text.length + text.length > MAX_LINE) return undefined;
    const { line, modules, breaks } = pending;
    const full = this.#full(pending.length);
    const joint = continuation({ text: line.text, modules, prefixed: line.prefixed, full }, text);
    if (joint === undefined) return undefined;
    // After `… RIP:` the kernel of 2.6 itself began a line.
    if (!/ RIP:\s*$/u.test(line.text)) {
      this.#continued = [...this.#continued.slice(1 - REMEMBERED), pending.length];
    }
    const between = /\s$/u.test(line.text) ? '' : joint;
    const start = joint === '' && full ? text : text.trimStart();
    const forms: readonly TextForm[] = line.forms.includes('wrapped')
      ? line.forms
      : [...line.forms, 'wrapped'];
    const whole = line.text.trimEnd().length;
    const gap = joint === '' ? 0 : line.text.length - whole + between.length;
    const one = { at: whole, gap, length: pending.length };
    return {
      line: { ...line, text: `${line.text}${between}${start}`, last: next.through ?? next.number, forms },
      modules,
      length,
      breaks: modules && breaks.length < MAX_BREAKS ? [...breaks, one] : breaks,
    };
  }

  // Every line that was continued was as long as this one, or it has a common width: the width of the terminal. A mail
  // that is wrapped at blanks has lines of many lengths.
  #full(length: number): boolean {
    if (length < 40) return false;
    const before = this.#continued;
    return before.length === 0 ? WIDTHS.has(length) : before.every((one) => one === length);
  }
}
