// The code of a world: which functions it has, their symbols, and the bug table of their BUG()s.

import { type Addr, PAGE_SIZE, pageStart } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { BUG_TABLE, BUG_TABLE_END, encodeBugTable } from '../kernel/bugtable.js';
import type { PagedMemory } from '../kernel/memory.js';
import { failIn } from '../kernel/ranges.js';
import { bug_entry } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import type { Code as CompiledCode } from '../release/code.js';
import { type Release, type Snippet, bugsOf, isShipped } from '../release/snippet.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Places } from './places.js';

/** Where the strings of the bug table lie; invented. */
const BUG_STRINGS: Addr = 0xffffffff81672000n;

interface Code {
  readonly snippets: readonly Snippet[];
  readonly symbols: SymbolTable;
}

// Whether a world or a step names a function; rather one too many than one too few.
const isNamedBy = ({ spec: { world, steps, expect } }: Scenario): ((name: string) => boolean) => {
  const words = new Set(JSON.stringify([world, steps, expect]).match(/\w+/gu));
  return (name) => words.has(name);
};

// Functions on demand that nothing calls: no shipped function of the selection, none that one of those calls, and no
// step. A user's own code may call through a pointer: then every function stays.
const findIdle = (
  release: Release,
  selected: readonly Snippet[],
  isNamed: (name: string) => boolean,
): ReadonlySet<string> => {
  if (!selected.every(isShipped)) return new Set();
  const idle = new Set(release.onDemand.filter((name) => !isNamed(name)));
  const snippets = new Map(selected.map((snippet) => [snippet.function, snippet]));
  const wake = (name: string): void => {
    for (const { symbol } of snippets.get(name)?.manifest.calls ?? []) if (idle.delete(symbol)) wake(symbol);
  };
  for (const name of snippets.keys()) if (!idle.has(name)) wake(name);
  return idle;
};

/** Choose the functions of a scenario. @throws {InputError} for an unknown variant, or a release without its bug table */
export const chooseCode = (scenario: Scenario, release: Release): Code => {
  let selected: readonly Snippet[];
  try {
    selected = release.select(scenario.spec.variants ?? {});
  } catch (error) {
    if (error instanceof InputError) scenario.fail(['variants'], error.message);
    throw error;
  }
  const idle = findIdle(release, selected, isNamedBy(scenario));
  const snippets = selected.filter((snippet) => !idle.has(snippet.function));
  const symbols = release.symbolsOf(snippets, idle);
  for (const name of [BUG_TABLE, BUG_TABLE_END]) {
    if (symbols.findSymbol(name) !== undefined) continue;
    const problem = `the symbols.json of ${release.name} lacks ${name}, which every release needs`;
    scenario.fail(['release'], problem);
  }
  return { snippets, symbols };
};

/**
 * Claim the places of some functions.
 *
 * @throws {InputError} with the manifest's place, when a function lies over anything else
 */
export const claimCode = (places: Places, snippets: readonly Snippet[]): void => {
  for (const { start, end, symbol, name, file } of snippets) {
    const fail = failIn(file, 'start');
    const size = Number(end - start);
    places.check({ owner: 'code', start, size, what: `the code of ${name}`, fail });
    const first = pageStart(start);
    const pages = Number(pageStart(end - 1n) - first) + PAGE_SIZE;
    const what = `page with the code of ${name}`;
    const region = symbol.module === undefined ? 'kernel text' : `text of ${symbol.module}`;
    places.claim({ owner: 'page with code', start: first, size: pages, what, fail }, 'read-execute', region);
  }
};

/** Put the code into memory, and filler around it. */
export const writeCode = (memory: PagedMemory, snippets: readonly Snippet[]): void => {
  let offset = 0;
  for (const { size, protection } of memory.regions) {
    if (protection === 'read-execute') memory.bytes.fill(NO_INSTRUCTION, offset, offset + size);
    offset += size;
  }
  for (const { start, bytes } of snippets) memory.write(start, bytes);
};

/** Claim the memory of variables and constants that code brings. @throws {InputError} where something else lies there */
export const claimData = (places: Places, code: readonly CompiledCode[]): void => {
  for (const { name, start, size, writable, file } of code.flatMap(({ data }) => data)) {
    const claim = { owner: 'data' as const, start, size, what: name, fail: failIn(file, 'data') };
    places.claim(claim, writable ? 'read-write' : 'read', name);
  }
};

/** Write the variables and constants. */
export const writeData = (memory: PagedMemory, code: readonly CompiledCode[]): void => {
  for (const { start, bytes } of code.flatMap(({ data }) => data)) memory.write(start, bytes);
};

/**
 * Claim the places of the bug table.
 *
 * @returns what writes it
 * @throws {InputError} with a manifest's place, when the functions have more BUG()s than it has room for
 */
export const claimBugTable = (
  places: Places,
  { snippets, symbols }: Code,
  fail: (problem: string) => never,
): ((memory: PagedMemory) => void) => {
  const start = symbols.symbol(BUG_TABLE).address;
  const size = Number(symbols.symbol(BUG_TABLE_END).address - start);
  const sites = bugsOf(snippets);
  const room = Math.floor(size / bug_entry.size);
  if (sites.length > room) {
    const [most] = snippets
      .filter((snippet) => !isShipped(snippet))
      .toSorted((a, b) => b.manifest.bugs.length - a.manifest.bugs.length);
    const problem = `the bug table has room for ${room} entries, and the functions of this scenario have ${sites.length}`;
    if (most !== undefined) failIn(most.file, 'bugs')(problem);
    throw new InputError(problem);
  }
  const { entries, strings } = encodeBugTable(sites, start, BUG_STRINGS);
  places.claim({ owner: 'bug table', start, size, what: 'bug table', fail }, 'read', 'bug table');
  places.claim(
    {
      owner: 'bug table',
      start: BUG_STRINGS,
      size: Math.max(1, strings.length),
      what: 'strings of the bug table',
      fail,
    },
    'read',
    'strings',
  );
  return (memory) => {
    memory.write(start, entries);
    memory.write(BUG_STRINGS, strings);
  };
};
