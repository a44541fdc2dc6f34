// Cuts lines that hold several lines of a report: a form of the web lost the line ends, a mail program filled paragraphs,
// or the kernel began to print where another text already stood (a serial console).

import { type Beginning, findBeginnings, findEntryStarts } from './kernel-beginnings.js';

const MIN_LENGTH = 40; // characters; a shorter line holds one line only
const MIN_KINDS = 3; // of lines of a report in one line
const REMEMBERED = 30; // lines after which lines are no longer taken for filled ones

// Before a line that begins in the middle of another: not a sign of a quotation.
const QUOTED = /["'`\u2018\u201c(]\s{0,2}$/u;
// Words that the kernel puts before its own headlines.
const LEAD = /^\s*(?:(?:NMI|watchdog|rcu|traps|kernel|Oops|CPU\d{1,5}|sysrq)\b:? ?){0,4}$/u;

/** A part of a line. */
interface Piece {
  readonly text: string;
  /** Set for a headline that stands after another text. */
  readonly inner?: true;
}

const entriesOf = (text: string): string[] => {
  const starts = findEntryStarts(text).filter((start) => start > 0);
  return [0, ...starts].map((start, index) => text.slice(start, starts[index]));
};

const cutAt = (text: string, found: readonly Beginning[]): Piece[] => {
  const cuts = found.filter(({ index }) => text.slice(0, index).trim() !== '');
  const starts = [0, ...cuts.map(({ index }) => index)];
  const kinds = [
    found[0]?.index === cuts[0]?.index ? undefined : found[0]?.kind,
    ...cuts.map(({ kind }) => kind),
  ];
  return starts.flatMap((start, index) => {
    const part = text.slice(start, starts[index + 1]);
    const kind = kinds[index];
    // Traces have several entries on a line, and only old kernels print them so.
    const split = kind === 'trace' || kind === 'mark' || (index === 0 && kind === undefined);
    return (split ? entriesOf(part) : [part]).map((one) => ({ text: one }));
  });
};

// What a tool put between the lines, at the end of most of them.
const SEPARATOR = /[|;\u00a6\u00b7](?=\s{0,8}$)/u;

// The same text with blanks for such signs: the numbers of lines are told by its length.
const withoutSeparators = (text: string, pieces: readonly Piece[]): string | undefined => {
  const ended = pieces.flatMap((piece) => SEPARATOR.exec(piece.text.slice(-9))?.[0] ?? []);
  return 2 * ended.length > pieces.length ? text.replaceAll(ended[0]!, ' ') : undefined;
};

export class LineCutter {
  #since = REMEMBERED;

  /** The lines that a line without its prefix holds: itself, in most cases. */
  cut(text: string): readonly Piece[] {
    if (this.#since < REMEMBERED) this.#since += 1;
    if (text.length < MIN_LENGTH) return [{ text }];
    const found = findBeginnings(text);
    const kinds = new Set(found.map(({ kind }) => kind));
    const inner = found.filter(({ index }) => text.slice(0, index).trim() !== '');
    if (inner.length === 0) return [{ text }];
    const filled = this.#since < REMEMBERED;
    if (kinds.size >= MIN_KINDS || (filled && inner.every(({ kind }) => kind !== 'headline'))) {
      this.#since = 0;
      const pieces = cutAt(text, found);
      const clean = withoutSeparators(text, pieces);
      return clean === undefined ? pieces : cutAt(clean, findBeginnings(clean));
    }
    const [first] = inner;
    if (found[0] !== first || (first!.kind !== 'headline' && first!.kind !== 'die')) return [{ text }];
    const before = text.slice(0, first!.index);
    if (LEAD.test(before) || QUOTED.test(before) || !/[\s:>\])]$/u.test(before)) return [{ text }];
    return [{ text: before }, { text: text.slice(first!.index), inner: true }];
  }
}
