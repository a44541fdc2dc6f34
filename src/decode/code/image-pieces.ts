// One function of an image as a piece of code: its bytes, and where execution goes in it as symbols and tables say. Blocks
// that compilers moved away from it, and code that the kernel may put in the place of its own, are parts of it.
// Over 200 lines because every table adds to the same maps.

import type { Addr } from '../../base/address.js';
import { decodeOne } from '../../x86/disasm.js';
import type { Relocation, Section } from '../../elf/elf.js';
import type { KernelImage } from '../../image/kernel-image.js';
import { type Place, placeIn } from '../../image/places.js';
import type { ImageSymbol } from '../../image/symbols.js';
import type { Site } from '../../image/tables.js';
import { type Code, type CodePiece, type Ways, decodePiece, extended } from './code-piece.js';
import { isFragment } from './fragment.js';
import { ImageTables } from './image-tables.js';

type Mutable<Kind> = { -readonly [Key in keyof Kind]: Kind[Key] };
type Exit = 'return' | 'tail call' | 'end';

interface Making extends Ways {
  readonly exits: Map<number, Exit>;
  readonly targets: Map<number, Addr>;
  readonly instead: Map<number, Addr[]>;
  readonly handlers: Map<number, Addr>;
  readonly traced: Set<number>;
}

/** A function or a part of one, before it is a piece. */
interface Range {
  readonly name: string;
  readonly at: Place;
  readonly size: number; // bytes
  readonly offset: number; // of its first byte in the function that it is shown in
  /** Of code that takes the place of other code: where execution goes on after it. */
  readonly resumes?: Place;
}

/** What is made for a function. */
interface Job {
  readonly root: Range;
  readonly wanted: Range[];
}

const has = ({ at, size }: Range, place: Place): boolean => place >= at && place < at + BigInt(size);

// Where every return of a kernel goes since 5.19. The kernel may put another one there.
// Sources: arch/x86/lib/retpoline.S, v6.1 and v6.12
const RETURNS: ReadonlySet<string> = new Set([
  '__x86_return_thunk',
  'retbleed_return_thunk',
  'srso_return_thunk',
  'srso_alias_return_thunk',
  'call_depth_return_thunk',
  'its_return_thunk',
]);
const INDIRECT = /^__x86_indirect_(?:thunk|call_thunk|jump_thunk|its_thunk)_/u;
const TRACER = '__fentry__';
const INT3 = 0xcc;
const MOST_FIELD = 0x10000n; // bytes into a struct of functions
// Source: _static_cpu_has(), arch/x86/include/asm/cpufeature.h, v6.1
const TESTS = '.altinstr_aux';
const LONGEST_TEST = 64; // bytes
const MOST_PARTS = 64;

// Source: System V ABI for AMD64, table 4.9
const R_64 = 1;
const R_PC32 = 2;
const R_PLT32 = 4;
const OUTSIDE = 0x70000000; // a distance that leads out of every function

/** Where a direct branch goes: a place in the image, or a name of another file. */
interface Aim {
  readonly place: Place | undefined;
  readonly names: readonly string[];
}

/** Makes pieces of an image's functions. */
export class ImagePieces {
  readonly #tables: ImageTables;
  readonly #changed = new Map<Place, ReadonlySet<number>>();
  readonly #relocations = new Map<number, Relocation[]>();

  /** @param addressOf the address that a place had */
  constructor(
    readonly image: KernelImage,
    readonly addressOf: (place: Place) => Addr,
  ) {
    this.#tables = new ImageTables(image);
  }

  /** The function that begins at a place. */
  functionAt(place: Place): ImageSymbol | undefined {
    const all = this.image
      .symbols()
      .startingAt(place)
      .filter(({ isCode, size }) => isCode && size > 0);
    return all[0];
  }

  /** Offsets of the bytes of a function that may be others in memory: sites, and what relocations fill in. */
  changedIn(place: Place): ReadonlySet<number> {
    return this.#changed.get(place) ?? new Set();
  }

  /** @param more what is true of the whole image */
  piece(symbol: ImageSymbol, more: Pick<CodePiece, 'origin' | 'moved'>): CodePiece {
    const { name, at, size } = symbol;
    const done = new Map<Place, CodePiece>();
    const root: Range = { name, at, size, offset: 0 };
    const job: Job = { root, wanted: [] };
    const { wanted } = job;
    const main = this.#part(root, more, job);
    done.set(at, main);
    while (wanted.length > 0 && done.size < MOST_PARTS) {
      const range = wanted.pop()!;
      if (!done.has(range.at)) done.set(range.at, this.#part(range, more, job));
    }
    const [, ...parts] = done.values();
    const isTooMany = wanted.some((range) => !done.has(range.at));
    const flags = [main, ...parts];
    return extended(main, {
      whole: !isFragment(name) && !isTooMany,
      ...(parts.length === 0 ? {} : { parts }),
      ...(flags.some(({ exceptions }) => exceptions === true) ? { exceptions: true as const } : {}),
      ...(flags.some(({ patched }) => patched === true) ? { patched: true as const } : {}),
    });
  }

  #part(range: Range, more: Pick<CodePiece, 'origin' | 'moved'>, job: Job): CodePiece {
    const { name, at, size, offset } = range;
    const bytes = this.image.bytesAt(at, size, name).slice();
    const open = new Set<number>();
    const linked = this.#relocate(range, bytes, open);
    const changed = new Set(open);
    for (const field of linked.keys()) for (let byte = 0; byte < 4; byte += 1) changed.add(field + byte);
    const sites = this.#tables.sitesIn(at, size);
    for (const site of sites)
      for (let byte = 0; byte < site.size; byte += 1) {
        changed.add(Number(site.at - at) + byte);
        if (site.kind === 'constant') open.add(Number(site.at - at) + byte);
      }
    const piece: Mutable<CodePiece> = {
      symbol: name,
      address: this.addressOf(at),
      offset,
      bytes,
      whole: true,
      ...more,
      ...(open.size === 0 ? {} : { open }),
      ...(range.resumes === undefined ? {} : { resumes: this.addressOf(range.resumes) }),
    };
    const ways: Making = {
      exits: new Map(),
      targets: new Map(),
      instead: new Map(),
      handlers: new Map(),
      traced: new Set(),
    };
    const calls = new Map<number, string>();
    for (const code of decodePiece(piece).values()) {
      const from = code.at - offset;
      const aim = this.#aimOf(code, at + BigInt(from), linked.get(from + code.instruction.length - 4));
      const [called] = aim?.names ?? [];
      if (called !== undefined) calls.set(from, called);
      if (aim?.place !== undefined && linked.has(from + code.instruction.length - 4))
        ways.targets.set(from, this.addressOf(aim.place));
      if (aim?.names.includes(TRACER) === true && code.instruction.flow === 'call') ways.traced.add(from);
      const exit = this.#exitOf(code, at + BigInt(from), aim, range, job);
      if (exit !== undefined) ways.exits.set(from, exit);
    }
    if (!this.#tables.areKnown) {
      if (this.#tables.areThere) piece.patched = piece.exceptions = true;
    } else {
      this.#alternatives(sites, range, piece, ways, job);
      this.#labels(sites, range, piece, ways, job);
      this.#handlers(range, piece, ways, job);
    }
    this.#changed.set(at, changed);
    const { patched, exceptions } = piece;
    return extended(piece, {
      ways,
      calls,
      ...(patched === undefined ? {} : { patched }),
      ...(exceptions === undefined ? {} : { exceptions }),
    });
  }

  // Relocations between two offsets of a section. All of them are read once: each function has some.
  #relocationsIn(section: Section, from: number, to: number): Relocation[] {
    const known = this.#relocations.get(section.index) ?? [...this.image.elf.relocations(section)];
    if (!this.#relocations.has(section.index)) {
      known.sort((a, b) => a.offset - b.offset);
      this.#relocations.set(section.index, known);
    }
    let low = 0;
    let high = known.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (known[middle]!.offset < from) low = middle + 1;
      else high = middle;
    }
    const found: Relocation[] = [];
    for (; low < known.length && known[low]!.offset < to; low += 1) found.push(known[low]!);
    return found;
  }

  // What relocations fill in: branches by the offset of their four bytes; all else is open.
  #relocate({ at, size }: Range, bytes: Uint8Array, open: Set<number>): ReadonlyMap<number, Aim> {
    const { elf } = this.image;
    const aims = new Map<number, Aim>();
    const section = elf.isRelocatable ? this.image.sectionOf(at) : undefined;
    if (section === undefined) return aims;
    const from = Number(at & 0xffff_ffffn);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const { offset, type, symbol, addend } of this.#relocationsIn(section, from, from + size)) {
      const field = offset - from;
      for (let byte = 0; byte < (type === R_64 ? 8 : 4); byte += 1) open.add(field + byte);
      if ((type !== R_PC32 && type !== R_PLT32) || field + 4 > bytes.length) continue;
      const target = symbol.section === 0 ? undefined : elf.sections[symbol.section];
      const place = target && placeIn(elf, target, BigInt.asUintN(32, symbol.value + addend + 4n));
      const names = place === undefined ? [elf.nameOf(symbol)] : this.#namesAt(place);
      aims.set(field, { place, names });
      if (target === section) {
        for (let byte = 0; byte < 4; byte += 1) open.delete(field + byte);
        view.setInt32(field, Number(BigInt.asIntN(32, place!)) - from - field - 4, true);
      } else if (
        bytes[field - 1] === 0xe8 ||
        bytes[field - 1] === 0xe9 ||
        (bytes[field - 1]! & 0xf0) === 0x80
      )
        view.setInt32(field, OUTSIDE, true);
    }
    return aims;
  }

  #namesAt(place: Place): string[] {
    const names = this.image
      .symbols()
      .startingAt(place)
      .filter(({ isCode }) => isCode)
      .map(({ name }) => name);
    const best = this.functionAt(place)?.name;
    return best === undefined ? names : [best, ...names.filter((name) => name !== best)];
  }

  #aimOf({ instruction }: Code, at: Place, linked: Aim | undefined): Aim | undefined {
    const { target, address } = instruction;
    if (target === undefined) return undefined;
    if (linked !== undefined) return linked;
    const place = at + BigInt.asIntN(64, target - address);
    return { place, names: this.#namesAt(place) };
  }

  /** Whether a place is in the function, or in a block of it that lies elsewhere, which is wanted then. */
  #isInside(place: Place, range: Range, job: Job): boolean {
    if (has(range, place) || has(job.root, place)) return true;
    if (this.image.sectionOf(place)?.name === TESTS) return this.#isTest(place, range, job);
    const symbol = this.image.symbols().containing(place);
    if (symbol === undefined || !symbol.isCode) return false;
    const { name, at, size } = symbol;
    // A block that was moved away jumps back into the middle of its function.
    const isPart = isFragment(name) || (isFragment(job.root.name) && place !== at);
    if (isPart) job.wanted.push({ name, at, size, offset: 0 });
    return isPart;
  }

  // A test of a feature, until the kernel has put its result in its place: up to its last jump back.
  #isTest(at: Place, { name, offset }: Range, { wanted }: Job): boolean {
    const section = this.image.sectionOf(at);
    if (section === undefined) return false;
    const from = Number(this.image.elf.isRelocatable ? at & 0xffff_ffffn : at - section.address);
    const bytes = this.image.bytesAt(at, Math.min(LONGEST_TEST, section.size - from), name);
    let size = 0;
    while (size < bytes.length) {
      const { flow, length } = decodeOne(bytes.subarray(size), at);
      if (flow === 'bad') return false;
      size += length;
      if (flow !== 'jump') continue;
      wanted.push({ name, at, size, offset });
      return true;
    }
    return false;
  }

  // Whether the stack is as it was when the function was entered: what jumps then is a tail call.
  #isBalanced(at: Place): boolean | undefined {
    const frames = this.image.frames();
    if (frames === undefined) return undefined;
    const frame = frames.at(at);
    return frame?.base === 'rsp' && frame.offset === 8 && !frame.indirect && frame.kind === 'call';
  }

  #exitOf(code: Code, at: Place, aim: Aim | undefined, range: Range, job: Job): Exit | undefined {
    const { instruction, operation, piece } = code;
    const { flow, length } = instruction;
    if (operation.name === 'ud2') return this.image.bugs().get(at)?.warning === false ? 'end' : undefined;
    // Compilers and objtool put an int3 after a call that does not return.
    if (flow === 'call' && piece.bytes[code.at - piece.offset + length] === INT3) return 'end';
    if (flow === 'indirect jump') {
      const { address } = operation;
      // With an address of the image as displacement it is a table.
      const isField =
        address !== undefined &&
        address.base >= 0 &&
        address.index < 0 &&
        address.open !== true &&
        address.displacement < MOST_FIELD;
      return isField && this.#isBalanced(at) === true ? 'tail call' : undefined;
    }
    if (flow !== 'jump' && flow !== 'conditional jump') return undefined;
    if (aim === undefined) return undefined;
    if (aim.names.some((name) => RETURNS.has(name))) return 'return';
    // With thunks, compilers make no jump tables: CONFIG_RETPOLINE sets -fno-jump-tables. Source: arch/x86/Makefile, v6.1
    if (aim.names.some((name) => INDIRECT.test(name)))
      return this.#isBalanced(at) === true ? 'tail call' : undefined;
    if (aim.place !== undefined && this.#isInside(aim.place, range, job)) return undefined;
    return aim.names.length > 0 && !aim.names.every(isFragment) && this.#isBalanced(at) !== false
      ? 'tail call'
      : undefined;
  }

  #alternatives(
    sites: readonly Site[],
    range: Range,
    piece: Mutable<CodePiece>,
    { instead }: Making,
    job: Job,
  ): void {
    const codes = decodePiece(piece);
    for (const { kind, at, size, replacement } of sites) {
      if (kind !== 'alternative' || replacement === undefined) continue;
      const from = Number(at - range.at);
      const end = at + BigInt(size);
      // The code that takes its place ends at the end of an instruction.
      if (!codes.has(range.offset + from) || !codes.has(range.offset + from + size)) {
        piece.patched = true;
        continue;
      }
      const others = instead.get(from) ?? [];
      instead.set(from, others);
      if (replacement.size === 0) {
        others.push(this.addressOf(end));
        continue;
      }
      others.push(this.addressOf(replacement.at));
      job.wanted.push({ name: range.name, ...replacement, offset: range.offset + from, resumes: end });
    }
  }

  #labels(
    sites: readonly Site[],
    range: Range,
    piece: Mutable<CodePiece>,
    { instead }: Making,
    job: Job,
  ): void {
    const codes = decodePiece(piece);
    for (const { kind, at } of sites) {
      if (kind !== 'jump label') continue;
      const from = Number(at - range.at);
      const code = codes.get(range.offset + from);
      const target = this.image.jumpLabels().get(at);
      if (code === undefined || target === undefined || !this.#isInside(target, range, job)) {
        piece.patched = true;
        continue;
      }
      const others = instead.get(from) ?? [];
      others.push(this.addressOf(at + BigInt(code.instruction.length)), this.addressOf(target));
      instead.set(from, others);
    }
  }

  #handlers(range: Range, piece: Mutable<CodePiece>, { handlers }: Making, job: Job): void {
    const all = this.image.handlers();
    for (const { at } of decodePiece(piece).values()) {
      const from = at - range.offset;
      const handler = all.get(range.at + BigInt(from));
      if (handler === undefined) continue;
      if (handler.keeps && this.#isInside(handler.at, range, job))
        handlers.set(from, this.addressOf(handler.at));
      else piece.exceptions = true;
    }
  }
}
