// Puts the parts of a dump that pstore kept into the order of time. A dump is written backward from its end, so "Part1" is
// its last piece, and files that are read in the order of their names have it first.
// Source: pstore_dump(), fs/pstore/platform.c, v3.0 to v6.14 (`Oops#1 Part1`)

import type { TextForm } from './text-form.js';
import type { PhysicalLine } from './text-lines.js';

const HEADER =
  /^[\s>]{0,8}((?:Panic|Oops|Emergency|Restart|Halt|Poweroff|Shutdown|Unknown)#\d{1,6}) Part(\d{1,5})\s*$/u;
export const MAX_HELD = 1 << 22; // characters of one dump
const MAX_OTHERS = 8; // lines between two parts: the name of a file, a prompt
const LEVEL = /^[\s>]{0,8}<\d{1,3}>/u;

interface Part {
  readonly number: number;
  readonly lines: PhysicalLine[];
}

export class PstoreParts {
  #dump = '';
  #parts: Part[] = [];
  #others: PhysicalLine[] = []; // since the last line of a part
  #length = 0;

  /** Whether parts are kept until their dump is whole. */
  get pending(): boolean {
    return this.#parts.length > 0;
  }

  /** The lines that can be passed on. */
  push(next: PhysicalLine): readonly PhysicalLine[] {
    const header = next.text.length < 64 ? HEADER.exec(next.text) : null;
    const last = this.#parts.at(-1);
    if (header === null) {
      if (last === undefined) return [next];
      this.#length += next.text.length + 1;
      if (this.#isOther(last, next)) this.#others.push(next);
      else last.lines.push(next);
      return this.#length > MAX_HELD || this.#others.length > MAX_OTHERS ? this.end() : [];
    }
    const [, dump, number] = header;
    const again = this.#parts.some((part) => part.number === Number(number));
    const before = last !== undefined && (again || dump !== this.#dump) ? this.end() : [];
    this.#dump = dump!;
    this.#others = [];
    this.#parts.push({ number: Number(number), lines: [] });
    return before;
  }

  /** The lines of the parts that are kept, first ones first. */
  end(): readonly PhysicalLine[] {
    const parts = this.#parts;
    const others = this.#others;
    this.#parts = [];
    this.#others = [];
    this.#length = 0;
    const sorted = parts.toSorted((one, other) => other.number - one.number);
    const moved = sorted.some((part, index) => part !== parts[index]);
    const form: readonly TextForm[] = moved ? ['parts'] : [];
    const lines = sorted.flatMap((part) =>
      part.lines.map((line) => ({ ...line, forms: [...(line.forms ?? []), ...form] })),
    );
    return [...lines, ...others];
  }

  // The lines of a dump have levels.
  #isOther({ lines }: Part, next: PhysicalLine): boolean {
    return !LEVEL.test(next.text) && lines.some(({ text }) => LEVEL.test(text));
  }
}
