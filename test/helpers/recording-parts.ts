// A recording file taken apart, and put together again with a checksum that fits: as somebody writes it who means harm.
import { createHash } from 'node:crypto';
import type { RecordingHeader } from '../../src/recording/recording.js';

const MAGIC = 'oopslab recording 1\n';

/** What a recording file consists of. */
export interface RecordingParts {
  readonly header: RecordingHeader;
  /** The pages of the regions, as they lie in the file. */
  readonly pages: Uint8Array;
  readonly registers: Uint32Array;
  readonly accesses: Uint32Array;
}

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const words = (data: Uint32Array): Buffer[] => [
  u64(data.length),
  Buffer.from(data.buffer, data.byteOffset, data.byteLength),
];

/** @param data what encodeRecording() gave */
export const takeApart = (
  data: Uint8Array,
  {
    registers,
    accesses,
  }: {
    readonly registers: Uint32Array;
    readonly accesses: Uint32Array;
  },
): RecordingParts => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const start = MAGIC.length + 8;
  const end = start + Number(bytes.readBigUInt64LE(MAGIC.length));
  const bulk = 16 + registers.byteLength + accesses.byteLength + 32;
  return {
    header: JSON.parse(bytes.toString('utf8', start, end)) as RecordingHeader,
    pages: bytes.subarray(end, bytes.length - bulk),
    registers,
    accesses,
  };
};

/** @param header the text of the header, where it is not that of the parts */
export const putTogether = (
  { header, pages, registers, accesses }: RecordingParts,
  json = JSON.stringify(header),
): Uint8Array => {
  const text = Buffer.from(json);
  const body = [Buffer.from(MAGIC), u64(text.length), text, pages, ...words(registers), ...words(accesses)];
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  return Buffer.concat([...body, hash.digest()]);
};
