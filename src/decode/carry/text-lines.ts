// Cuts chunks of text into numbered lines of bounded length, whatever the chunks are.

/** Characters of a line that are kept; the rest is dropped, and the report says so. */
export const MAX_LINE = 16_384;

/** A line as it stands in the text, without its end. */
export interface PhysicalLine {
  readonly number: number; // from 1
  /** Number of its last line, where it stands on several. */
  readonly through?: number;
  readonly text: string;
  /** Set when the line was longer than MAX_LINE. */
  readonly cut: boolean;
}

export class LineSplitter {
  #rest = '';
  #cut = false;
  #number = 0;

  /** The lines that end in `chunk`. */
  *push(chunk: string): Generator<PhysicalLine> {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield this.#line(chunk, from, end);
      from = end + 1;
    }
    this.#keep(chunk, from, chunk.length);
  }

  /** What follows the last line end, if anything does. */
  *end(): Generator<PhysicalLine> {
    if (this.#rest !== '' || this.#cut) yield this.#line('', 0, 0);
  }

  #keep(chunk: string, from: number, to: number): void {
    const room = MAX_LINE - this.#rest.length;
    if (to - from > room) this.#cut = true;
    if (room > 0) this.#rest += chunk.slice(from, Math.min(to, from + room));
  }

  #line(chunk: string, from: number, to: number): PhysicalLine {
    this.#number += 1;
    if (this.#rest === '' && to - from <= MAX_LINE && !this.#cut) {
      return { number: this.#number, text: chunk.slice(from, to), cut: false };
    }
    this.#keep(chunk, from, to);
    const line = { number: this.#number, text: this.#rest, cut: this.#cut };
    this.#rest = '';
    this.#cut = false;
    return line;
  }
}
