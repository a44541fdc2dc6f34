// The lines of the kernel in the lines of a text: each step takes off one kind of what carried them, in the order in which
// it is put on. Bounded: of each step, a line or a window is kept until the next lines show what it is.

import { cutEscaped } from './escaped-line-ends.js';
import { FilledText, type RowStart } from './filled-text.js';
import { JsonLines } from './json-lines.js';
import { isPlainLine } from './kernel-beginnings.js';
import { type StrippedLine, stripLine } from './line-prefix.js';
import { withoutMarkup } from './markup.js';
import { LineCutter } from './one-line.js';
import { PstoreParts } from './pstore-parts.js';
import { QuotedPrintable } from './quoted-printable.js';
import { RecordLines } from './record-lines.js';
import { SharedAffix } from './shared-affix.js';
import type { PhysicalLine } from './text-lines.js';

/** A line, or a part of one, without what carried it; wrapped lines are still several. */
export interface CarriedLine extends StrippedLine {
  readonly number: number; // line in the text, from 1
  /** Number of its last line, where it stands on several. */
  readonly through?: number;
  /** Set when the line of the text was longer than the limit and was cut. */
  readonly cut: boolean;
  /** Characters of the line of the text; 0 for a part of one. */
  readonly length: number;
  /** Set for a headline that stands after another text on its line. */
  readonly inner?: true;
  /** Where its lines of the text begin in it, when they were joined. */
  readonly rows?: readonly RowStart[];
}

const rowAt = (rows: readonly RowStart[], offset: number): number =>
  rows.findLast((row) => row.offset <= offset)?.number ?? rows[0]!.number;

const strip = (line: PhysicalLine): CarriedLine => {
  const { number, through, text, cut, forms = [] } = line;
  const stripped = stripLine(text);
  return {
    ...stripped,
    forms: forms.length === 0 ? stripped.forms : [...forms, ...stripped.forms],
    prefixed: stripped.prefixed || forms.length > 0,
    number,
    ...(through === undefined ? {} : { through }),
    cut,
    length: forms.length > 0 ? 0 : text.endsWith('\r') ? text.length - 1 : text.length,
  };
};

export class Carrier {
  readonly #steps = [new PstoreParts(), new QuotedPrintable(), new RecordLines(), new JsonLines()];
  readonly #filled = new FilledText<CarriedLine>();
  readonly #affix = new SharedAffix<CarriedLine>();
  readonly #cutter = new LineCutter();

  /** Whether lines are kept, so that the next one cannot be left out. */
  get pending(): boolean {
    return this.#filled.pending || this.#affix.pending || this.#steps.some(({ pending }) => pending);
  }

  /** The lines that a line of the text gives, or ends. */
  push(line: PhysicalLine): readonly CarriedLine[] {
    return this.#from(0, [line]);
  }

  /** The lines that were kept, at the end of the text. */
  end(): readonly CarriedLine[] {
    const rest = this.#steps.flatMap((step, index) => this.#from(index + 1, step.end()));
    const filled = this.#filled.end().flatMap((line) => this.#affix.push(line));
    return [...rest, ...this.#cut([...filled, ...this.#affix.end()])];
  }

  #from(first: number, carried: readonly PhysicalLine[]): readonly CarriedLine[] {
    let now = carried;
    for (let at = first; at < this.#steps.length && now.length > 0; at += 1) {
      const step = this.#steps[at]!;
      now = now.length === 1 ? step.push(now[0]!) : now.flatMap((line) => step.push(line));
    }
    const [only] = now;
    if (only === undefined) return [];
    if (now.length > 1) return now.flatMap((line) => this.#pieces(line));
    return this.#pieces(only);
  }

  #pieces(line: PhysicalLine): readonly CarriedLine[] {
    const pieces = cutEscaped(line).flatMap(withoutMarkup).map(strip);
    const [only] = pieces;
    const decided = !this.#filled.pending && !this.#affix.pending;
    if (decided && pieces.length === 1 && isPlainLine(only!.text)) return pieces;
    const lines = pieces.flatMap((piece) => this.#filled.push(piece));
    return this.#cut(lines.flatMap((one) => this.#affix.push(one)));
  }

  #cut(lines: readonly CarriedLine[]): readonly CarriedLine[] {
    return lines.flatMap((line) => {
      const pieces = this.#cutter.cut(line.text);
      if (pieces.length === 1) return [line];
      const form = pieces.some(({ inner }) => inner) ? 'interleaved' : 'one-line';
      let offset = 0;
      return pieces.map((piece, index) => {
        const at = offset;
        offset += piece.text.length;
        return {
          ...line,
          ...piece,
          ...(line.rows && { number: rowAt(line.rows, at), through: rowAt(line.rows, offset - 1) }),
          forms: [...line.forms, form] as const,
          prefixed: index > 0 || line.prefixed,
          length: 0,
        };
      });
    });
  }
}
