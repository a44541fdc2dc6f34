// Functions of a kernel or a module, by name or place, with all that its tables say of their code.

import { type Addr, u64 } from '../../base/address.js';
import type { KernelImage } from '../../image/kernel-image.js';
import type { Place } from '../../image/places.js';
import type { ImageSymbol } from '../../image/symbols.js';
import type { CodePiece } from './code-piece.js';
import { LARGEST_FUNCTION } from './elf-functions.js';
import { ImagePieces } from './image-pieces.js';

/** Where code lay: what is added to its places, and what addresses are counted from where that is not known. */
interface Placing {
  readonly slide: bigint;
  readonly origin?: string;
}

/** The placing of a section; a kernel has one for all of it, a module one for each. */
export type PlacingOf = (section: number) => Placing;

/**
 * How an image lies where nothing says where it was loaded: a kernel where it was linked to lie, a module with each
 * section apart, since the distances between sections are made by the loader.
 */
export const asLinked =
  (image: KernelImage): PlacingOf =>
  (section) =>
    image.elf.isRelocatable
      ? { slide: BigInt(section) << 32n, origin: `section ${section} of ${image.elf.file}` }
      : { slide: 0n };

const SECTIONS = 0x10000n;

/** The functions of an image. */
export class ImageFunctions {
  readonly #pieces: ImagePieces;
  readonly #known = new Map<ImageSymbol, CodePiece>();

  /** @param placing where the image lay */
  constructor(
    readonly image: KernelImage,
    readonly placing: PlacingOf = asLinked(image),
  ) {
    this.#pieces = new ImagePieces(image, (place) => this.addressOf(place));
  }

  /** The address that a place had. */
  addressOf(place: Place): Addr {
    if (!this.image.elf.isRelocatable) return u64(place + this.placing(0).slide);
    const section = Number(place >> 32n);
    return u64((place & 0xffff_ffffn) + this.placing(section).slide);
  }

  /**
   * The place of an address.
   *
   * @param near a place in the section that the address is in, where its section is not a part of it
   */
  placeOf(address: Addr, near?: Place): Place {
    if (!this.image.elf.isRelocatable) return u64(address - this.placing(0).slide);
    const part = address >> 32n;
    if ((part > 0n && part < SECTIONS) || near === undefined) return address;
    const section = near >> 32n;
    return (section << 32n) | BigInt.asUintN(32, address - this.placing(Number(section)).slide);
  }

  /** Every function of a name; static ones may share it. */
  named(name: string): CodePiece[] {
    return this.image
      .symbols()
      .named(name)
      .flatMap((symbol) => this.of(symbol) ?? []);
  }

  /** The function of a name that is there once. */
  only(name: string): CodePiece | undefined {
    const all = this.image
      .symbols()
      .named(name)
      .filter(({ isCode, size }) => isCode && size > 0);
    return all.length === 1 ? this.of(all[0]!) : undefined;
  }

  /** The function that begins at a place. */
  startingAt(place: Place): CodePiece | undefined {
    const symbol = this.#pieces.functionAt(place);
    return symbol && this.of(symbol);
  }

  /** The function that a place lies in. */
  containing(place: Place): CodePiece | undefined {
    const symbol = this.image.symbols().containing(place);
    return symbol && this.of(symbol);
  }

  /** Offsets of the bytes of a function that may be others in memory. @param place where it begins */
  changedIn(place: Place): ReadonlySet<number> {
    return this.#pieces.changedIn(place);
  }

  /** The function of a symbol; `undefined` where it is none. */
  of(symbol: ImageSymbol): CodePiece | undefined {
    const known = this.#known.get(symbol);
    if (known !== undefined) return known;
    // Marks of where a section ends reach up to the next symbol.
    if (!symbol.isCode || symbol.size === 0 || symbol.size > LARGEST_FUNCTION) return undefined;
    const section = Number(symbol.at >> 32n);
    const { slide, origin } = this.placing(this.image.elf.isRelocatable ? section : 0);
    const piece = this.#pieces.piece(symbol, {
      ...(origin === undefined ? {} : { origin }),
      ...(!this.image.elf.isRelocatable && (slide !== 0n || origin !== undefined)
        ? { moved: true as const }
        : {}),
    });
    this.#known.set(symbol, piece);
    return piece;
  }
}
