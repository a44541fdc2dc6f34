// The tables by which a kernel changes its own code, finds the handler of an exception, and knows a BUG() from a WARN().
// Sizes of entries: arch/x86/include/asm/{alternative,jump_label,static_call_types,extable,bug,orc_types}.h and
// paravirt_types.h of Linux 6.1 and 6.12.

import type { ElfFile, Section } from '../elf/elf.js';
import { Entries, type Place, type Table } from './places.js';

/** Places of symbols that bound a table in a linked image. */
type FindSymbol = (name: string) => bigint | undefined;

/** Code that may differ in the memory of a running kernel. */
export interface Site {
  readonly at: Place;
  readonly size: number; // bytes
  readonly kind:
    | 'alternative'
    | 'jump label'
    | 'static call'
    | 'thunk'
    | 'return'
    | 'lock'
    | 'ftrace'
    | 'paravirt'
    | 'endbr'
    | 'constant';
  /** Of an alternative: the code that may stand there instead, with nops after it. */
  readonly replacement?: { readonly at: Place; readonly size: number };
}

const sectionNamed = (elf: ElfFile, name: string): Section | undefined =>
  elf.sections.find((one) => one.name === name);

const whole = (elf: ElfFile, name: string): Table | undefined => {
  const section = sectionNamed(elf, name);
  return section && { section, from: 0, size: section.size };
};

// A linked image has some of its tables inside of another section, between two symbols.
const between = (elf: ElfFile, find: FindSymbol, name: string): Table | undefined => {
  const start = find(`__start_${name}`);
  const stop = find(`__stop_${name}`);
  if (start === undefined || stop === undefined || stop < start) return undefined;
  const section = elf.sections.find(
    ({ address, size, type }) =>
      type !== 8 && address !== 0n && start >= address && stop <= address + BigInt(size),
  );
  return section && { section, from: Number(start - section.address), size: Number(stop - start) };
};

const entries = (elf: ElfFile, table: Table | undefined, size: number): Entries | undefined =>
  table === undefined || table.size < size ? undefined : new Entries(elf, table, size);

/** Numbers 0 … count-1 with the place that 32 bits of each name. */
function* placesOf(found: Entries | undefined, at = 0): Generator<[entry: number, place: Place]> {
  for (let entry = 0; entry < (found?.count ?? 0); entry += 1) {
    const place = found!.place(entry, at);
    if (place !== undefined) yield [entry, place];
  }
}

const CALL = 5; // bytes of a direct call or jump
const LONGEST_THUNK = 6; // with a prefix

// The entries grew from 12 to 14 bytes in 6.3 or so: the one whose lengths are those of instructions is right.
const alternatives = (elf: ElfFile): Site[] => {
  const table = whole(elf, '.altinstructions');
  if (table === undefined || table.size === 0) return [];
  const tried = [14, 12, 13].map((size) => {
    if (table.size % size !== 0) return undefined;
    const found = new Entries(elf, table, size);
    const sites: Site[] = [];
    for (const [entry, at] of placesOf(found)) {
      const [length, replacement] = [
        found.u8(entry, size === 14 ? 12 : 10),
        found.u8(entry, size === 14 ? 13 : 11),
      ];
      if (length === 0 || replacement > length) return undefined;
      const from = found.place(entry, 4);
      if (from === undefined) return undefined;
      sites.push({ at, size: length, kind: 'alternative', replacement: { at: from, size: replacement } });
    }
    return sites;
  });
  return tried.find((sites) => sites !== undefined) ?? [];
};

const paravirt = (elf: ElfFile): Site[] => {
  const found = entries(elf, whole(elf, '.parainstructions'), 16);
  const sites: Site[] = [];
  for (let entry = 0; entry < (found?.count ?? 0); entry += 1) {
    const at = found!.address(entry, 0);
    if (at !== undefined) sites.push({ at, size: found!.u8(entry, 9), kind: 'paravirt' });
  }
  return sites;
};

const ftrace = (elf: ElfFile, find: FindSymbol): Site[] => {
  const found = entries(elf, whole(elf, '__mcount_loc') ?? between(elf, find, 'mcount_loc'), 8);
  const sites: Site[] = [];
  for (let entry = 0; entry < (found?.count ?? 0); entry += 1) {
    const at = found!.address(entry, 0);
    if (at !== undefined) sites.push({ at, size: CALL, kind: 'ftrace' });
  }
  return sites;
};

/**
 * Where the memory of a running kernel may differ from its file, by place. Constants that are known only at boot are
 * immediates of instructions: arch/x86/include/asm/runtime-const.h, v6.12.
 */
export const sitesOf = (elf: ElfFile, find: FindSymbol): Site[] => {
  const simple = (
    name: string,
    size: number,
    kind: Site['kind'],
    length: number,
    table: Table | undefined = whole(elf, name),
  ): Site[] => [...placesOf(entries(elf, table, size))].map(([, at]) => ({ at, size: length, kind }));
  const table = (name: string, plain: string): Table | undefined =>
    whole(elf, name) ?? between(elf, find, plain);
  return [
    ...alternatives(elf),
    ...paravirt(elf),
    ...ftrace(elf, find),
    ...simple('__jump_table', 16, 'jump label', CALL, table('__jump_table', '__jump_table')),
    ...simple('.static_call_sites', 8, 'static call', CALL, table('.static_call_sites', 'static_call_sites')),
    ...simple('.retpoline_sites', 4, 'thunk', LONGEST_THUNK),
    ...simple('.return_sites', 4, 'return', CALL),
    ...simple('.call_sites', 4, 'thunk', CALL),
    ...simple('.smp_locks', 4, 'lock', 1),
    ...simple('.ibt_endbr_seal', 4, 'endbr', 4),
    ...elf.sections.flatMap(({ name }) => {
      const size = name.startsWith('runtime_ptr_') ? 8 : name.startsWith('runtime_shift_') ? 1 : 0;
      return size === 0 ? [] : simple(name, 4, 'constant', size);
    }),
  ].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
};

/** Where an exception at an instruction goes on. */
export interface Handler {
  readonly at: Place;
  /** Whether the registers there are those of the exception; `false` also where that is not known. */
  readonly keeps: boolean;
}

// Types whose handlers only go on at the fixup: EX_TYPE_DEFAULT, EX_TYPE_UACCESS, with neither register nor flags.
// Before 5.15 the same word was the distance of a function. Source: arch/x86/include/asm/extable_fixup_types.h, v6.1
const KEEPING: ReadonlySet<number> = new Set([1, 3]);

/** Where an exception at an instruction goes on: by the instruction's place. */
export const handlersOf = (elf: ElfFile): ReadonlyMap<Place, Handler> => {
  const found = entries(elf, whole(elf, '__ex_table'), 12);
  const handlers = new Map<Place, Handler>();
  for (const [entry, at] of placesOf(found)) {
    const handler = found!.place(entry, 4);
    const type = found!.u16(entry, 8) | (found!.u16(entry, 10) << 16);
    const keeps = KEEPING.has(type) && !handlers.has(at);
    if (handler !== undefined) handlers.set(at, { at: handler, keeps });
  }
  return handlers;
};

/** What a jump label jumps to when it is on: by the place of the jump. */
export const jumpLabelsOf = (elf: ElfFile, find: FindSymbol): ReadonlyMap<Place, Place> => {
  const table = whole(elf, '__jump_table') ?? between(elf, find, '__jump_table');
  const found = entries(elf, table, 16);
  const targets = new Map<Place, Place>();
  for (const [entry, at] of placesOf(found)) {
    const target = found!.place(entry, 4);
    if (target !== undefined) targets.set(at, target);
  }
  return targets;
};

/** An entry of the bug table. */
export interface Bug {
  readonly file: string | undefined;
  readonly line: number;
  readonly warning: boolean;
}

const WARNING = 1; // BUGFLAG_WARNING
const MAX_FILE = 256; // bytes

const textAt = (elf: ElfFile, place: Place | undefined): string | undefined => {
  if (place === undefined) return undefined;
  const section = elf.isRelocatable
    ? elf.sections[Number(place >> 32n)]
    : elf.sections.find(
        ({ address, size }) => address !== 0n && place >= address && place < address + BigInt(size),
      );
  if (section === undefined) return undefined;
  const at = Number(elf.isRelocatable ? place & 0xffff_ffffn : place - section.address);
  if (at >= section.size) return undefined;
  const bytes = elf.bytesIn(section, at, Math.min(MAX_FILE, section.size - at), section.name);
  const end = bytes.indexOf(0);
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, Math.max(0, end)));
  return /^[\w./+-]+$/u.test(text) ? text : undefined;
};

/** BUG() and WARN() by place, with file and line. */
export const bugsOf = (elf: ElfFile): ReadonlyMap<Place, Bug> => {
  const found = entries(elf, whole(elf, '__bug_table'), 12);
  const bugs = new Map<Place, Bug>();
  for (const [entry, at] of placesOf(found))
    bugs.set(at, {
      file: textAt(elf, found!.place(entry, 4)),
      line: found!.u16(entry, 8),
      warning: (found!.u16(entry, 10) & WARNING) !== 0,
    });
  return bugs;
};
