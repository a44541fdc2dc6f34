// Joins paragraphs that a mail program filled: it took the line ends of a report for blanks and set new ones.

import { beginsReportLine, findBeginnings } from './kernel-beginnings.js';
import { MAX_LINE } from './text-lines.js';

const MIN_LENGTH = 40; // characters; paragraphs have longer lines
const LOOK = 5; // lines that show whether it is a paragraph
const MIN_INNER = 2; // of them with a line of a report inside

/** What is needed of a line here. */
interface Row {
  readonly text: string;
  readonly number: number;
  readonly prefixed: boolean;
  /** Where its lines of the text begin, when it was joined. */
  readonly rows?: readonly RowStart[];
}

/** A line of the text in a joined one. */
export interface RowStart {
  readonly offset: number;
  readonly number: number;
}

const endsParagraph = ({ text, prefixed }: Row): boolean => prefixed || text.trim() === '';

const hasInner = ({ text }: Row): boolean =>
  findBeginnings(text).some(({ index, kind }) => kind !== 'mark' && text.slice(0, index).trim() !== '');

export class FilledText<Line extends Row> {
  #held: Line[] = [];
  #length = 0;
  #filled = false;

  /** Whether lines are kept until it is known whether they are a paragraph, or where it ends. */
  get pending(): boolean {
    return this.#held.length > 0;
  }

  /** The lines that are decided. */
  push(line: Line): readonly Line[] {
    if (this.#held.length === 0) {
      if (endsParagraph(line) || line.text.length < MIN_LENGTH || !beginsReportLine(line.text)) return [line];
      this.#hold(line);
      return [];
    }
    if (endsParagraph(line)) return [...this.end(), line];
    const before = this.#length + line.text.length > MAX_LINE ? this.#joined() : [];
    this.#hold(line);
    if (this.#filled || this.#held.length < LOOK) return before;
    this.#filled = this.#isFilled();
    return this.#filled ? before : this.end();
  }

  /** The lines that are kept. */
  end(): readonly Line[] {
    const filled = this.#filled || this.#isFilled();
    this.#filled = false;
    if (filled) return this.#joined();
    const held = this.#held;
    this.#held = [];
    this.#length = 0;
    return held;
  }

  #hold(line: Line): void {
    this.#held.push(line);
    this.#length += line.text.length + 1;
  }

  #isFilled(): boolean {
    return this.#held.filter(hasInner).length >= MIN_INNER;
  }

  #joined(): Line[] {
    const held = this.#held;
    this.#held = [];
    this.#length = 0;
    const [first] = held;
    if (first === undefined) return [];
    const rows: RowStart[] = [];
    let text = '';
    for (const line of held) {
      if (text !== '') text += ' ';
      rows.push({ offset: text.length, number: line.number });
      text += line.text.trim();
    }
    return [{ ...first, text, rows }];
  }
}
