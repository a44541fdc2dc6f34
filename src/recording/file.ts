// A recording as bytes: written, read back, hashed. The contents of a file are checked before anything uses them.
//
//   "oopslab recording 1\n"                     format and version
//   u64 length, JSON                            the header
//   per region: u32 pages present, then per page u32 index and 4096 bytes; pages not present are zero
//   u64 words, register rows; u64 words, accesses
//   32 bytes                                    SHA-256 of all of the above
//
// Numbers are little-endian. Nothing is compressed, so equal runs give equal files.

import { createHash } from 'node:crypto';
import { PAGE_SIZE, isCanonical, pageStart } from '../base/address.js';
import { allocate } from '../base/allocate.js';
import { findProblem, formatPath } from '../base/check-form.js';
import { FormatError, InputError } from '../base/errors.js';
import { readBytes } from '../base/read-file.js';
import { ROW } from './accesses.js';
import { MAX_HEADER, MAX_MEMORY } from './bounds.js';
import { findContradiction } from './consistency.js';
import { headerForm } from './form.js';
import { replaceFile } from '../base/replace-file.js';
import { append } from '../base/long-lists.js';
import { findGivenProblem } from '../oops/given.js';
import { RECORDING_VERSION, Recording, type RecordingData, type RecordingHeader } from './recording.js';

/** What a recording of any version starts with. */
export const RECORDING_NAME = 'oopslab recording ';
const MAGIC = `${RECORDING_NAME}${RECORDING_VERSION}\n`;
const DIGEST_SIZE = 32;
/** Largest recording that is read, in bytes: one read takes no more. */
export const MAX_FILE = 2 ** 31 - 1;

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const words = (data: Uint32Array): Buffer[] => [
  u64(data.length),
  Buffer.from(data.buffer, data.byteOffset, data.byteLength),
];

const sparsePages = (memory: Uint8Array): Buffer[] => {
  const pages: Buffer[] = [];
  let count = 0;
  for (let offset = 0; offset < memory.length; offset += PAGE_SIZE) {
    const page = memory.subarray(offset, offset + PAGE_SIZE);
    if (page.every((byte) => byte === 0)) continue;
    pages.push(u32(offset / PAGE_SIZE), Buffer.from(page));
    count += 1;
  }
  return [u32(count), ...pages];
};

const body = ({ header, data }: Recording): Buffer => {
  const json = Buffer.from(JSON.stringify(header));
  if (json.length > MAX_HEADER)
    throw new InputError(`the header of the recording has ${json.length} bytes, at most ${MAX_HEADER}`);
  const regions: Buffer[] = [];
  let offset = 0;
  for (const { size } of header.regions) {
    append(regions, sparsePages(data.memory.subarray(offset, offset + size)));
    offset += size;
  }
  return Buffer.concat([
    Buffer.from(MAGIC),
    u64(json.length),
    json,
    ...regions,
    ...words(data.registers),
    ...words(data.accesses),
  ]);
};

/** The bytes of a recording: the same for the same run, on every machine. */
export const encodeRecording = (recording: Recording): Uint8Array => {
  const bytes = body(recording);
  return Buffer.concat([bytes, sha256(bytes)]);
};

/** `sha256:…` over the bytes of a recording, its own digest left out. */
export const hashRecording = (recording: Recording): string =>
  `sha256:${sha256(body(recording)).toString('hex')}`;

/** Reads forward over bytes and never past their end. */
class Reader {
  offset = 0;

  constructor(
    readonly bytes: Buffer,
    readonly file: string,
  ) {}

  fail(message: string): never {
    throw new FormatError(`${message} (at byte ${this.offset}); record it again`, { file: this.file });
  }

  take(size: number, what: string): Buffer {
    if (size > this.bytes.length - this.offset) this.fail(`the recording ends inside its ${what}`);
    const part = this.bytes.subarray(this.offset, this.offset + size);
    this.offset += size;
    return part;
  }

  u32(what: string): number {
    return this.take(4, what).readUInt32LE();
  }

  length(unit: number, what: string): number {
    const value = this.take(8, what).readBigUInt64LE();
    if (value * BigInt(unit) > BigInt(this.bytes.length))
      this.fail(`the recording's ${what} claims ${value} items`);
    return Number(value);
  }

  words(what: string): Uint32Array {
    const length = this.length(4, what);
    const copy = new Uint8Array(allocate(length * 4, `the recording's ${what}`));
    copy.set(this.take(length * 4, what));
    return new Uint32Array(copy.buffer);
  }
}

// Levels of lists and maps that a header may have; a recorder writes five.
export const MAX_DEPTH = 16;

// Without recursion: this check bounds the depth for all other code.
const isTooDeep = (root: unknown): boolean => {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value as object) : [],
    );
  }
  return false;
};

// The first problem of a header by itself.
const findHeaderProblem = (header: unknown): string | undefined => {
  if (isTooDeep(header)) return `the header is nested deeper than ${MAX_DEPTH} levels`;
  const problem = findProblem(headerForm, header);
  if (problem !== undefined) {
    const field = problem.path.length === 0 ? '' : `'s field "${formatPath(problem.path)}"`;
    return `the header${field}: ${problem.message}`;
  }
  const given = findGivenProblem((header as RecordingHeader).given);
  return given === undefined ? undefined : `the header's field "given.${given.name}": ${given.message}`;
};

const readHeader = (reader: Reader): RecordingHeader => {
  const length = reader.length(1, 'header');
  if (length > MAX_HEADER) reader.fail(`the header has ${length} bytes, at most ${MAX_HEADER} are read`);
  const json = reader.take(length, 'header');
  let header: unknown;
  try {
    header = JSON.parse(json.toString());
  } catch {
    return reader.fail('the header of the recording is not JSON');
  }
  const problem = findHeaderProblem(header);
  if (problem !== undefined) reader.fail(problem);
  return header as RecordingHeader;
};

const readMemory = (reader: Reader, { regions }: RecordingHeader): Uint8Array => {
  const bad = regions.find(({ start, size }) => {
    const first = BigInt(start);
    return (
      size === 0 ||
      size % PAGE_SIZE !== 0 ||
      first !== pageStart(first) ||
      !isCanonical(first) ||
      !isCanonical(first + BigInt(size) - 1n)
    );
  });
  if (bad !== undefined) reader.fail(`region ${bad.name} at ${bad.start} is not whole canonical pages`);
  const total = regions.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_MEMORY) reader.fail(`the recording claims ${total} bytes of memory, at most ${MAX_MEMORY}`);
  const memory = new Uint8Array(allocate(total, 'the memory of the guest'));
  let base = 0;
  for (const { size, name } of regions) {
    let next = 0;
    for (let left = reader.u32(`region ${name}`); left > 0; left -= 1) {
      const page = reader.u32(`region ${name}`);
      if (page >= size / PAGE_SIZE) reader.fail(`region ${name} has no page ${page}`);
      if (page < next) reader.fail(`region ${name} has page ${page} twice, or out of order`);
      next = page + 1;
      memory.set(reader.take(PAGE_SIZE, `region ${name}`), base + page * PAGE_SIZE);
    }
    base += size;
  }
  return memory;
};

/**
 * Read a recording from bytes.
 *
 * @param file what to call them in an error
 * @throws {FormatError} when they are not a recording, or of another version, cut short or changed
 */
export const decodeRecording = (bytes: Uint8Array, file: string): Recording => {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), file);
  const start = reader.bytes.subarray(0, 64).toString('latin1');
  if (!start.startsWith(RECORDING_NAME)) {
    throw new FormatError(
      `not a recording: it should start with "${RECORDING_NAME}", as replay --record writes it`,
      {
        file,
      },
    );
  }
  if (!start.startsWith(MAGIC)) {
    const found = start.slice(RECORDING_NAME.length).split('\n', 1)[0]!.slice(0, 20);
    throw new FormatError(
      `recording format ${JSON.stringify(found)}, but this oopslab reads ${RECORDING_VERSION}: record it again`,
      { file },
    );
  }
  const end = reader.bytes.length - DIGEST_SIZE;
  if (end < MAGIC.length || !sha256(reader.bytes.subarray(0, end)).equals(reader.bytes.subarray(end))) {
    throw new FormatError('the recording is damaged: its checksum does not match; record it again', { file });
  }
  reader.take(MAGIC.length, 'name');
  const header = readHeader(reader);
  const memory = readMemory(reader, header);
  const registers = reader.words('registers');
  const accesses = reader.words('accesses');
  if (reader.offset !== end) reader.fail(`${end - reader.offset} bytes too many`);
  if (accesses.length % ROW.words !== 0) reader.fail('the accesses are cut short');
  const recording = recordingOf(reader, header, { memory, registers, accesses });
  const problem = findContradiction(recording);
  return problem === undefined ? recording : reader.fail(problem);
};

const recordingOf = (reader: Reader, header: RecordingHeader, data: RecordingData): Recording => {
  try {
    return new Recording(header, data);
  } catch (error) {
    if (error instanceof RangeError) return reader.fail(error.message);
    throw error;
  }
};

/** Write a recording; the file appears whole or not at all. @throws {InputError} when it cannot be written */
export const saveRecording = (recording: Recording, path: string): void => {
  replaceFile(path, encodeRecording(recording));
};

/** @throws {FormatError} when the file is missing, is not a regular file, or is not a recording */
export const loadRecording = (path: string): Recording => {
  let bytes: Uint8Array;
  try {
    bytes = readBytes(path, { what: 'a recording', max: MAX_FILE });
  } catch (error) {
    if (error instanceof InputError) throw new FormatError(error.message, error.where);
    throw error;
  }
  return decodeRecording(bytes, path);
};
