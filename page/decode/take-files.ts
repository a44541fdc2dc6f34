// Files that are dropped or picked: read into memory, and sorted into the text and its code.

import { MAX_PASTED } from '../../src/laboratory/limits.js';
import { type GivenFile, MAX_CODE, sortGiven } from '../model/given.js';
import type { Reader } from './reader.js';

const MIB = 1 << 20;

const read = async (file: File): Promise<GivenFile> => {
  if (file.size > MAX_CODE) throw new Error(`${file.name} is larger than ${MAX_CODE / MIB} MiB`);
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
};

/** `3.2 MiB`, `812 bytes` */
export const sizeWords = (size: number): string =>
  size < 10_000 ? `${size} bytes` : `${(size / MIB).toFixed(1)} MiB`;

/**
 * Take files: with a text among them it is read, and with code alone the text that is there is read again.
 *
 * @returns what is wrong with them; undefined where nothing is
 */
export const takeFiles = async (reader: Reader, files: readonly File[]): Promise<string | undefined> => {
  try {
    const { code, texts } = sortGiven(await Promise.all(files.map(read)));
    const [text, ...more] = texts;
    if (more.length > 0) return `one text at a time: ${texts.map(({ name }) => name).join(', ')}`;
    if (text !== undefined && text.bytes.length > MAX_PASTED)
      return `${text.name} is longer than ${MAX_PASTED / MIB} MiB; oopslab decode reads texts of any length`;
    if (text !== undefined) {
      const label = `${text.name}, ${sizeWords(text.bytes.length)}`;
      reader.read({ text: text.bytes, label }, code);
    } else if (code !== undefined) reader.read(reader.given, code);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
