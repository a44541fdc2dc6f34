// The kernel's bug table: where each BUG() is, with file and line, as struct bug_entry in guest memory. Whatever that
// memory holds, a lookup gives a value and never throws.

import { type Addr, hex, u64 } from '../base/address.js';
import { decode, encode } from './layout.js';
import type { Memory } from './memory.js';
import { bug_entry } from './structs/task.js';
import type { SymbolTable } from './symbols.js';

/** The trap is a warning and the kernel goes on. Source: BUGFLAG_WARNING, include/asm-generic/bug.h, v3.0.101 */
export const BUGFLAG_WARNING = 1;

/** Longest string that is read, its NUL included; longer than any path of a source file. */
export const STRING_LIMIT = 512;

/** Whether the name of a source file can stand in a bug table and be read back. */
export const isBugFile = (file: string): boolean =>
  /^[\x20-\x7e]+$/u.test(file) && file.length < STRING_LIMIT;

/** Most entries that are walked; the real table of a 3.0 kernel has about 10000. */
export const ENTRY_LIMIT = 65536;

/** One BUG() of the code. */
interface BugSite {
  readonly address: Addr;
  readonly file: string;
  readonly line: number;
  readonly flags?: number;
}

interface EncodedBugTable {
  readonly entries: Uint8Array;
  /** NUL-terminated, one per file. */
  readonly strings: Uint8Array;
}

/** The symbol at the table's first entry. */
export const BUG_TABLE = '__start___bug_table';

/** The symbol after its last. */
export const BUG_TABLE_END = '__stop___bug_table';

const fits = (distance: bigint): boolean => distance === BigInt.asIntN(32, distance);

/** Whether any entry of a table at `table` can point at `address`. */
export const bugTableReaches = (address: Addr, table: Addr): boolean =>
  fits(address - table) && fits(address - table - BigInt(ENTRY_LIMIT * bug_entry.size));

const displacement = (to: Addr, from: Addr): number => {
  const distance = to - from;
  if (!fits(distance)) {
    throw new RangeError(`${hex(to)} is more than 2 GiB away from the bug table at ${hex(from)}`);
  }
  return Number(distance);
};

/**
 * The bytes of a bug table, and of its strings.
 *
 * @param table address of the first entry
 * @param strings address of the strings
 * @throws {RangeError} when a distance does not fit in 32 bits, or a line or flag word not in 16
 *
 * Source: CONFIG_GENERIC_BUG_RELATIVE_POINTERS, arch/x86/include/asm/bug.h, v3.0.101: both distances count from the entry.
 */
export const encodeBugTable = (sites: readonly BugSite[], table: Addr, strings: Addr): EncodedBugTable => {
  const places = new Map<string, number>(); // file → offset in the strings
  let text = '';
  for (const { file } of sites) {
    if (places.has(file)) continue;
    places.set(file, text.length);
    text += `${file}\0`;
  }
  if (/[^\0\x20-\x7e]/u.test(text))
    throw new RangeError('the name of a source file should be printable ASCII');
  const entries = new Uint8Array(sites.length * bug_entry.size);
  sites.forEach(({ address, file, line, flags = 0 }, index) => {
    if (line !== (line & 0xffff) || flags !== (flags & 0xffff)) {
      throw new RangeError(`line ${line} or flags ${flags} of ${file} do not fit in 16 bits`);
    }
    const entry = table + BigInt(index * bug_entry.size);
    const bug_addr_disp = displacement(address, entry);
    const file_disp = displacement(strings + BigInt(places.get(file) ?? 0), entry);
    entries.set(encode(bug_entry, { bug_addr_disp, file_disp, line, flags }), index * bug_entry.size);
  });
  return { entries, strings: Uint8Array.from(text, (character) => character.charCodeAt(0)) };
};

/** What a C string in guest memory turned out to be. */
type CString =
  | { readonly kind: 'text'; readonly text: string }
  /** `text` is what could be read before `at`. */
  | { readonly kind: 'unmapped' | 'unprintable'; readonly at: Addr; readonly text: string }
  /** No NUL in the first `limit` bytes. */
  | { readonly kind: 'unterminated'; readonly text: string };

/** Read a NUL-terminated string of printable ASCII, at most `limit` bytes long. */
export const readCString = (memory: Memory, address: Addr, limit = STRING_LIMIT): CString => {
  let text = '';
  for (let index = 0; index < limit; index += 1) {
    const at = u64(address + BigInt(index));
    if (!memory.isMapped(at, 1)) return { kind: 'unmapped', at, text };
    const byte = memory.readU8(at);
    if (byte === 0) return { kind: 'text', text };
    if (byte < 0x20 || byte > 0x7e) return { kind: 'unprintable', at, text };
    text += String.fromCharCode(byte);
  }
  return { kind: 'unterminated', text };
};

/** What the bug table says of an address. */
export type BugLookup =
  | {
      readonly kind: 'found';
      readonly entry: Addr;
      readonly line: number;
      readonly flags: number;
      readonly file: CString;
    }
  | { readonly kind: 'absent' }
  /** The symbols that bound the table are missing, or do not bound a table. */
  | { readonly kind: 'no table' }
  /** An entry before any that matches could not be read. */
  | { readonly kind: 'unreadable'; readonly at: Addr };

/**
 * Look `address` up between `__start___bug_table` and `__stop___bug_table`; the first entry that matches wins.
 *
 * Source: find_bug(), lib/bug.c, v3.0.101. Differs: the tables of modules are not searched.
 */
export const lookUpBug = (memory: Memory, symbols: SymbolTable, address: Addr): BugLookup => {
  const start = symbols.findSymbol(BUG_TABLE)?.address;
  const stop = symbols.findSymbol(BUG_TABLE_END)?.address;
  if (start === undefined || stop === undefined || stop < start) return { kind: 'no table' };
  const room = (stop - start) / BigInt(bug_entry.size);
  if (room > BigInt(ENTRY_LIMIT)) return { kind: 'no table' };
  for (let index = 0; index < Number(room); index += 1) {
    const entry = start + BigInt(index * bug_entry.size);
    if (!memory.isMapped(entry, bug_entry.size)) return { kind: 'unreadable', at: entry };
    const { bug_addr_disp, file_disp, line, flags } = decode(bug_entry, memory.read(entry, bug_entry.size));
    if (u64(entry + BigInt(bug_addr_disp)) !== address) continue;
    return { kind: 'found', entry, line, flags, file: readCString(memory, u64(entry + BigInt(file_disp))) };
  }
  return { kind: 'absent' };
};

/** A BUG() with the file's name as far as it can be read. */
interface FoundBug {
  /** Empty when the string cannot be read. */
  readonly file: string;
  readonly line: number;
}

/** The BUG() at `address`; `undefined` when the table has none, or a warning, there. */
export const findBug = (memory: Memory, symbols: SymbolTable, address: Addr): FoundBug | undefined => {
  const found = lookUpBug(memory, symbols, address);
  if (found.kind !== 'found' || (found.flags & BUGFLAG_WARNING) !== 0) return undefined;
  return { file: found.file.kind === 'text' ? found.file.text : '', line: found.line };
};
