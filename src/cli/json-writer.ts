// One JSON document, written a field or an item of a list at a time: no text is made that is as long as all of it. The bytes
// are those of the whole at once.

import { visibleJson } from '../base/visible-text.js';

const INDENT = 2;

const indented = (value: unknown, blanks: number): string =>
  visibleJson(value, INDENT).replaceAll('\n', `\n${' '.repeat(blanks)}`);

export class JsonWriter {
  #fields = 0;
  #items: number | undefined; // of the list that is open

  /** @param write resolves when the next piece can be taken */
  constructor(private readonly write: (text: string) => Promise<void>) {}

  /** Whether something was written. */
  get started(): boolean {
    return this.#fields > 0;
  }

  async #name(name: string): Promise<void> {
    await this.#closeList();
    await this.write(`${this.#fields === 0 ? '{' : ','}\n  ${visibleJson(name)}: `);
    this.#fields += 1;
  }

  /** A field; a list is written item by item. A value that JSON lacks is left out. */
  async field(name: string, value: unknown): Promise<void> {
    if (value === undefined || typeof value === 'function') return;
    if (Array.isArray(value)) {
      await this.list(name);
      for (const item of value) await this.item(item);
      return;
    }
    await this.#name(name);
    await this.write(indented(value, INDENT));
  }

  /** Begin a list. */
  async list(name: string): Promise<void> {
    await this.#name(name);
    await this.write('[');
    this.#items = 0;
  }

  /** An item of the list that was begun last. */
  async item(value: unknown): Promise<void> {
    const before = this.#items === 0 ? '' : ',';
    this.#items = (this.#items ?? 0) + 1;
    await this.write(`${before}\n    ${indented(value ?? null, 2 * INDENT)}`);
  }

  async #closeList(): Promise<void> {
    if (this.#items === undefined) return;
    await this.write(this.#items === 0 ? ']' : '\n  ]');
    this.#items = undefined;
  }

  /** End the document. */
  async end(): Promise<void> {
    await this.#closeList();
    await this.write(this.#fields === 0 ? '{}\n' : '\n}\n');
  }
}
