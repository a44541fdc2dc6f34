// The document of `oopslab decode --json` while the text is read: a report is written as soon as it is complete.

import type { DeclinedReport } from '../decode/read/other-architecture.js';
import { type Decoded, DocumentReports, declinedJson } from '../decode/show/report-document.js';
import type { JsonWriter } from './json-writer.js';
import type { Io } from './output.js';

export class DecodePrinter {
  readonly #reports = new DocumentReports();
  readonly #writer: JsonWriter;

  /** @param file as it was named; null for standard input, and where it is private */
  constructor(
    private readonly io: Io,
    private readonly file: string | null,
  ) {
    this.#writer = io.jsonWriter;
  }

  /** Take a report; nothing is written before the first one that is complete. */
  async take(decoded: Decoded): Promise<void> {
    await this.#write(this.#reports.take(decoded));
  }

  async #write(reports: ReturnType<DocumentReports['take']>): Promise<void> {
    for (const report of reports) {
      await this.#begin();
      await this.#writer.item(report);
    }
  }

  async #begin(): Promise<void> {
    if (this.#writer.started) return;
    await this.#writer.field('file', this.file);
    await this.#writer.list('reports');
  }

  /**
   * End the document.
   *
   * @param failure what ended the text early: the reports before it are whole
   * @throws `failure.error` when no report was written: then the error is all that is printed
   */
  async end(declined: readonly DeclinedReport[], failure?: { readonly error: unknown }): Promise<void> {
    if (failure !== undefined && !this.#writer.started) throw failure.error;
    await this.#write(this.#reports.end());
    await this.#begin();
    await this.#writer.field('groups', this.#reports.groups);
    await this.#writer.field('declined', declinedJson(declined));
    if (failure !== undefined) await this.#writer.field('error', this.io.errorField(failure.error));
    await this.#writer.end();
  }
}
