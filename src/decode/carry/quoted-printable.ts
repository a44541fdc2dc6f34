// Undoes quoted-printable, the encoding of mails.
// Source: RFC 2045, 6.7 (a line has at most 76 characters; `=` at its end continues it)

import { MAX_LINE, type PhysicalLine } from './text-lines.js';

const MAX_QUOTED = 76; // characters
const MIN_QUOTED = 60; // shorter lines that end in `=` did not have to be broken

/** Takes lines of a text and gives decoded lines: none or one for each. */
export class QuotedPrintable {
  #held: PhysicalLine | undefined;
  #quotedPrintable = false;

  /** Whether the next line continues one that is kept. */
  get pending(): boolean {
    return this.#held !== undefined;
  }

  /** The lines that `next` makes. */
  push(next: PhysicalLine): readonly PhysicalLine[] {
    const held = this.#held;
    this.#held = undefined;
    const line = held === undefined ? next : this.#join(held, next);
    const end = next.text.endsWith('\r') ? next.text.length - 1 : next.text.length;
    const soft = end >= MIN_QUOTED && end <= MAX_QUOTED && /[^=]=\r?$/u.test(next.text);
    if (soft && line.text.length < MAX_LINE) {
      this.#quotedPrintable = true;
      this.#held = { ...line, text: line.text.replace(/=\r?$/u, '') };
      return [];
    }
    return this.#plain(line);
  }

  /** The line that is kept, at the end of the text. */
  end(): readonly PhysicalLine[] {
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? [] : this.#plain(held);
  }

  #join(held: PhysicalLine, next: PhysicalLine): PhysicalLine {
    const text = `${held.text}${next.text}`.slice(0, MAX_LINE);
    const cut = held.cut || next.cut || held.text.length + next.text.length > MAX_LINE;
    return { number: held.number, through: next.number, text, cut };
  }

  #plain(line: PhysicalLine): readonly PhysicalLine[] {
    let { text } = line;
    // Kernels print hexadecimal digits in lower case.
    if (text.includes('=3D') || text.includes('=C2=A0')) {
      this.#quotedPrintable = true;
      text = text.replaceAll('=3D', '=').replaceAll('=C2=A0', '\u00a0');
    }
    // `idle=20` may be the kernel's own text.
    text = text.replace(this.#quotedPrintable ? /=20\r?$/u : /(?<![a-z_])=20\r?$/u, '');
    return text === line.text ? [line] : [{ ...line, text }];
  }
}
