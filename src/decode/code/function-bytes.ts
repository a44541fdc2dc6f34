// The bytes of the trapping function, of those that called it and of those that it calls: from an ELF file or from
// the snippets of a release, made to fit a report.

import { u64 } from '../../base/address.js';
import { isThere } from '../../base/read-file.js';
import type { Snippet } from '../../release/snippet.js';
import { type SnippetSource, openSnippets } from '../../release/snippet-source.js';
import { type FittedCode, type Trap, chainOf, fit, trapOf } from './fitted.js';
import type { KnownCode } from './code-graph.js';
import { type CodePiece, decodePiece } from './code-piece.js';
import { type Branch, ElfFunctions } from './elf-functions.js';
import type { ElfSymbol } from '../../elf/elf.js';
import { type CodeOptions, unknownCode } from './named-code.js';
import { OtherCodeError } from './other-code-error.js';
import { isFragment } from './fragment.js';
import type { KernelReport, RegisterSet } from '../read/report.js';

const reconstructedIn = ({ ranges }: Snippet['manifest']): (readonly [number, number])[] =>
  ranges.filter(({ kind }) => kind === 'reconstructed').map(({ from, to }) => [from, to] as const);

const pieceOfSnippet = ({ manifest, bytes, start, function: symbol }: Snippet): CodePiece => ({
  symbol,
  address: start,
  offset: 0,
  bytes,
  whole: !isFragment(symbol),
  reconstructed: reconstructedIn(manifest),
  prototype: manifest.prototype,
  variables: manifest.variables,
  calls: new Map(manifest.calls.map(({ at, symbol: called }) => [at, called])),
});

const fromSnippet = (report: KernelReport, trap: Trap, source: SnippetSource, named: string): FittedCode => {
  const snippet = source.findSnippet(named);
  if (snippet === undefined) throw new TypeError(`no snippet ${named}`);
  if (snippet.function !== trap.symbol)
    throw new OtherCodeError(`is code of ${snippet.function}, and the trap is in ${trap.symbol}`, {
      field: '--code',
    });
  // The variant that was named takes the place of the plain version.
  const pieces = new Map<string, CodePiece | undefined>([[snippet.function, pieceOfSnippet(snippet)]]);
  const pieceOf = (name: string | undefined): CodePiece | undefined => {
    if (name === undefined) return undefined;
    if (!pieces.has(name)) {
      const found = source.findSnippet(name);
      const plain = found !== undefined && found.variant === undefined;
      pieces.set(name, plain ? pieceOfSnippet(found) : undefined);
    }
    return pieces.get(name);
  };
  const known: KnownCode = {
    findPiece: (address, name) =>
      pieceOf((address === undefined ? undefined : source.startingAt(address)?.function) ?? name),
  };
  const { piece, compared, same } = fit(pieceOf(trap.symbol)!, trap, new Set(), {
    file: named,
    field: '--code',
  });
  const chain = chainOf(report, { piece, at: trap.offset }, ({ symbol }) => pieceOf(symbol));
  const trusted: KnownCode = {
    findPiece: (address, name) => {
      const found = known.findPiece(address, name);
      return found?.reconstructed?.length === 0 ? found : undefined;
    },
  };
  return { chain, known, trusted: { chain, known: trusted }, compared, same, from: named };
};

const OUTSIDE = 0x70000000; // a distance that leads out of every function

/** Where code of a file lay: what is added to its values, and what they are counted from where that is not known. */
type Placing = (section: number) => { readonly slide: bigint; readonly origin?: string };

// Sections of an object are loaded one by one: only that of the trap lay where RIP says.
const placingOf = (elf: ElfFunctions, of: ElfSymbol, { rip, offset }: Trap): Placing => {
  const known = rip === undefined ? undefined : rip - BigInt(offset) - of.value;
  return (section) => {
    if (known !== undefined && (!elf.isRelocatable || section === of.section)) return { slide: known };
    if (!elf.isRelocatable) return { slide: 0n, origin: elf.file };
    // Values of one section are not those of another.
    return { slide: BigInt(section) << 32n, origin: `section ${section} of ${elf.file}` };
  };
};

const pieceOfElf = (
  elf: ElfFunctions,
  of: ElfSymbol,
  placing: Placing,
): { piece: CodePiece; changed: ReadonlySet<number> } => {
  const { slide, origin } = placing(of.section);
  const bytes = elf.bytesOf(of);
  const { branches, changed } = elf.relocationsIn(of);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const byField = new Map<number, Branch>();
  const open = new Set(changed);
  for (const branch of branches) {
    if (branch.at + 4 > bytes.length) continue;
    // What lies in the same section is at a distance that does not change.
    if (branch.target !== undefined) for (let byte = 0; byte < 4; byte += 1) open.delete(branch.at + byte);
    const from = of.value + BigInt(branch.at) + 4n;
    view.setInt32(branch.at, branch.target === undefined ? OUTSIDE : Number(branch.target - from), true);
    byField.set(branch.at, branch);
  }
  const piece = {
    symbol: of.name,
    address: u64(of.value + slide),
    ...(origin === undefined ? {} : { origin }),
    offset: 0,
    bytes,
    whole: !isFragment(of.name),
    ...(open.size === 0 ? {} : { open }),
    ...(elf.isRelocatable || (slide === 0n && origin === undefined) ? {} : { moved: true as const }),
  };
  const calls = new Map<number, string>();
  for (const { at, instruction } of decodePiece(piece).values()) {
    const branch = byField.get(at + instruction.length - 4);
    if (branch !== undefined && instruction.target !== undefined) calls.set(at, branch.name);
  }
  const tables = elf.tablesOf(of);
  const exceptions = tables.has('exceptions') ? ({ exceptions: true } as const) : {};
  const patched = tables.has('patched') ? ({ patched: true } as const) : {};
  return { piece: { ...piece, calls, ...exceptions, ...patched }, changed };
};

const fromElf = (
  report: KernelReport,
  trap: Trap,
  elf: ElfFunctions,
  size: number | undefined,
): FittedCode => {
  const found = elf.named(trap.symbol);
  const of = found.find((one) => one.size === size) ?? found[0];
  if (of === undefined)
    throw new OtherCodeError(`has no function ${trap.symbol}, where the trap is`, {
      file: elf.file,
      field: '--code',
    });
  const placing = placingOf(elf, of, trap);
  const { slide: own } = placing(of.section);
  const pieces = new Map<ElfSymbol, CodePiece>();
  const pieceOf = (one: ElfSymbol | undefined): CodePiece | undefined => {
    if (one === undefined) return undefined;
    const key =
      [...pieces.keys()].find(({ value, section }) => value === one.value && section === one.section) ?? one;
    const piece = pieces.get(key) ?? pieceOfElf(elf, one, placing).piece;
    pieces.set(key, piece);
    return piece;
  };
  const only = (name: string | undefined): ElfSymbol | undefined => {
    const all = name === undefined ? [] : elf.named(name);
    return all.length === 1 ? all[0] : undefined;
  };
  const known: KnownCode = {
    findPiece: (address, name) => {
      if (name !== undefined || address === undefined) return pieceOf(only(name));
      if (!elf.isRelocatable) return pieceOf(elf.startingAt(u64(address - own), undefined));
      // The section that the address was counted from.
      const other = address >> 32n;
      const isOther = other > 0n && other < 0xffffn;
      const { slide } = isOther ? placing(Number(other)) : { slide: own };
      return pieceOf(elf.startingAt(u64(address - slide), isOther ? Number(other) : of.section));
    },
  };
  const raw = pieceOfElf(elf, of, placing);
  const { piece, compared, same } = fit(raw.piece, trap, raw.changed, { file: elf.file, field: '--code' });
  const chain = chainOf(report, { piece, at: trap.offset }, ({ symbol }) => pieceOf(only(symbol)));
  return { chain, known, compared, same, from: elf.file };
};

/**
 * The code that `--code` names, made to fit a report.
 *
 * @param use what becomes of it; the file is open as long as that runs
 * @throws {InputError} when it names neither a file nor a snippet
 * @throws {OtherCodeError} when it is not the code of the report
 */
export const withFunctionBytes = <Result>(
  report: KernelReport,
  registers: RegisterSet,
  { code, libraries }: CodeOptions,
  use: (full: FittedCode) => Result,
): Result => {
  const trap = trapOf(registers, report, '--code');
  const check = (full: FittedCode): Result => {
    const { piece, at } = full.chain.at(-1)!;
    if (!decodePiece(piece).has(at))
      throw new OtherCodeError(
        `no instruction of its ${trap.symbol} starts at the trap, +0x${at.toString(16)}`,
        {
          file: code,
          field: '--code',
        },
      );
    return use(full);
  };
  if (isThere(code)) {
    const elf = new ElfFunctions(code);
    try {
      return check(fromElf(report, trap, elf, (registers.rip ?? report.trap)?.size));
    } finally {
      elf.close();
    }
  }
  const source = openSnippets(libraries);
  const { names } = source;
  if (!names.includes(code)) throw unknownCode(code, names);
  return check(fromSnippet(report, trap, source, code));
};
