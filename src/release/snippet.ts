// Snippets: functions' machine code by release, from the shipped folder and from user libraries.
// Over 300 lines because a release and its snippets are checked against each other.
import { readdirSync } from '../host/files.js';
import { join, sep } from 'node:path';
import { type Addr, hex } from '../base/address.js';
import { firstWhere, lastUpTo } from '../base/bisect.js';
import { BUG_TABLE, bugTableReaches } from '../kernel/bugtable.js';
import { InputError } from '../base/errors.js';
import {
  type Bug,
  type Call,
  type Manifest,
  type Part,
  type SymbolEntry,
  readManifest,
  readSymbols,
} from './manifest.js';
import { packageFolder } from '../base/package-folder.js';
import { DEFAULT_RELEASE } from './default-release.js';
import { isFolder, isThere, listFolder, readText } from '../base/read-file.js';
import { STRUCTS, type Structs } from '../kernel/structs/all.js';
import { type KernelSymbol, SymbolTable } from '../kernel/symbols.js';
import { structsOver } from '../kernel/struct-form.js';
import { type Code, openCode } from './code.js';
import type { StubEntry } from './form.js';

export type { Variable } from './form.js';
export type { Bug, ByteRange, Call, Manifest, Part, RangeKind } from './manifest.js';

/** One function's machine code at its address. */
export interface Snippet {
  /** `function`, or `function.variant`: the name that its files share. */
  readonly name: string;
  readonly function: string;
  readonly variant: string | undefined;
  readonly start: Addr;
  readonly end: Addr; // excluded
  readonly bytes: Uint8Array; // do not write
  readonly manifest: Manifest;
  readonly symbol: KernelSymbol;
  /** `symbol`, and one for each further function that the bytes hold. */
  readonly symbols: readonly KernelSymbol[];
  /** The manifest that it was read from. */
  readonly file: string;
}

/** Which variant of a function to take; the plain version of every function that is not named. */
export type Variants = Readonly<Record<string, string>>;

// The index of the first rule at or past a place.
const firstFrom = (rules: readonly { readonly offset: number }[], place: number): number =>
  firstWhere(rules.length, (index) => rules[index]!.offset >= place);

// The rules of a part, counted from its start. A source line carries over from the part before, a frame does not: a part
// without rules has no known frame.
const within = <Rule extends { readonly offset: number }>(
  rules: readonly Rule[],
  { from, to }: Part,
): Rule[] =>
  rules
    .slice(firstFrom(rules, from), firstFrom(rules, to))
    .map((rule) => ({ ...rule, offset: rule.offset - from }));

// Recordings keep what cannot be looked up in a release.
const isCompiled = ({ ranges, variables }: Manifest): boolean =>
  variables.length > 0 && ranges.every(({ how }) => how === COMPILED);

const symbolOf = (manifest: Manifest, part: Part): KernelSymbol => {
  const before = lastUpTo(manifest.lines, part.from - 1, ({ offset }) => offset);
  const lines = within(manifest.lines, part);
  const frame = within(manifest.frame, part);
  return {
    name: part.name,
    address: manifest.start + BigInt(part.from),
    size: part.to - part.from,
    kind: 'function',
    ...(manifest.module === undefined ? {} : { module: manifest.module }),
    source: manifest.addressSource,
    ...(part.name === manifest.function ? { prototype: manifest.prototype } : {}),
    lines: before === undefined || lines[0]?.offset === 0 ? lines : [{ ...before, offset: 0 }, ...lines],
    ...(isCompiled(manifest) ? { variables: manifest.variables } : {}),
    ...(frame.length === 0 && part.name !== manifest.function ? {} : { frame }),
  };
};

/**
 * A snippet of a manifest and its bytes, which belong together already.
 *
 * @param file the manifest's, as messages name it
 */
export const makeSnippet = (manifest: Manifest, bytes: Uint8Array, file: string): Snippet => {
  const { start, size, variant } = manifest;
  const whole = { name: manifest.function, from: 0, to: size };
  const [first = whole, ...others] = manifest.parts;
  const symbol = symbolOf(manifest, first);
  return {
    name: variant === undefined ? manifest.function : `${manifest.function}.${variant}`,
    function: manifest.function,
    variant,
    start,
    end: start + BigInt(size),
    bytes,
    manifest,
    symbol,
    symbols: [symbol, ...others.map((part) => symbolOf(manifest, part))],
    file,
  };
};

/**
 * Read one snippet, without the rest of its release.
 *
 * @param file name of the manifest in the folder
 * @param schema whether to check its form too
 * @throws {InputError} where something is wrong
 */
export const readSnippet = (folder: string, file: string, schema: boolean): Snippet => {
  const path = join(folder, file);
  const { manifest, bytes } = readManifest(path, schema);
  const snippet = makeSnippet(manifest, bytes, path);
  if (file !== `${snippet.name}.json`)
    throw new InputError(`the manifest of ${snippet.name} must be named ${snippet.name}.json`, {
      file: path,
      field: 'function',
    });
  return snippet;
};

/** How bytes came about that a compiler made, as their provenance has it. */
export const COMPILED = 'compiled from C';

interface Folder {
  readonly header: string;
  readonly snippets: readonly Snippet[];
  readonly entries: readonly SymbolEntry[];
  readonly stubs: readonly StubEntry[];
  readonly file: string; // its symbols.json, there or not
  readonly code?: Code;
}

export const HEADER = { what: 'a part of oopslab.h', max: 1 << 20 };

const readFolder = (folder: string, schema: boolean): Folder => {
  const names = listFolder(folder);
  const file = join(folder, 'symbols.json');
  return {
    file,
    header: names.includes('candidates.h') ? readText(join(folder, 'candidates.h'), HEADER) : '',
    ...(names.includes('symbols.json') ? readSymbols(file, schema) : { entries: [], stubs: [] }),
    snippets: names
      .filter((name) => name.endsWith('.json') && name !== 'symbols.json' && !name.endsWith('.c.json'))
      .map((name) => readSnippet(folder, name, schema)),
  };
};

// Calls go to an address, not to a name: a replacement must lie where the function does.
const checkPlaces = (snippets: readonly Snippet[], symbols: Iterable<KernelSymbol>): void => {
  const places = new Map<string, Addr>();
  for (const { name, address } of symbols) places.set(name, address);
  for (const snippet of snippets) {
    const place = places.get(snippet.function);
    if (place !== undefined && place !== snippet.start)
      throw new InputError(`must be ${hex(place)}, where ${snippet.function} is called`, {
        file: snippet.file,
        field: 'start',
      });
    places.set(snippet.function, snippet.start);
  }
};

const checkOverlap = (
  snippets: readonly Snippet[],
  symbols: Iterable<KernelSymbol>,
  files: ReadonlyMap<string, string>,
): void => {
  const taken = [
    ...snippets.map(({ function: name, start, end, file }) => ({ name, start, end, file, field: 'start' })),
    ...[...symbols].map(({ name, address, size }) => ({
      name,
      start: address,
      end: address + BigInt(size),
      file: files.get(name),
      field: name,
    })),
  ].sort((a, b) => (a.start < b.start ? -1 : 1));
  // Variants of one function share an address, so look past neighbours of the same name.
  for (const [index, left] of taken.entries()) {
    for (let next = index + 1; next < taken.length && taken[next]!.start < left.end; next++) {
      const right = taken[next]!;
      if (right.name === left.name) continue;
      const file = right.file ?? left.file;
      throw new InputError(
        `${right.name} at ${hex(right.start)} lies in ${left.name}, which ends at ${hex(left.end)}`,
        file === undefined ? {} : { file, field: right.file === undefined ? left.field : right.field },
      );
    }
  }
};

// A name means one place: a part that took a kernel function's name would hide that function.
const checkParts = (snippets: readonly Snippet[], symbols: Iterable<KernelSymbol>): void => {
  const names = new Set([...symbols].map(({ name }) => name));
  for (const snippet of snippets) names.add(snippet.function);
  for (const { manifest, file } of snippets) {
    const index = manifest.parts.findIndex(({ name }, number) => number > 0 && names.has(name));
    if (index < 0) continue;
    const { name } = manifest.parts[index]!;
    throw new InputError(`${name} is the name of another symbol; a part needs another name`, {
      file,
      field: `parts[${index}].name`,
    });
  }
};

// The bug table points at each ud2 with 32 bits.
const checkBugs = (snippets: readonly Snippet[], table: Addr | undefined): void => {
  if (table === undefined) return;
  for (const { start, manifest, file } of snippets) {
    const index = manifest.bugs.findIndex(({ at }) => !bugTableReaches(start + BigInt(at), table));
    if (index < 0) continue;
    throw new InputError(
      `the ud2 at ${hex(start + BigInt(manifest.bugs[index]!.at))} lies more than 2 GiB away from the bug table at ` +
        `${hex(table)}, whose entries hold 32-bit distances: choose another "start", or leave "bugs" out`,
      { file, field: `bugs[${index}].at` },
    );
  }
};

/** A BUG() at its address. */
type BugAt = Bug & { readonly address: Addr };

/** Every BUG() of some snippets, at its address. */
export const bugsOf = (snippets: readonly Snippet[]): BugAt[] =>
  snippets.flatMap(({ start, manifest }) =>
    manifest.bugs.map((bug) => ({ ...bug, address: start + BigInt(bug.at) })),
  );

const NONE: ReadonlySet<string> = new Set();

/** What is known of one kernel release: machine code, symbols, prototypes, struct layouts, stubs. */
export interface Release {
  readonly name: string;
  /** Every snippet, variants included, by name. */
  readonly snippets: readonly Snippet[];
  /** Symbols without bytes, and the plain version of every snippet. */
  readonly symbols: SymbolTable;
  /** Struct layouts. */
  readonly structs: Structs;
  /** C for candidates besides declarations: constants and inline functions, from candidates.h. */
  readonly header: string;
  /** What the sandbox does instead of running bytes. */
  readonly stubs: readonly StubEntry[];
  /** Functions that a world has only where something can call them. */
  readonly onDemand: readonly string[];
  /** Compiled C that is part of it. */
  readonly code: readonly Code[];
  findSnippet(name: string, variant?: string): Snippet | undefined;
  /**
   * One snippet per function, sorted by address.
   *
   * @throws {InputError} when a function has no such variant
   */
  select(variants?: Variants): Snippet[];
  /** The symbols that belong to a selection of snippets, but for those of functions that are left out. */
  symbolsOf(selected: readonly Snippet[], leftOut?: ReadonlySet<string>): SymbolTable;
  /** Functions that have no bytes: they need a stub, or must never be reached. */
  stubSymbols(selected?: readonly Snippet[]): KernelSymbol[];
  /** The direct calls known in a function, with bytes or without. */
  callsOf(name: string): readonly Call[];
  /** The type in C of data, where it is known. */
  typeOf(name: string): string | undefined;
  /** Every BUG() of a selection, at its address. */
  bugsOf(selected?: readonly Snippet[]): BugAt[];
}

class SnippetRelease implements Release {
  readonly #snippets: ReadonlyMap<string, Snippet>;
  readonly #entries: ReadonlyMap<string, SymbolEntry>;
  readonly snippets: readonly Snippet[];
  readonly symbols: SymbolTable;
  readonly structs: Structs;
  readonly onDemand: readonly string[];

  constructor(
    readonly name: string,
    snippets: ReadonlyMap<string, Snippet>,
    entries: ReadonlyMap<string, SymbolEntry>,
    readonly stubs: readonly StubEntry[],
    readonly header: string,
    readonly code: readonly Code[],
  ) {
    this.structs = code.reduce((structs, one) => structsOver(one.structs, structs), STRUCTS);
    this.#snippets = snippets;
    this.#entries = entries;
    this.snippets = [...snippets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.symbols = this.symbolsOf(this.select());
    this.onDemand = [
      ...this.snippets.filter(({ manifest }) => manifest.onDemand).map((snippet) => snippet.function),
      ...[...entries.values()].filter(({ onDemand }) => onDemand).map(({ symbol }) => symbol.name),
    ];
  }

  findSnippet(name: string, variant?: string): Snippet | undefined {
    return this.#snippets.get(variant === undefined ? name : `${name}.${variant}`);
  }

  select(variants: Variants = {}): Snippet[] {
    const chosen = new Map<string, Snippet>();
    for (const snippet of this.snippets)
      if (snippet.variant === undefined) chosen.set(snippet.function, snippet);
    for (const [name, variant] of Object.entries(variants)) {
      const snippet = this.findSnippet(name, variant);
      if (snippet === undefined) throw new InputError(this.#noVariant(name, variant));
      chosen.set(name, snippet);
    }
    return [...chosen.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  symbolsOf(selected: readonly Snippet[], leftOut: ReadonlySet<string> = NONE): SymbolTable {
    const stubs = [...this.#entries.values()].map(({ symbol }) => symbol);
    const all = [...stubs, ...selected.flatMap(({ symbols }) => symbols)];
    return new SymbolTable(all.filter(({ name }) => !leftOut.has(name)));
  }

  stubSymbols(selected: readonly Snippet[] = this.select()): KernelSymbol[] {
    const withBytes = new Set(selected.map((snippet) => snippet.function));
    return [...this.#entries.values()]
      .map(({ symbol }) => symbol)
      .filter(({ name, kind }) => kind === 'function' && !withBytes.has(name));
  }

  callsOf(name: string): readonly Call[] {
    return this.#snippets.get(name)?.manifest.calls ?? this.#entries.get(name)?.calls ?? [];
  }

  typeOf(name: string): string | undefined {
    return this.#entries.get(name)?.type;
  }

  bugsOf(selected: readonly Snippet[] = this.select()): BugAt[] {
    return bugsOf(selected);
  }

  #noVariant(name: string, variant: string): string {
    const known = this.snippets.filter((snippet) => snippet.function === name);
    if (known.length === 0) return `there is no snippet ${name}; there are ${this.#functions().join(', ')}`;
    const variants = known.flatMap((snippet) => snippet.variant ?? []);
    return variants.length === 0
      ? `${name} has no variants`
      : `${name} has no variant ${variant}; it has ${variants.join(', ')}; your own variants need --library FOLDER; for a kept counterexample, the folder above its scenarios/`;
  }

  #functions(): string[] {
    return [...new Set(this.snippets.map((snippet) => snippet.function))];
  }
}

const assembleRelease = (name: string, folders: readonly Folder[]): Release => {
  const snippets = new Map<string, Snippet>();
  const entries = new Map<string, SymbolEntry>();
  const files = new Map<string, string>(); // of symbols
  const stubs = new Map<string, StubEntry>();
  for (const folder of folders) {
    if (folder.code !== undefined && folder.code.release !== name)
      throw new InputError(`must be ${name}`, { file: folder.file, field: 'release' });
    for (const stub of folder.stubs) stubs.set(stub.symbol, stub);
    for (const entry of folder.entries) {
      const { name: symbol, address } = entry.symbol;
      const place = entries.get(symbol)?.symbol.address;
      if (place !== undefined && place !== address)
        throw new InputError(`must be ${hex(place)}, where ${symbol} is`, {
          file: folder.file,
          field: symbol,
        });
      entries.set(symbol, entry);
      files.set(symbol, folder.file);
    }
    for (const snippet of folder.snippets) {
      if (snippet.manifest.release !== name)
        throw new InputError(`must be ${name}`, { file: snippet.file, field: 'release' });
      snippets.set(snippet.name, snippet);
    }
  }
  const all = [...snippets.values()];
  const symbols = [...entries.values()].map(({ symbol }) => symbol);
  for (const { file, stubs: own } of folders) {
    for (const [index, { symbol }] of own.entries()) {
      const isFunction = entries.get(symbol)?.symbol.kind === 'function';
      if (isFunction || all.some((snippet) => snippet.function === symbol)) continue;
      const message = `there is no function ${symbol} in the release: a stub stands at a symbol's address`;
      throw new InputError(message, { file, field: `stubs[${index}].symbol` });
    }
  }
  checkPlaces(all, symbols);
  checkOverlap(all, symbols, files);
  checkParts(all, symbols);
  checkBugs(all, entries.get(BUG_TABLE)?.symbol.address);
  const header = folders.flatMap((folder) => folder.header.trim() || []).join('\n\n') || shippedHeader();
  if (stubs.size === 0) for (const stub of shippedStubs()) stubs.set(stub.symbol, stub);
  const code = folders.flatMap((folder) => folder.code ?? []);
  return new SnippetRelease(name, snippets, entries, [...stubs.values()], header, code);
};

/** The folder of the shipped releases. */
export const shippedRoot = join(packageFolder(), 'snippets', sep);

// Those of a release whose files name none: the kernel's functions are alike.
const shippedStubs = (): readonly StubEntry[] =>
  readSymbols(join(shippedRoot, DEFAULT_RELEASE, 'symbols.json'), false).stubs;

// That of a release without one: its candidates use the same constants.
const shippedHeader = (): string =>
  readText(join(shippedRoot, DEFAULT_RELEASE, 'candidates.h'), HEADER).trim();

/** Whether a snippet is one of the shipped ones, which tests check. */
export const isShipped = ({ file }: Snippet): boolean => file.startsWith(shippedRoot);

/**
 * Load one folder of snippets on its own.
 *
 * @throws {InputError} where a file is wrong
 */
export const loadFolder = (folder: string, name: string): Release =>
  assembleRelease(name, [readFolder(folder, true)]);

const folderOf = (code: Code): Folder => ({
  header: '',
  snippets: code.functions.map(({ manifest, bytes }) => makeSnippet(manifest, bytes, code.file)),
  entries: code.entries,
  stubs: [],
  file: code.file,
  code,
});

// What is kept of the C of libraries.
const libraryCode = (name: string, libraries: readonly string[]): Code[] =>
  libraries.flatMap((library) => {
    const structs = join(library, 'structs.json');
    const folder = join(library, 'snippets', name);
    const modules = isFolder(folder) ? listFolder(folder).filter((file) => file.endsWith('.c.json')) : [];
    const files = [...(isThere(structs) ? [structs] : []), ...modules.map((file) => join(folder, file))];
    return files.map((file) => openCode(file).read());
  });

const shippedReleases = (): string[] =>
  readdirSync(shippedRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

/**
 * Load the snippets of a release: the shipped ones, then those in `snippets/RELEASE` of each library.
 * A later snippet of the same name takes the place of an earlier one.
 *
 * @param libraryDirs folders given with `--library`
 * @param code the compiled C of a case or scenario
 * @throws {InputError} where a file is wrong, or no folder has that release
 */
export const loadRelease = (
  name: string = DEFAULT_RELEASE,
  libraryDirs: readonly string[] = [],
  code: readonly Code[] = [],
): Release => {
  const libraries = libraryDirs.flatMap((dir) => {
    if (!isThere(dir)) throw new InputError('there is no such folder', { file: dir, field: '--library' });
    const snippets = join(dir, 'snippets');
    return isThere(snippets) && listFolder(snippets).includes(name) ? [join(snippets, name)] : [];
  });
  const shipped = shippedReleases().includes(name) ? [readFolder(join(shippedRoot, name), false)] : [];
  const own = libraries.map((folder) => readFolder(folder, true));
  if (shipped.length + own.length === 0)
    throw new InputError(`there are no snippets of ${name}; shipped are ${shippedReleases().join(', ')}`);
  return assembleRelease(name, [
    ...shipped,
    ...own,
    ...[...libraryCode(name, libraryDirs), ...code].map(folderOf),
  ]);
};
