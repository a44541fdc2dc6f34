// A text that is nothing but the bytes of a `Code:` line, as people give it to scripts/decodecode: with or without the word,
// on one line or several.

import { Carrier } from '../carry/carrier.js';
import type { PhysicalLine } from '../carry/text-lines.js';
import type { KernelReport } from './report.js';
import type { LogicalLine } from './unwrap.js';

const MAX_LINES = 16; // of such a text
const MIN_BYTES = 3;
const BYTE = /^[<(]?[0-9a-f]{2}[>)]?$/u;
const MARKED = /^[<(]/u;

/** Whether a report is nothing but the bytes of a `Code:` line. */
export const isCodeAlone = (report: KernelReport): boolean =>
  report.codeLines.length === 1 &&
  report.said.length === 0 &&
  report.registers.length === 0 &&
  report.traces.length === 0 &&
  report.pid === undefined;

export class LoneCode {
  readonly #lines: PhysicalLine[] = [];
  #over = false;

  /** Take a line of the text; only the first ones are kept. */
  take(line: PhysicalLine): void {
    if (this.#over) return;
    this.#over = this.#lines.length === MAX_LINES || line.text.length > 4000;
    if (this.#over) this.#lines.length = 0;
    else this.#lines.push(line);
  }

  /** The `Code:` line that the whole text is; `undefined` where it has anything else. */
  finish(): LogicalLine | undefined {
    const carrier = new Carrier();
    const carried = [...this.#lines.flatMap((line) => carrier.push(line)), ...carrier.end()];
    const rows = carried.filter(({ text }) => text.trim() !== '');
    const [first] = rows;
    if (first === undefined) return undefined;
    const text = rows
      .map((row) => row.text.trim().toLowerCase())
      .join(' ')
      // A byte that a terminal cut.
      .replaceAll(/(?<=^|\s)([0-9a-f]) ([0-9a-f])(?=\s|$)/gu, '$1$2');
    const bytes = text.replace(/^code ?: ?/u, '').split(/\s+/u);
    const marks = bytes.filter((byte) => MARKED.test(byte)).length;
    const said = /^code ?:/u.test(text);
    if (bytes.length < MIN_BYTES || !bytes.every((byte) => BYTE.test(byte)) || marks > 1) return undefined;
    if (marks === 0 && !said) return undefined;
    const last = rows.at(-1)!;
    return {
      text: `Code: ${bytes.join(' ')}`,
      first: first.number,
      last: last.through ?? last.number,
      prefixed: false,
      forms: first.forms,
      cut: false,
    };
  }
}
