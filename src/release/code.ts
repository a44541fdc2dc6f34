// Compiled C as values: the parts of a release that it is.

import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { FileKind } from '../base/read-file.js';
import { sha256 } from '../base/sha256.js';
import { failIn, refuseNonCanonical } from '../kernel/ranges.js';
import { StructProblem, type StructTexts, structsOver } from '../kernel/struct-form.js';
import { STRUCTS } from '../kernel/structs/all.js';
import { type CodeText, codeForm } from './code-form.js';
import {
  type JsonFile,
  type Manifest,
  type SymbolEntry,
  checkManifest,
  entryOf,
  ofForm,
  pathOf,
  placed,
  readJson,
} from './manifest.js';

/** Memory that code brings with it: its variables and constants. */
interface DataImage {
  readonly name: string;
  readonly start: Addr;
  readonly size: number; // bytes
  readonly writable: boolean;
  /** From the start; zeros after them. */
  readonly bytes: Uint8Array;
  /** The file that it is from. */
  readonly file: string;
}

/** The lines of a source. */
interface SourceText {
  readonly file: string;
  readonly lines: readonly string[];
}

/** Compiled C. */
export interface Code {
  readonly file: string;
  readonly release: string;
  readonly functions: readonly { readonly manifest: Manifest; readonly bytes: Uint8Array }[];
  readonly entries: readonly SymbolEntry[];
  readonly data: readonly DataImage[];
  readonly structs: StructTexts;
  readonly text: readonly SourceText[];
}

export const CODE: FileKind = { what: 'compiled code', max: 16 << 20 };

/** Most bytes that one region of data has. */
export const MAX_DATA_SIZE = 1 << 20;

const bytesOf = (
  digits: string,
  hash: string,
  json: JsonFile,
  path: readonly (string | number)[],
): Uint8Array => {
  const bytes = Uint8Array.from(Buffer.from(digits, 'hex'));
  const found = sha256(bytes);
  if (found !== hash)
    throw placed(json, [...path, 'sha256'], `must be ${found}, the hash of the bytes beside it`);
  return bytes;
};

const refuseTwice = (names: readonly string[], json: JsonFile, list: string, field: string): void => {
  const seen = new Set<string>();
  const twice = names.findIndex((name) => seen.size === seen.add(name).size);
  if (twice >= 0) throw placed(json, [list, twice, field], `"${names[twice]}" stands above it already`);
};

const functionsOf = ({ functions }: CodeText, json: JsonFile): Code['functions'] =>
  functions.map(({ code, sha256: hash, ...text }, index) => {
    const bytes = bytesOf(code, hash, json, ['functions', index]);
    const size = `0x${bytes.length.toString(16)}`;
    try {
      const manifest = checkManifest({ ...text, size, bytes: 'case.hex', sha256: hash }, bytes, json.file);
      return { manifest, bytes };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const field = pathOf(error.where.field ?? '');
      throw placed(json, ['functions', index, ...field], error.message);
    }
  });

const dataOf = ({ data }: CodeText, json: JsonFile): DataImage[] =>
  data.map(({ name, start: place, size: length, writable, bytes: digits, sha256: hash }, index) => {
    const start = BigInt(place);
    const size = Number(length);
    const bytes = bytesOf(digits, hash, json, ['data', index]);
    if (size === 0 || size > MAX_DATA_SIZE || bytes.length > size)
      throw placed(
        json,
        ['data', index, 'size'],
        `should be 1 to ${MAX_DATA_SIZE} and at least the ${bytes.length} bytes beside it`,
      );
    const fail = failIn(json.file, `data[${index}].start`);
    refuseNonCanonical({ start, size, what: name, fail });
    return { name, start, size, writable, bytes, file: json.file };
  });

/** The code of a document of the right form. @throws {InputError} where something in it cannot be */
const codeOf = (text: CodeText, json: JsonFile): Code => {
  try {
    structsOver(text.structs, STRUCTS);
  } catch (error) {
    if (!(error instanceof StructProblem)) throw error;
    throw placed(json, ['structs', error.struct, 'fields', error.index], error.problem);
  }
  refuseTwice(
    text.functions.map((one) => one.function),
    json,
    'functions',
    'function',
  );
  refuseTwice(text.symbols.map(({ name }) => name), json, 'symbols', 'name'); // prettier-ignore
  for (const [index, { address, size }] of text.symbols.entries())
    if (BigInt(address) + BigInt(size) > 1n << 64n)
      throw placed(json, ['symbols', index, 'address'], 'it would end over the top of the address space');
  return {
    file: json.file,
    release: text.release,
    functions: functionsOf(text, json),
    entries: text.symbols.map(entryOf),
    data: dataOf(text, json),
    structs: text.structs,
    text: text.text,
  };
};

/** The code of a document that was just made. @param file where it is kept, or would be */
export const madeCode = (text: CodeText, file: string): Code => {
  const json = { file, text: JSON.stringify(text), value: text };
  return codeOf(ofForm(codeForm, json), json);
};

/** A file of compiled C: its text as it stands, and its values on demand. */
interface CodeFile {
  readonly text: CodeText;
  /** @throws {InputError} with the place of what cannot be */
  readonly read: () => Code;
}

/** Open a file of compiled C. @throws {InputError} when it is not one */
export const openCode = (file: string): CodeFile => {
  const json = readJson(file, CODE, true);
  const text = ofForm(codeForm, json);
  return { text, read: () => codeOf(text, json) };
};
