// The symbols of an image in the order of their places, and by name. Where no size is known a symbol ends where the next
// one begins, as kallsyms counts it, so that `shm_close+0x15/0x30` of a report means the same here.

import type { ElfFile } from '../elf/elf.js';
import { STT } from '../elf/elf.js';
import type { KernelSymbol } from './kallsyms.js';
import { type Place, placeIn } from './places.js';

/** A symbol of an image. */
export interface ImageSymbol {
  readonly name: string;
  readonly at: Place;
  readonly size: number; // bytes
  /** Whether it is code. */
  readonly isCode: boolean;
}

const MAX_GAP = 1 << 24; // bytes; the last symbol of a kernel has no end

const isCodeType = (type: string): boolean => 'tTwW'.includes(type);

// Not functions: what lies before one (objtool, 6.3), and the name of all thunks together, which is that of the first one too.
const isMark = ({ name }: ImageSymbol): boolean => /^__pfx_|^__x86_indirect_\w*_array$/u.test(name);

/** Symbols, by place and by name. */
export class ImageSymbols {
  readonly #places: BigUint64Array;
  readonly #byName = new Map<string, ImageSymbol[]>();

  /** @param all in the order of their places */
  private constructor(readonly all: readonly ImageSymbol[]) {
    this.#places = BigUint64Array.from(all, ({ at }) => at);
    for (const symbol of all) {
      const known = this.#byName.get(symbol.name);
      if (known === undefined) this.#byName.set(symbol.name, [symbol]);
      else known.push(symbol);
    }
  }

  /** Symbols as kallsyms, nm or a System.map have them: an address, a type, a name. */
  static of(symbols: readonly KernelSymbol[]): ImageSymbols {
    const sorted = symbols.toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    let next: bigint | undefined;
    const made: ImageSymbol[] = [];
    for (let index = sorted.length - 1; index >= 0; index -= 1) {
      const { address, type, name } = sorted[index]!;
      const after = sorted[index + 1]?.address;
      if (after !== undefined && after !== address) next = after;
      const gap = next === undefined ? 0n : next - address;
      made.push({
        name,
        at: address,
        size: gap > BigInt(MAX_GAP) ? 0 : Number(gap),
        isCode: isCodeType(type),
      });
    }
    return new ImageSymbols(made.reverse());
  }

  /** The symbols of an ELF file's own table. */
  static ofElf(elf: ElfFile): ImageSymbols {
    const made: ImageSymbol[] = [];
    for (const { name, type, section, value, size } of elf.symbols()) {
      const of = elf.sections[section];
      if (name === '' || of === undefined || section === 0 || (type !== STT.FUNC && type > 1)) continue;
      const at = elf.isRelocatable ? placeIn(elf, of, value) : value;
      made.push({ name, at, size, isCode: (of.flags & 4) !== 0 });
    }
    return new ImageSymbols(made.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)));
  }

  /** Every symbol of a name; static functions may share one. */
  named(name: string): readonly ImageSymbol[] {
    return this.#byName.get(name) ?? [];
  }

  /** The place of a name that is there once. */
  placeOf(name: string): Place | undefined {
    const found = this.named(name);
    return found.length === 1 ? found[0]!.at : undefined;
  }

  // Index of the last symbol at a place or before it; -1 without one.
  #before(place: Place): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#places[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The symbols that begin at a place; marks of the kernel's own tools come last. */
  startingAt(place: Place): ImageSymbol[] {
    const found: ImageSymbol[] = [];
    for (let index = this.#before(place); this.all[index]?.at === place; index -= 1)
      found.push(this.all[index]!);
    found.reverse();
    return found.length < 2 ? found : found.toSorted((a, b) => Number(isMark(a)) - Number(isMark(b)));
  }

  /** The symbol that a place lies in; of several at one place the first. */
  containing(place: Place): ImageSymbol | undefined {
    let found: ImageSymbol | undefined;
    const last = this.#before(place);
    for (let index = last; index >= 0 && this.all[index]!.at === this.all[last]!.at; index -= 1) {
      const symbol = this.all[index]!;
      if (place < symbol.at + BigInt(symbol.size)) found = symbol;
    }
    return found;
  }
}
