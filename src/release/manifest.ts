// Manifests of snippets and the symbols file of a release: JSON text to checked values.
import { dirname, join } from 'node:path';
import { type Addr, hex } from '../base/address.js';
import { isBugFile } from '../kernel/bugtable.js';
import { findField } from '../kernel/layout.js';
import { findStruct, structNames } from '../kernel/structs/all.js';
import { decode } from '../x86/disasm.js';
import { InputError } from '../base/errors.js';
import { findRepeatedKey } from '../base/json.js';
import { type FileKind, readText } from '../base/read-file.js';
import { type FieldPath, findProblem, formatPath } from '../base/check-form.js';
import { defined } from '../base/defined.js';
import { sha256 } from '../base/sha256.js';
import type { Form, TypeOf } from '../base/form.js';
import { YamlText } from '../base/yaml.js';
import {
  type ManifestText,
  type StubEntry,
  type SymbolText,
  type Variable,
  manifestForm,
  symbolsForm,
} from './form.js';
import type { FrameRule, KernelSymbol, LineRule } from '../kernel/symbols.js';
import { failIn, refuseNonCanonical } from '../kernel/ranges.js';

/** `Item` of a list of a manifest, with these of its fields as numbers. */
type InNumbers<Item, Fields extends keyof Item> = Omit<Item, Fields> & { readonly [Field in Fields]: number };
type Item<Field extends keyof ManifestText> =
  Exclude<ManifestText[Field], undefined> extends readonly (infer T)[] ? T : never;

/** Bytes of a snippet that share their provenance; offsets from its start, `to` excluded. */
export type ByteRange = InNumbers<Item<'ranges'>, 'from' | 'to'>;

/** Where bytes of a snippet come from. */
export type RangeKind = ByteRange['kind'];

/** A direct call instruction: the offset of the instruction, and what it calls. */
export type Call = InNumbers<Omit<Item<'calls'>, 'to'>, 'at'> & { readonly to: Addr };

/** A BUG() in the code: the offset of the ud2, and what its entry of the bug table says. */
export type Bug = InNumbers<Omit<Item<'bugs'>, 'source'>, 'at'>;

/** One of several functions that a snippet holds, by name; offsets from the snippet's start, `to` excluded. */
export type Part = InNumbers<Item<'parts'>, 'from' | 'to'>;

/** What a manifest says, in values. Lists are sorted by offset. */
export interface Manifest extends Pick<
  ManifestText,
  'function' | 'variant' | 'release' | 'addressSource' | 'module' | 'source' | 'sha256' | 'prototype'
> {
  readonly start: Addr;
  readonly size: number; // bytes
  /** Whether a world has it only where something can call it. */
  readonly onDemand: boolean;
  readonly ranges: readonly ByteRange[];
  readonly lines: readonly LineRule[];
  readonly variables: readonly Variable[];
  readonly frame: readonly FrameRule[];
  readonly calls: readonly Call[];
  readonly bugs: readonly Bug[];
  /** Where its functions lie, the one that it is named after first; empty: it is that one function alone. */
  readonly parts: readonly Part[];
}

/** A symbol without bytes, with the direct calls that are known to be in it. */
export interface SymbolEntry {
  readonly symbol: KernelSymbol;
  readonly calls: readonly Call[];
  /** Of data: its type in C, where it is known. */
  readonly type: string | undefined;
  /** Whether a world has it only where something can call it. */
  readonly onDemand: boolean;
}

export const MANIFEST: FileKind = { what: 'a manifest', max: 4 << 20 };
export const SYMBOLS: FileKind = { what: 'a symbols.json', max: 16 << 20 };
export const HEX: FileKind = { what: 'a file of hex digits', max: 1 << 20 }; // a function of a quarter of a MiB

/** A file of JSON. */
export interface JsonFile {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
}

/** Read a file of JSON. @throws {InputError} when it is none, or has a key twice */
export const readJson = (file: string, kind: FileKind, isForeign: boolean): JsonFile => {
  const text = readText(file, kind);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const { message: _yaml, ...place } = new YamlText(text).problem ?? { message: '' };
    throw new InputError('is not JSON', { file, ...place });
  }
  const { message, ...place } = (isForeign ? findRepeatedKey(text) : undefined) ?? {};
  if (message !== undefined) throw new InputError(message, { file, ...place });
  return { file, text, value };
};

/** A complaint about a field, with the line and column of the field. */
export const placed = ({ file, text }: JsonFile, path: FieldPath, message: string): InputError => {
  const place = new YamlText(text).placeOf(path); // a text that is too long for YAML has none
  return new InputError(message, {
    file,
    ...(place === undefined ? {} : { line: place.line, column: place.column }),
    ...defined({ field: formatPath(path) || undefined }),
  });
};

/** The value of a file, of a form. @throws {InputError} with the place of what is not */
export const ofForm = <T>(form: Form<T>, json: JsonFile): T => {
  const problem = findProblem(form, json.value);
  if (problem !== undefined) throw placed(json, problem.path, problem.message);
  return json.value as T;
};

const framesOf = (rules: Exclude<ManifestText['frame'], undefined>): FrameRule[] =>
  rules.map(({ offset, cfa }) => ({ offset: Number(offset), cfa: Number(cfa) }));

const callsOf = (calls: Exclude<ManifestText['calls'], undefined>): Call[] =>
  calls.map(({ at, to, symbol }) => ({ at: Number(at), to: BigInt(to), symbol }));

const manifestOf = (text: ManifestText): Manifest => ({
  function: text.function,
  ...defined({ variant: text.variant, module: text.module }),
  release: text.release,
  start: BigInt(text.start),
  size: Number(text.size),
  addressSource: text.addressSource,
  onDemand: text.onDemand ?? false,
  source: text.source,
  sha256: text.sha256,
  prototype: text.prototype,
  ranges: text.ranges.map((range) => ({ ...range, from: Number(range.from), to: Number(range.to) })),
  lines: (text.lines ?? []).map((rule) => ({ ...rule, offset: Number(rule.offset) })),
  variables: text.variables ?? [],
  frame: framesOf(text.frame ?? []),
  calls: callsOf(text.calls ?? []),
  bugs: (text.bugs ?? []).map(({ at, file, line }) => ({ at: Number(at), file, line })),
  parts: (text.parts ?? []).map(({ name, from, to }) => ({ name, from: Number(from), to: Number(to) })),
});

// Read hex text: pairs of digits between white space. @throws {InputError} on anything else
const parseHex = (text: string, file: string): Uint8Array => {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  const wrong = words.find((word) => !/^[0-9a-f]{2}$/iu.test(word));
  if (wrong !== undefined)
    throw new InputError(`holds ${wrong.slice(0, 20)}; it must be pairs of hex digits between blanks`, {
      file,
    });
  return Uint8Array.from(words, (word) => Number.parseInt(word, 16));
};

const checkRanges = ({ ranges, size }: Manifest, file: string): void => {
  let end = 0;
  for (const [index, { from, to }] of ranges.entries()) {
    const field = `ranges[${index}]`;
    if (from !== end)
      throw new InputError(
        `must begin at ${hex(end)}, where the one before ends, not at ${hex(from)}: each byte has one provenance`,
        { file, field: `${field}.from` },
      );
    if (to <= from) throw new InputError(`must be above ${hex(from)}`, { file, field: `${field}.to` });
    end = to;
  }
  if (end !== size)
    throw new InputError(`must end at the size, ${hex(size)}, not at ${hex(end)}`, { file, field: 'ranges' });
};

const checkOffsets = (offsets: readonly number[], size: number, file: string, field: string): void => {
  for (const [index, offset] of offsets.entries()) {
    const where = { file, field: `${field}[${index}]` };
    if (offset >= size)
      throw new InputError(`${hex(offset)} is past the end: the size is ${hex(size)}`, where);
    if (index > 0 && offset <= offsets[index - 1]!) throw new InputError('must be sorted by offset', where);
  }
};

const checkParts = ({ parts, size, function: name }: Manifest, file: string): void => {
  const names = new Set<string>();
  let end = 0;
  for (const [index, { name: part, from, to }] of parts.entries()) {
    const fail = (field: string, problem: string): never => {
      throw new InputError(problem, { file, field: `parts[${index}].${field}` });
    };
    if (index === 0 && part !== name)
      fail('name', `must be ${name}: a call of the function goes to the start`);
    if (index === 0 && from !== 0) fail('from', 'must be 0x0: a call of the function goes to the start');
    if (names.has(part)) fail('name', `${part} is there twice`);
    names.add(part);
    if (from < end)
      fail('from', `must be at least ${hex(end)}, where the one before ends: parts are sorted by offset`);
    if (to <= from) fail('to', `must be above ${hex(from)}`);
    if (to > size) fail('to', `${hex(to)} is past the end: the size is ${hex(size)}`);
    end = to;
  }
};

const whereTrapsAre = (bytes: Uint8Array, start: Addr): string => {
  const traps = decode(bytes, start).filter(({ mnemonic }) => mnemonic === 'ud2');
  const offsets = traps.map(({ address }) => hex(address - start));
  return offsets.length === 0 ? 'the function has none' : `the function has ud2 at ${offsets.join(', ')}`;
};

const checkBugFiles = ({ bugs }: Manifest, file: string): void => {
  const index = bugs.findIndex((bug) => !isBugFile(bug.file));
  if (index < 0) return;
  throw new InputError('should be 1 to 511 printable ASCII characters: a bug table holds a C string', {
    file,
    field: `bugs[${index}].file`,
  });
};

const checkInstructions = ({ calls, bugs, start, size }: Manifest, bytes: Uint8Array, file: string): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [index, { at, to }] of calls.entries()) {
    const where = { file, field: `calls[${index}]` };
    if (at + 5 > size || bytes[at] !== 0xe8)
      throw new InputError(`there is no direct call at ${hex(at)}`, where);
    const target = BigInt.asUintN(64, start + BigInt(at + 5 + view.getInt32(at + 1, true)));
    if (target !== to)
      throw new InputError(`the bytes at ${hex(at)} call ${hex(target)}, not ${hex(to)}`, where);
  }
  for (const [index, { at }] of bugs.entries()) {
    if (bytes[at] !== 0x0f || bytes[at + 1] !== 0x0b)
      throw new InputError(`there is no ud2 at ${hex(at)}; ${whereTrapsAre(bytes, start)}`, {
        file,
        field: `bugs[${index}].at`,
      });
  }
};

/**
 * The values of a manifest; hash, size, ranges, parts and call targets are always checked.
 *
 * @param text of a form that is right already
 * @param file what messages name as the place
 * @throws {InputError} where something is wrong, with the file and the field
 */
export const checkManifest = (text: ManifestText, bytes: Uint8Array, file: string): Manifest => {
  const manifest = manifestOf(text);
  if (bytes.length !== manifest.size)
    throw new InputError(`is ${text.size}, but ${text.bytes} has ${hex(bytes.length)} bytes`, {
      file,
      field: 'size',
    });
  const hash = sha256(bytes);
  if (hash !== manifest.sha256)
    throw new InputError(
      `must be ${hash}, the hash of the bytes in ${text.bytes}; in a checkout, ` +
        `"node scripts/assemble-snippets.mjs --write ${dirname(file)}" writes both anew from the source`,
      { file, field: 'sha256' },
    );
  const { start, size } = manifest;
  if (size > 0) refuseNonCanonical({ start, size, what: 'the code', fail: failIn(file, 'start') });
  checkRanges(manifest, file);
  checkParts(manifest, file);
  checkBugFiles(manifest, file);
  for (const field of ['lines', 'frame'] as const)
    checkOffsets(
      manifest[field].map(({ offset }) => offset),
      manifest.size,
      file,
      field,
    );
  checkInstructions(manifest, bytes, file);
  return manifest;
};

/** A field as messages name it, `ranges[1].from`, as a path. */
export const pathOf = (field: string): FieldPath =>
  field.split(/[.[\]]+/u).flatMap((part) => (part === '' ? [] : [/^\d+$/u.test(part) ? Number(part) : part]));

/**
 * Read a manifest and its bytes, checked as checkManifest does.
 *
 * @param isForeign whether to check its form too: a test checks the shipped ones
 * @throws {InputError} where something is wrong, with the file, its line and column, and the field
 */
export const readManifest = (file: string, isForeign: boolean): { manifest: Manifest; bytes: Uint8Array } => {
  const json = readJson(file, MANIFEST, isForeign);
  const text = isForeign ? ofForm(manifestForm, json) : (json.value as ManifestText);
  const bytesFile = join(dirname(file), text.bytes);
  const bytes = parseHex(readText(bytesFile, HEX), bytesFile);
  try {
    return { manifest: checkManifest(text, bytes, file), bytes };
  } catch (error) {
    if (!(error instanceof InputError) || error.where.field === undefined) throw error;
    throw placed(json, pathOf(error.where.field), error.message);
  }
};

/** A symbol in values. */
export const entryOf = (text: SymbolText): SymbolEntry => ({
  symbol: {
    name: text.name,
    address: BigInt(text.address),
    size: Number(text.size),
    kind: text.kind,
    source: text.source,
    ...defined({
      module: text.module,
      prototype: text.prototype,
      frame: text.frame && framesOf(text.frame),
      userFrame: text.userFrame === undefined ? undefined : Number(text.userFrame),
    }),
  },
  calls: callsOf(text.calls ?? []),
  type: text.type,
  onDemand: text.onDemand ?? false,
});

interface SymbolsFile {
  readonly entries: readonly SymbolEntry[];
  readonly stubs: readonly StubEntry[];
}

// A stub may name a struct and fields of it: the layouts must have them.
const checkStub = ({ does: { reads, puts } }: StubEntry, index: number, json: JsonFile): void => {
  const check = (
    struct: string,
    fields: readonly (readonly [FieldPath, string])[],
    path: FieldPath,
  ): void => {
    const layout = findStruct(struct);
    const known = structNames().join(', ');
    if (layout === undefined)
      throw placed(json, [...path, 'struct'], `there is no layout of struct ${struct}; known are ${known}`);
    for (const [at, field] of fields) {
      if (findField(layout, field) !== undefined) continue;
      throw placed(json, [...path, ...at], `struct ${struct} has no field ${field} in its layout`);
    }
  };
  const path = ['stubs', index, 'does'];
  if (reads !== undefined) check(reads.struct, [[['field'], reads.field]], [...path, 'reads']);
  if (puts === undefined) return;
  const frees = (puts.frees ?? []).flatMap(({ field, where }, at) => [
    [['frees', at, 'field'], field] as const,
    ...(where === undefined ? [] : [[['frees', at, 'where', 'field'], where.field] as const]),
  ]);
  check(puts.struct, [[['count'], puts.count], ...frees], [...path, 'puts']);
};

/** Read a symbols.json, as readManifest does. @throws {InputError} where something is wrong */
export const readSymbols = (file: string, isForeign: boolean): SymbolsFile => {
  const json = readJson(file, SYMBOLS, isForeign);
  const { symbols, stubs = [] } = isForeign
    ? ofForm(symbolsForm, json)
    : (json.value as TypeOf<typeof symbolsForm>);
  if (isForeign) {
    for (const [index, stub] of stubs.entries()) {
      checkStub(stub, index, json);
      const first = stubs.findIndex(({ symbol }) => symbol === stub.symbol);
      if (first < index)
        throw placed(json, ['stubs', index, 'symbol'], `${stub.symbol} has a stub already, stubs[${first}]`);
    }
  }
  return { entries: symbols.map(entryOf), stubs };
};
