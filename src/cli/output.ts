// What commands write, and how they fail: results to stdout, everything else to stderr, exit codes.

import type { TypeOf } from '../base/form.js';
import type { errorDocumentForm } from './forms.js';
import { LibraryError, OopslabError, formatWhere } from '../base/errors.js';
import { replaceFile } from '../base/replace-file.js';

/** Exit codes of every command. */
export const EXIT = { asExpected: 0, notAsExpected: 1, badInput: 2, interrupted: 130 } as const;

/**
 * Text with its control characters as `\\x1b`, line feeds and tabs apart: what a file or a name holds must not steer
 * the terminal. C1 controls and what turns the direction of writing are `\\u009b`.
 */
export const escapeControls = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    (character) => {
      const code = character.codePointAt(0)!.toString(16);
      return code.length <= 2 && character < '\u0080'
        ? `\\x${code.padStart(2, '0')}`
        : `\\u${code.padStart(4, '0')}`;
    },
  );

type ErrorDocument = TypeOf<typeof errorDocumentForm>;

const describe = (error: unknown): { code: string; message: string; where: object; text: string } => {
  if (error instanceof OopslabError) {
    const place = formatWhere(error.where);
    const full = place === '' ? error.message : `${place}: ${error.message}`;
    // A line each, whatever the input that they quote holds; how to install libunicorn takes several.
    const text = error instanceof LibraryError ? full : full.replaceAll('\n', '\\n');
    return { code: error.code, message: error.message, where: error.where, text };
  }
  // A defect of oopslab, reported in one line; OOPSLAB_DEBUG=1 shows where.
  const message = error instanceof Error ? error.message : String(error);
  const text =
    process.env['OOPSLAB_DEBUG'] === '1' && error instanceof Error
      ? (error.stack ?? message)
      : `internal error: ${message}. Please report it; OOPSLAB_DEBUG=1 shows where it happened`;
  return { code: 'ERR_INTERNAL', message, where: {}, text };
};

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

  /** Write a result. */
  print(text: string): void {
    this.stdout.write(escapeControls(text.endsWith('\n') ? text : `${text}\n`));
  }

  /** Write one JSON document; JSON escapes most control characters itself, and all of them can be. */
  printJson(document: unknown): void {
    const text = JSON.stringify(document, undefined, 2);
    const escape = (one: string): string => `\\u00${one.codePointAt(0)!.toString(16)}`;
    this.stdout.write(`${text.replaceAll(/[\u007f-\u009f]/gu, escape)}\n`);
  }

  /** Write something that is not a result. */
  note(text: string): void {
    this.stderr.write(`oopslab: ${escapeControls(text)}\n`);
  }

  /** Write a whole text to a file, or to stdout for `-` and no file. `what` names it in the note about the file. */
  writeFile(file: string | undefined, text: string, what: string): void {
    if (file === undefined || file === '-') this.stdout.write(text);
    else {
      replaceFile(file, text);
      this.note(`${what} is in ${file}`);
    }
  }

  #fail(error: ErrorDocument['error'], text: string, json: boolean): void {
    if (json) this.printJson({ error } satisfies ErrorDocument);
    else this.note(text);
    this.exitCode = EXIT.badInput;
  }

  /** Report an error in the form that the user chose, and set the exit code. */
  fail(error: unknown, json: boolean): void {
    const { code, message, where, text } = describe(error);
    this.#fail({ code, message, where: { ...where } }, text, json);
  }

  /** Report wrong use of the command line. */
  failUsage(message: string, json: boolean): void {
    const text = message.replace(/^error: /u, '').trim();
    this.#fail({ code: 'ERR_USAGE', message: text, where: {} }, text, json);
  }
}
