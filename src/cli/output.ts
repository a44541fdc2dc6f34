// What commands write, and how they fail: results to stdout, everything else to stderr, exit codes.

import type { TypeOf } from '../base/form.js';
import type { errorDocumentForm } from './forms.js';
import { type Coloured, colouredText } from '../base/coloured.js';
import { HostError, LibraryError, OopslabError, formatWhere } from '../base/errors.js';
import { refuseUnwritable, replaceFile } from '../base/replace-file.js';
import { ofSystem } from '../base/system-error.js';
import { JsonWriter } from './json-writer.js';
import { escapeInLine, escapeInvisible, visibleJson } from '../base/visible-text.js';

/** Exit codes of every command. */
export const EXIT = { asExpected: 0, notAsExpected: 1, badInput: 2, interrupted: 130 } as const;

/** To the start of the line, and the line away. */
const CLEAR = '\r\u001b[K';

type ErrorDocument = TypeOf<typeof errorDocumentForm>;

// The option that gave this Node another stack than the usual one.
const smallStack = (): string | undefined =>
  [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')].find((option) =>
    /^--stack[-_]size\b/u.test(option),
  );

const describe = (thrown: unknown): { code: string; message: string; where: object; text: string } => {
  const error = ofSystem(thrown) ?? thrown;
  if (error instanceof OopslabError) {
    const place = formatWhere(error.where);
    const full = place === '' ? error.message : `${place}: ${error.message}`;
    // A line each, whatever the input that they quote holds; how to install libunicorn takes several.
    const text = error instanceof LibraryError ? full : escapeInLine(full);
    return { code: error.code, message: error.message, where: error.where, text };
  }
  const stack = smallStack();
  if (stack !== undefined && error instanceof RangeError && error.message.includes('call stack'))
    return describe(
      new HostError(`this Node has too small a stack for this command (${stack}): start it without`),
    );
  // A defect of oopslab, reported in one line; OOPSLAB_DEBUG=1 shows where.
  const message = error instanceof Error ? error.message : String(error);
  const text =
    process.env['OOPSLAB_DEBUG'] === '1' && error instanceof Error
      ? (error.stack ?? message)
      : escapeInLine(`internal error: ${message}. Please report it; OOPSLAB_DEBUG=1 shows where it happened`);
  return { code: 'ERR_INTERNAL', message, where: {}, text };
};

const ENDS_OF_WAIT = ['drain', 'close', 'error'] as const;

/** The streams that a command line works with: those of the process, or a test's own. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Input and output of one command line. */
export class Io implements Streams {
  /** What the command line ends with. */
  exitCode: number = EXIT.asExpected;

  #isPassing = false;

  constructor(private readonly streams: Streams) {}

  // Looked up when used: a process opens its stdin at the first look.
  get stdin(): Streams['stdin'] {
    return this.streams.stdin;
  }

  get stdout(): Streams['stdout'] {
    return this.streams.stdout;
  }

  get stderr(): Streams['stderr'] {
    return this.streams.stderr;
  }

  /** Write a result; colours only at a terminal, and never with NO_COLOR (https://no-color.org). */
  print(text: string | readonly Coloured[]): void {
    const withColours = this.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
    const visible = typeof text === 'string' ? escapeInvisible(text) : colouredText(text, withColours);
    this.stdout.write(visible.endsWith('\n') ? visible : `${visible}\n`);
  }

  /** Write one short JSON document. */
  printJson(document: unknown): void {
    this.stdout.write(`${visibleJson(document, 2)}\n`);
  }

  /** A writer of one JSON document of any length, which waits for who reads it. */
  get jsonWriter(): JsonWriter {
    return new JsonWriter((text) => this.#writeAndWait(text));
  }

  async #writeAndWait(text: string): Promise<void> {
    if (!this.stdout.write(text)) await this.#waited();
  }

  /** Wait until what was written has been taken, if there is much of it. */
  async drained(): Promise<void> {
    if (Reflect.get(this.stdout, 'writableNeedDrain') === true) await this.#waited();
  }

  // An error of stdout is not reported here: who waits must not wait for ever.
  async #waited(): Promise<void> {
    const { stdout } = this;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ENDS_OF_WAIT) stdout.removeListener(event, done);
        resolve();
      };
      for (const event of ENDS_OF_WAIT) stdout.once(event, done);
    });
  }

  /** Write something that is not a result, in one line. */
  note(text: string): void {
    this.explain(`oopslab: ${escapeInLine(text)}`);
  }

  /** Write several lines that are not a result. */
  explain(text: string): void {
    this.clearPassing();
    this.stderr.write(`${escapeInvisible(text)}\n`);
  }

  /** At a terminal, show a line until something else is said. */
  showPassing(text: string): void {
    if (this.stderr.isTTY !== true) return;
    this.stderr.write(`${CLEAR}${escapeInLine(text)}`);
    this.#isPassing = true;
  }

  /** Take back such a line. */
  clearPassing(): void {
    if (this.#isPassing) this.stderr.write(CLEAR);
    this.#isPassing = false;
  }

  /** Find out before the work whether `writeFile` could write there. @throws {InputError} when it could not */
  refuseUnwritable(file: string | undefined): void {
    if (file !== undefined && file !== '-') refuseUnwritable(file);
  }

  /** Write a whole text to a file, or to stdout for `-` and no file. `what` names it in the note about the file. */
  writeFile(file: string | undefined, text: string, what: string): void {
    if (file === undefined || file === '-') this.stdout.write(escapeInvisible(text));
    else {
      replaceFile(file, text);
      this.note(`${what} is in ${file}`);
    }
  }

  #fail(error: ErrorDocument['error'], text: string, json: boolean): void {
    if (json) this.printJson({ error } satisfies ErrorDocument);
    else this.explain(`oopslab: ${text}`);
    this.exitCode = EXIT.badInput;
  }

  /** What a document that has begun says of the error that ends it. */
  errorField(error: unknown): ErrorDocument['error'] {
    const { code, message, where } = describe(error);
    return { code, message, where: { ...where } };
  }

  /** Report an error in the form that the user chose, and set the exit code. */
  fail(error: unknown, json: boolean): void {
    const { code, message, where, text } = describe(error);
    this.#fail({ code, message, where: { ...where } }, text, json);
  }

  /** Report wrong use of the command line. */
  failUsage(message: string, json: boolean): void {
    // Commander's guess comes on a line of its own.
    const text = message
      .replace(/^error: /u, '')
      .trim()
      .replace(/\n(?=\(Did you mean [^\n]*\)$)/u, ' ');
    this.#fail({ code: 'ERR_USAGE', message: text, where: {} }, escapeInLine(text), json);
  }
}
