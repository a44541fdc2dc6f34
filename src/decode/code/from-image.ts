// The function of a trap from the image of its kernel, or from its module, made to fit the report.

import { type Addr, hex, u64 } from '../../base/address.js';
import type { KernelImage } from '../../image/kernel-image.js';
import type { Place } from '../../image/places.js';
import type { ImageSymbol } from '../../image/symbols.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import type { KnownCode } from './code-graph.js';
import { type CodePiece, decodePiece } from './code-piece.js';
import { type FittedCode, type Trap, chainOf, fit, trapOf } from './fitted.js';
import { ImageFunctions, type PlacingOf, asLinked } from './image-functions.js';
import { OtherCodeError } from './other-code-error.js';

const FIELD = '--kernel';

/** The code of a trap in an image. */
interface ImageCode {
  readonly full: FittedCode;
  readonly functions: ImageFunctions;
  /** The symbol of the function that the trap is in. */
  readonly symbol: ImageSymbol;
  /** Where the instruction is that trapped, as the image is linked. */
  readonly place: Place;
}

// What thunks, trampolines and entries do is not in their bytes alone: the kernel changes them, or they return elsewhere.
const NOT_FOLLOWED =
  /^(?:__x86_|__SCT__|__fentry__|__pfx_|srso_|retbleed_|its_|call_depth_|entry_|asm_|paravirt_|xen_|ftrace_)/u;

// Where a kernel was moved to: as it says itself, or as an address and its name in the report say. Two that differ say
// nothing. Source: dump_kernel_offset(), arch/x86/kernel/setup.c, v6.1
const slideOf = (image: KernelImage, report: KernelReport): bigint | undefined => {
  const found = new Set<bigint>();
  if (report.kernelOffset !== undefined) found.add(report.kernelOffset);
  const symbols = image.symbols();
  for (const { entries } of report.traces)
    for (const { address, symbol, offset, module } of entries) {
      if (address === undefined || symbol === undefined || offset === undefined || module !== undefined)
        continue;
      const place = symbols.placeOf(symbol);
      if (place !== undefined) found.add(u64(address - place - BigInt(offset)));
    }
  const [only] = found;
  return found.size === 1 ? only : undefined;
};

const placingOf = (
  image: KernelImage,
  { at }: ImageSymbol,
  { rip, offset }: Trap,
  report: KernelReport,
): PlacingOf => {
  const linked = asLinked(image);
  const start = rip === undefined ? undefined : u64(rip - BigInt(offset));
  if (!image.elf.isRelocatable) {
    const slide = start === undefined ? slideOf(image, report) : u64(start - at);
    return () => (slide === undefined ? { slide: 0n, origin: image.elf.file } : { slide });
  }
  const own = Number(at >> 32n);
  return (section) =>
    start !== undefined && section === own ? { slide: u64(start - (at & 0xffff_ffffn)) } : linked(section);
};

interface Candidate {
  readonly symbol: ImageSymbol;
  readonly functions: ImageFunctions;
  readonly piece: CodePiece;
  readonly fitted: ReturnType<typeof fit>;
}

/**
 * The code of the function of a trap.
 *
 * @throws {OtherCodeError} when the image has no such function, several that fit as well, or another one
 */
export const codeInImage = (report: KernelReport, registers: RegisterSet, image: KernelImage): ImageCode => {
  const trap = trapOf(registers, report, FIELD);
  const { file } = image.elf;
  const at = { file, field: FIELD };
  const size = (registers.rip ?? report.trap)?.size;
  const named = image
    .symbols()
    .named(trap.symbol)
    .filter((one) => one.isCode && one.size > trap.offset);
  const sized = named.filter((one) => one.size === size);
  const asked = sized.length > 0 ? sized : named;
  if (asked.length === 0) throw new OtherCodeError(`has no function ${trap.symbol}, where the trap is`, at);
  let problem: unknown;
  const fits = asked.flatMap((symbol): Candidate[] => {
    const functions = new ImageFunctions(image, placingOf(image, symbol, trap, report));
    const raw = functions.of(symbol);
    if (raw === undefined) return [];
    try {
      const changed = functions.changedIn(symbol.at);
      const fitted = fit(raw, trap, changed, at);
      return decodePiece(fitted.piece).has(trap.offset) ? [{ symbol, functions, piece: raw, fitted }] : [];
    } catch (error) {
      problem = error;
      return [];
    }
  });
  const most = fits.reduce((sum, { fitted }) => Math.max(sum, fitted.same), 0);
  const best = fits.filter(({ fitted }) => fitted.same === most);
  const [found] = best;
  if (found === undefined) {
    if (problem !== undefined) throw problem;
    throw new OtherCodeError(
      `no instruction of its ${trap.symbol} starts at the trap, +${hex(trap.offset)}`,
      at,
    );
  }
  if (best.length > 1)
    throw new OtherCodeError(
      `has ${best.length} functions ${trap.symbol}, and the report does not tell which of them is meant`,
      at,
    );
  return { full: fullOf(report, trap, found, file), ...found, place: found.symbol.at + BigInt(trap.offset) };
};

const fullOf = (
  report: KernelReport,
  trap: Trap,
  { functions, symbol, fitted }: Candidate,
  from: string,
): FittedCode => {
  const followed = (address: Addr | undefined): CodePiece | undefined => {
    if (address === undefined) return undefined;
    const piece = functions.startingAt(functions.placeOf(address, symbol.at));
    return piece?.symbol === undefined || NOT_FOLLOWED.test(piece.symbol) ? undefined : piece;
  };
  const known: KnownCode = { findPiece: (address) => followed(address) };
  const { module } = functions.image;
  const chain = chainOf(report, { piece: fitted.piece, at: trap.offset }, (entry) =>
    entry.symbol !== undefined && (entry.module === undefined) === (module === undefined)
      ? functions.only(entry.symbol)
      : undefined,
  );
  return { chain, known, compared: fitted.compared, same: fitted.same, from };
};
