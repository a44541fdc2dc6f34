// The text that `oopslab decode` reads: a file, a pipe or standard input, a piece at a time.

import { InputError } from '../base/errors.js';
import { systemProblem } from '../base/system-words.js';
import { textChunks } from '../decode/carry/text-chunks.js';
import type { DeclinedReport } from '../decode/read/other-architecture.js';
import { readReports } from '../decode/read/read-reports.js';
import type { KernelReport } from '../decode/read/report.js';
import { closeSync, createReadStream, openSync, readSync, statSync } from '../host/files.js';
import type { Io } from './output.js';

const CHUNK = 1 << 18; // bytes
export const MAX_REDACTED = 1 << 27; // characters; redacting takes twelve bytes of memory for each

// Chunks of a file, each in the same buffer. Node's streams of files take longer to load than a report to be read.
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const length = readSync(handle, buffer);
      if (length === 0) return;
      yield buffer.subarray(0, length);
      await new Promise((resolve) => setImmediate(resolve)); // a reader of the output may have gone
    }
  } finally {
    closeSync(handle);
  }
}

// A pipe may block, as standard input does; a device is refused.
const open = (file: string): AsyncIterable<Uint8Array> => {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw new InputError('is a folder; name a text with kernel reports', { file });
    if (stat.isFile()) return chunksOf(file);
    if (!stat.isFIFO()) throw new InputError('is neither a file nor a pipe', { file });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(systemProblem('read', error), { file });
  }
  return createReadStream(file, { highWaterMark: CHUNK });
};

// The whole text with other names for what is private: it is compared with the original, so nothing is told before its end.
async function* redactedText(io: Io, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const { redactText, redactionNotes } = await import('../decode/judge/redact/redact-text.js');
  const parts: string[] = [];
  let length = 0;
  for await (const part of textChunks(chunks)) {
    length += part.length;
    if (length > MAX_REDACTED)
      throw new InputError(`is longer than what can be redacted: ${MAX_REDACTED >> 20} MiB`, {
        field: '--redact',
      });
    parts.push(part);
  }
  const redacted = redactText(parts.join(''));
  for (const note of redactionNotes(redacted)) io.note(note);
  yield redacted.text;
}

/**
 * The reports of a text, in the order in which they end.
 *
 * @param file standard input without it
 * @param redact give what is private other names first
 * @param decline gets the reports of other architectures
 * @throws {InputError} when the text cannot be read, also after some reports
 */
export async function* reportsIn(
  io: Io,
  file: string | undefined,
  redact: boolean,
  decline: (declined: DeclinedReport) => void,
): AsyncGenerator<KernelReport> {
  try {
    const chunks = file === undefined ? (io.stdin as AsyncIterable<Uint8Array>) : open(file);
    yield* readReports(redact ? redactedText(io, chunks) : chunks, decline);
  } catch (error) {
    if (error instanceof InputError || !(error instanceof Error) || !('syscall' in error)) throw error;
    throw new InputError(systemProblem('read', error), { file: file ?? 'standard input' });
  }
}
