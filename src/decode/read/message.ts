// The message of a WARN(): the lines between `cut here` and the line that names the place.
// Source: __warn_printk(), kernel/panic.c, and WARN(), include/asm-generic/bug.h, v4.19 to v6.14

const MOST_LINES = 4;
const MOST_TEXT = 400; // characters

export class WarnMessage {
  readonly #lines: string[] = [];
  #open = false;

  /** `cut here` stands before the message. */
  begin(): void {
    this.#open = this.#lines.length === 0;
  }

  /** Take a line that is not a part of the report by itself. */
  take(text: string): void {
    if (!this.#open || text.trim() === '') return;
    this.#lines.push(text.trim());
    if (this.#lines.length <= MOST_LINES) return;
    // So much text is of a person who writes about the report.
    this.#lines.length = 0;
    this.#open = false;
  }

  /** The place or another part of the report follows. */
  close(): void {
    this.#open = false;
  }

  /** The message in one line; `undefined` where there is none. */
  finish(): string | undefined {
    const text = this.#lines.join(' ');
    return text === '' ? undefined : text.slice(0, MOST_TEXT);
  }
}
