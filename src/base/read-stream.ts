// Reads what comes in pieces, standard input or a pipe, up to a bound: it may never end, or have no line break.

import { createReadStream, statSync } from '../host/files.js';
import { InputError } from './errors.js';
import { type FileKind, decodeText, readText } from './read-file.js';
import { systemProblem } from './system-words.js';

/** How messages call standard input. */
const STDIN = 'standard input';

/** Most characters of a line that is typed, or comes through a pipe. */
export const MAX_INPUT_LINE = 1 << 16;

type Pieces = AsyncIterable<Uint8Array | string>;

const bytesOf = (piece: Uint8Array | string): Uint8Array =>
  typeof piece === 'string' ? Buffer.from(piece) : piece;

// Errors of the system as messages about the input; others go on.
async function* piecesOf(input: NodeJS.ReadableStream, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of input as Pieces) yield bytesOf(piece);
  } catch (error) {
    if (error instanceof InputError || !(error instanceof Error) || !('syscall' in error)) throw error;
    throw new InputError(systemProblem('read', error), { file: name });
  }
}

/**
 * All text of a stream; nothing is read of what follows its bound.
 *
 * @param name how messages call it
 * @throws {InputError} when it is over its bound, not text in UTF-8, or cannot be read
 */
export const readStream = async (
  input: NodeJS.ReadableStream,
  kind: FileKind,
  name = STDIN,
): Promise<string> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(input, name)) {
    size += piece.length;
    if (size > kind.max)
      throw new InputError(`has more than ${kind.max} bytes, the most that ${kind.what} has`, { file: name });
    pieces.push(Uint8Array.from(piece)); // the stream may use its buffer again
  }
  return decodeText(Buffer.concat(pieces), kind, name);
};

/**
 * The text of a regular file, or of a pipe, as a shell makes one of `<(command)`: a pipe that nobody writes to is waited
 * for, as standard input is.
 *
 * @throws {InputError} when it is something else, a device for instance, over its bound, not text, or cannot be read
 */
export const readTextOrPipe = async (file: string, kind: FileKind): Promise<string> => {
  let isPipe = false;
  try {
    isPipe = statSync(file).isFIFO();
  } catch {
    // the reader of files says why
  }
  return isPipe ? await readStream(createReadStream(file), kind, file) : readText(file, kind);
};

/**
 * The lines of a stream, without their ends, as they come; no more is read than is taken.
 *
 * @throws {InputError} at a line of more than MAX_INPUT_LINE characters, with its number
 */
export async function* linesOf(input: NodeJS.ReadableStream, name = STDIN): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 1;
  const refuse = (): never => {
    throw new InputError(`has a line of more than ${MAX_INPUT_LINE} characters`, {
      file: name,
      line: number,
    });
  };
  for await (const piece of piecesOf(input, name)) {
    const text = rest + decoder.decode(piece, { stream: true });
    // A CR at the end may be the first half of a line's end.
    const rows = text.split(/\r\n|\n|\r(?!$)/u);
    rest = rows.pop()!;
    for (const row of rows) {
      if (row.length > MAX_INPUT_LINE) refuse();
      yield row;
      number += 1;
    }
    if (rest.length > MAX_INPUT_LINE) refuse();
  }
  rest += decoder.decode();
  if (rest.length > MAX_INPUT_LINE) refuse();
  if (rest !== '') yield rest.replace(/\r$/u, '');
}
