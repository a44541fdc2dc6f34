// What the operands of a kernel's or module's code name: by addresses in a kernel, by relocations in a module.

import { SHF, SHN, type ElfFile } from '../../elf/elf.js';
import { type Place, placeIn } from '../../image/places.js';
import type { Code, CodePiece } from '../code/code-piece.js';
import type { ImageFunctions } from '../code/image-functions.js';
import type { CodeNames, FunctionCode, Named } from './names.js';

const FOUR_BYTES = 0x80; // displacements below take one byte
const HIGHEST_PER_CPU = 0x100_0000n; // an address of the link that is smaller is of a per-CPU variable
const LOWEST_KERNEL = 0xffff_ffff_8000_0000n;
const LOWEST_TEXT = 0xffff_ffff_8100_0000n;
const HIGHEST_KERNEL = 0xffff_ffff_c000_0000n;

/** What a linker fills in: a symbol of its own or of another file. */
interface Filled {
  readonly place: Place | undefined; // without the addend, where the image has it
  readonly name: string;
  readonly addend: bigint;
  /** Whether what is filled in is counted from the place itself. */
  readonly relative: boolean;
}

const RELATIVE: readonly number[] = [2, 4, 9, 41, 42]; // R_X86_64_PC32, PLT32, GOTPCREL and their relaxed forms

// Relocations of a section by offset.
const fillingsOf = (elf: ElfFile, section: number): ReadonlyMap<number, Filled> => {
  const found = new Map<number, Filled>();
  const of = elf.sections[section];
  if (of === undefined) return found;
  for (const { offset, type, symbol, addend } of elf.relocations(of)) {
    const target = symbol.section === SHN.UNDEF ? undefined : elf.sections[symbol.section];
    const place = target === undefined ? undefined : placeIn(elf, target, symbol.value);
    found.set(offset, { place, name: symbol.name, addend, relative: RELATIVE.includes(type) });
  }
  return found;
};

/** The names in an image's code. */
export class ImageNames {
  readonly #filled = new Map<number, ReadonlyMap<number, Filled>>();
  readonly #placed = new WeakMap<CodePiece, Place | undefined>();

  constructor(readonly functions: ImageFunctions) {}

  // Where the first byte of a piece is in the image, wherever it was loaded.
  #placeOf(piece: CodePiece): Place | undefined {
    if (this.#placed.has(piece)) return this.#placed.get(piece);
    const { image } = this.functions;
    const place = image.elf.isRelocatable
      ? image.elf.sections
          .filter(({ flags }) => (flags & SHF.EXECINSTR) !== 0)
          .map((section) => {
            const start = placeIn(image.elf, section, 0);
            const distance = piece.address - this.functions.addressOf(start);
            return distance >= 0n && distance < BigInt(section.size) ? start + distance : undefined;
          })
          .find((found) => found !== undefined)
      : this.functions.placeOf(piece.address);
    this.#placed.set(piece, place);
    return place;
  }

  // The symbol that a place lies in.
  #at(place: Place): Named | undefined {
    const symbols = this.functions.image.symbols();
    const [start] = symbols.startingAt(place);
    const symbol = start ?? symbols.containing(place);
    return symbol && { name: symbol.name, plus: Number(place - symbol.at) };
  }

  // What is filled in between two offsets of an instruction.
  #filling({ piece, at, instruction: { length } }: Code, from: number, to = length): Named | undefined {
    const start = this.#placeOf(piece);
    if (start === undefined) return undefined;
    const place = start + BigInt(at - piece.offset);
    const section = Number(place >> 32n);
    const fillings = this.#filled.get(section) ?? fillingsOf(this.functions.image.elf, section);
    this.#filled.set(section, fillings);
    const first = Number(place & 0xffff_ffffn);
    for (let offset = first + from; offset < first + to; offset += 1) {
      const filled = fillings.get(offset);
      if (filled !== undefined) return this.#named(filled, first + length - offset);
    }
    return undefined;
  }

  #named({ place, name, addend, relative }: Filled, rest: number): Named | undefined {
    const plus = addend + BigInt(relative ? rest : 0);
    const found = place === undefined ? undefined : this.#at(place + plus);
    return found ?? (name === '' ? undefined : { name, plus: Number(plus) });
  }

  readonly names: CodeNames = {
    isAmbiguous: (name) => this.functions.image.symbols().named(name).length > 1,
    address: (code) => {
      const { address } = code.operation;
      if (address === undefined) return undefined;
      if (this.functions.image.elf.isRelocatable)
        return this.#filling(code, 1, hasImmediate(code) ? code.instruction.length - 4 : undefined);
      const { displacement, ripRelative, segment } = address;
      const place = ripRelative ? this.functions.placeOf(displacement) : displacement;
      if (segment !== undefined) return this.names.perCpu(place);
      return place >= LOWEST_KERNEL ? this.#at(place) : undefined;
    },
    constant: (code) => {
      const { transfer, operation, instruction } = code;
      if (this.functions.image.elf.isRelocatable) {
        // Of an instruction with both, the displacement comes first.
        const { length } = instruction;
        return operation.address === undefined ? this.#filling(code, Math.max(1, length - 8)) : undefined;
      }
      const immediate = operation.operands.find((one) => one.kind === 'immediate');
      const value = immediate === undefined ? immediateOf(code) : immediate.value;
      if (value === undefined || transfer.kind === 'call') return undefined;
      const place = BigInt.asUintN(64, BigInt.asIntN(32, value));
      const isAddress = place >= LOWEST_TEXT && place < HIGHEST_KERNEL && value > 0xffff_ffffn;
      return isAddress ? this.#at(place) : undefined;
    },
    perCpu: (address) =>
      this.functions.image.elf.isRelocatable || address >= HIGHEST_PER_CPU ? undefined : this.#at(address),
  };

  /** A function with its parts. */
  of(piece: CodePiece): FunctionCode {
    return { name: piece.symbol ?? 'Code', pieces: [piece, ...(piece.parts ?? [])], names: this.names };
  }

  /**
   * Functions that have an offset as a displacement of four bytes among their own, the large ones first: they use the field
   * of that offset in more ways. None for one that takes a byte, which stands everywhere.
   */
  *using(offset: number): Generator<FunctionCode> {
    if (offset < FOUR_BYTES) return;
    const { image } = this.functions;
    const wanted = Buffer.alloc(4);
    wanted.writeUInt32LE(offset);
    const found = new Map<string, number>();
    for (const section of image.elf.sections) {
      if ((section.flags & SHF.EXECINSTR) === 0 || section.size === 0) continue;
      const bytes = Buffer.from(image.elf.bytesOf(section));
      for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
        const symbol = image.symbols().containing(placeIn(image.elf, section, at));
        if (symbol?.isCode === true) found.set(symbol.name, symbol.size);
      }
    }
    for (const [name] of [...found].toSorted(([, a], [, b]) => b - a)) {
      const code = this.named(name);
      if (code !== undefined) yield code;
    }
  }

  /** A function by its name; `undefined` where there is none of that name, or several. */
  named(name: string): FunctionCode | undefined {
    const piece = this.functions.only(name) ?? this.functions.named(name)[0];
    return piece && this.of(piece);
  }
}

const hasImmediate = ({ operation: { operands, address } }: Code): boolean =>
  operands.some(({ kind }) => kind === 'immediate') ||
  // What a linker fills in is not taken as an immediate.
  (address !== undefined && operands.length === 2 && !operands.some(({ kind }) => kind === 'register'));

// The last four bytes, extended: where the image was moved the operand is taken as not known.
const immediateOf = ({ instruction: { bytes, length } }: Code): bigint | undefined => {
  if (length < 7) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return BigInt.asUintN(64, BigInt(view.getInt32(length - 4, true)));
};
