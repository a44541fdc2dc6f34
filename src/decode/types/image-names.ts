// What the code of a kernel or module names: by addresses in a kernel, by relocations in a module.

import { SHN } from '../../elf/elf.js';
import type { KernelImage } from '../../image/kernel-image.js';
import { type Place, placeIn } from '../../image/places.js';
import type { ImageSymbol } from '../../image/symbols.js';
import { type Code, type CodePiece } from '../code/code-piece.js';
import type { CodeNames, FunctionCode, Named } from './names.js';

const HIGHEST_PER_CPU = 0x100_0000n; // an address of the link that is smaller is of a per-CPU variable
const COLD = /\.cold(?:\.\d+)?$/u;

/** What a linker fills in, by place: a symbol of its own or of another file. */
interface Filled {
  readonly place: Place | undefined; // without the addend, where the image has it
  readonly name: string;
  readonly addend: bigint;
  /** Whether what is filled in is counted from the place itself. */
  readonly relative: boolean;
}

const RELATIVE: readonly number[] = [2, 4, 9, 41, 42]; // R_X86_64_PC32, PLT32, GOTPCREL and their relaxed forms

/** Functions of an image with what their code names. */
export class ImageFunctions {
  readonly #filled = new Map<number, ReadonlyMap<number, Filled>>();

  constructor(readonly image: KernelImage) {}

  // Relocations of a section by offset.
  #fillings(section: number): ReadonlyMap<number, Filled> {
    const known = this.#filled.get(section);
    if (known !== undefined) return known;
    const found = new Map<number, Filled>();
    const { elf } = this.image;
    const of = elf.sections[section];
    if (of !== undefined && elf.isRelocatable)
      for (const { offset, type, symbol, addend } of elf.relocations(of)) {
        const target = symbol.section === SHN.UNDEF ? undefined : elf.sections[symbol.section];
        const place = target === undefined ? undefined : placeIn(elf, target, symbol.value);
        found.set(offset, { place, name: symbol.name, addend, relative: RELATIVE.includes(type) });
      }
    this.#filled.set(section, found);
    return found;
  }

  // The symbol that a place lies in.
  #at(place: Place): Named | undefined {
    const symbols = this.image.symbols();
    const [start] = symbols.startingAt(place);
    const symbol = start ?? symbols.containing(place);
    return symbol && { name: symbol.name, plus: Number(place - symbol.at) };
  }

  // What is filled in between two offsets of an instruction.
  #filling(
    code: Code,
    from: number,
    to: number,
  ): { readonly filled: Filled; readonly rest: number } | undefined {
    const { address, length } = code.instruction;
    const fillings = this.#fillings(Number(address >> 32n));
    const at = Number(address & 0xffff_ffffn);
    for (let offset = at + from; offset < at + to; offset += 1) {
      const filled = fillings.get(offset);
      if (filled !== undefined) return { filled, rest: at + length - offset };
    }
    return undefined;
  }

  #named({ filled, rest }: { readonly filled: Filled; readonly rest: number }): Named | undefined {
    const { place, name, addend, relative } = filled;
    const plus = addend + BigInt(relative ? rest : 0);
    if (place === undefined) return name === '' ? undefined : { name, plus: Number(plus) };
    const found = this.#at(place + plus);
    return found ?? (name === '' ? undefined : { name, plus: Number(plus) });
  }

  readonly names: CodeNames = {
    callee: (code) => {
      const { target, length, flow } = code.instruction;
      if (target === undefined) return undefined;
      if (this.image.elf.isRelocatable) {
        const found = this.#filling(code, 1, length);
        const named = found && this.#named(found);
        if (found !== undefined && named === undefined) return '';
        if (named !== undefined && named.plus === 0) return isPart(named.name) ? undefined : named.name;
        if (found !== undefined) return undefined;
      }
      const symbols = this.image.symbols().startingAt(target);
      const [symbol] = symbols.filter(({ isCode }) => isCode);
      if (symbol === undefined || COLD.test(symbol.name)) return undefined;
      if (flow !== 'call' && symbol.name === code.piece.symbol) return undefined;
      return symbol.name;
    },
    isAmbiguous: (name) => this.image.symbols().named(name).length > 1,
    target: (code) => {
      const { target, length } = code.instruction;
      if (target === undefined || !this.image.elf.isRelocatable) return target;
      const found = this.#filling(code, 1, length);
      if (found === undefined) return target;
      const { place, addend } = found.filled;
      return place === undefined ? undefined : place + addend + BigInt(found.rest);
    },
    address: (code) => {
      const { address } = code.operation;
      if (address === undefined) return undefined;
      const { length } = code.instruction;
      if (this.image.elf.isRelocatable) {
        const immediate = code.operation.operands.some(({ kind }) => kind === 'immediate');
        const all = [this.#filling(code, 1, length)];
        const [first] = all;
        if (first === undefined || (!immediate && first === undefined)) return undefined;
        return this.#named(first);
      }
      const low = address.displacement < HIGHEST_PER_CPU;
      if (address.segment !== undefined) return this.perCpu(address.displacement);
      if (low) return undefined;
      const isImage = address.displacement >= 0xffff_ffff_8000_0000n;
      return isImage || address.ripRelative ? this.#at(address.displacement) : undefined;
    },
    constant: (code) => {
      const immediate = code.operation.operands.find((one) => one.kind === 'immediate');
      if (immediate === undefined) return undefined;
      const { length } = code.instruction;
      if (this.image.elf.isRelocatable) {
        const found = this.#filling(code, Math.max(1, length - 8), length);
        return found === undefined || (found.rest !== 4 && found.rest !== 8) ? undefined : this.#named(found);
      }
      const value = BigInt.asUintN(64, BigInt.asIntN(32, immediate.value));
      return value >= 0xffff_ffff_8100_0000n &&
        value < 0xffff_ffff_c000_0000n &&
        immediate.value > 0xff00_0000n
        ? this.#at(value)
        : undefined;
    },
    perCpu: (address) => this.perCpu(address),
    ways: (code) => {
      const { address } = code.instruction;
      return [this.image.handlers().get(address)?.at, this.image.jumpLabels().get(address)].filter(
        (place) => place !== undefined,
      );
    },
    isWarning: (code) => this.image.bugs().get(code.instruction.address)?.warning === true,
  };

  /** The per-CPU variable at a small address of the link. */
  perCpu(address: bigint): Named | undefined {
    if (this.image.elf.isRelocatable || address >= HIGHEST_PER_CPU) return undefined;
    return this.#at(address);
  }

  #piece(name: string, at: Place, size: number): CodePiece {
    const bytes = this.image.bytesAt(at, size, name);
    return { symbol: name, address: at, offset: 0, bytes, whole: true };
  }

  /** A function by its name, with its `.cold` part. `undefined` where there is none of that name, or no code of it. */
  named(name: string): FunctionCode | undefined {
    const found = this.image
      .symbols()
      .named(name)
      .find(({ isCode, size }) => isCode && size > 0);
    return found && this.of(found);
  }

  /** The function of a symbol, with its `.cold` part. `undefined` where there is no code of it. */
  of(found: ImageSymbol): FunctionCode | undefined {
    if (this.image.sectionOf(found.at) === undefined) return undefined;
    const cold = this.image
      .symbols()
      .named(`${found.name}.cold`)
      .filter(({ isCode, size }) => isCode && size > 0);
    const pieces = [found, ...(cold.length === 1 ? cold : [])].map((one) =>
      this.#piece(one.name, one.at, one.size),
    );
    return { name: found.name, pieces, names: this.names };
  }
}

const isPart = (name: string): boolean => COLD.test(name);
