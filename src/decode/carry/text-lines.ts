// Cuts chunks of text into numbered lines of bounded length, whatever the chunks are. A longer line is cut where it says
// itself that a line or a record ended, and its parts are lines of one number.

import type { TextForm } from './text-form.js';

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
  /** Set for a part of a longer line. */
  readonly part?: true;
  /** What was already taken off it. */
  readonly forms?: readonly TextForm[];
}

// Line ends that were written as characters; ends of records of JSON; line breaks of HTML and of old systems.
const ENDS = ['\\n', '#012', '},', '],', '<br', '<BR', '\r'];

const lastEnd = (text: string): number => {
  let last = 0;
  for (const end of ENDS) {
    const at = text.lastIndexOf(end);
    if (at > 0) last = Math.max(last, end.startsWith('<') ? at : at + end.length);
  }
  return last;
};

export class LineSplitter {
  #rest = '';
  #cut = false; // the rest of the line is dropped
  #part = false;
  #number = 0;

  /** The lines that end in `chunk`. */
  *push(chunk: string): Generator<PhysicalLine> {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield* this.#line(chunk, from, end);
      from = end + 1;
    }
    yield* this.#keep(chunk, from, chunk.length);
  }

  /** What follows the last line end, if anything does. */
  *end(): Generator<PhysicalLine> {
    if (this.#rest !== '' || this.#cut) yield* this.#line('', 0, 0);
  }

  *#keep(chunk: string, start: number, to: number): Generator<PhysicalLine> {
    let from = start;
    while (!this.#cut && from < to) {
      const next = Math.min(to, from + MAX_LINE - this.#rest.length);
      this.#rest += chunk.slice(from, next);
      from = next;
      if (from === to) return;
      const end = lastEnd(this.#rest);
      if (end === 0) this.#cut = true;
      else {
        this.#part = true;
        yield { number: this.#number + 1, text: this.#rest.slice(0, end), cut: false, part: true };
        this.#rest = this.#rest.slice(end);
      }
    }
  }

  *#line(chunk: string, from: number, to: number): Generator<PhysicalLine> {
    if (this.#rest === '' && to - from <= MAX_LINE && !this.#cut && !this.#part) {
      this.#number += 1;
      yield { number: this.#number, text: chunk.slice(from, to), cut: false };
      return;
    }
    yield* this.#keep(chunk, from, to);
    this.#number += 1;
    const line = { number: this.#number, text: this.#rest, cut: this.#cut };
    yield this.#part ? { ...line, part: true } : line;
    this.#rest = '';
    this.#cut = false;
    this.#part = false;
  }
}
