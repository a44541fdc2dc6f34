// A snippet as a listing: each instruction with where its bytes come from and which source line it belongs to.

import { type Addr, hex } from '../base/address.js';
import { lastUpTo } from '../base/bisect.js';
import { decode } from '../x86/disasm.js';
import type { TypeOf } from '../base/form.js';
import type { disForm, instructionForm } from './listing-form.js';
import { InputError } from '../base/errors.js';
import { greatest } from '../base/long-lists.js';
import type { ByteRange, Release, Snippet } from './snippet.js';
import { formatCrashLocation } from '../kernel/symbols.js';

/** One instruction of a listing. */
export type ListedInstruction = TypeOf<typeof instructionForm>;

/** One function's machine code for reading, as `dis --json` prints it. */
export type Listing = Omit<TypeOf<typeof disForm>, 'marked'>;

/** Bytes of a snippet by provenance. */
export const countBytes = ({ manifest }: Snippet): Readonly<Record<ByteRange['kind'], number>> => {
  const counts = { 'published dump': 0, 'published listing': 0, reconstructed: 0 };
  for (const { from, to, kind } of manifest.ranges) counts[kind] += to - from;
  return counts;
};

/** `do_exit+0x3e`, taken apart; the offset may be decimal, as crash prints it. */
const splitOffset = (reference: string): { name: string; offset: number | undefined } => {
  const match = /^(.*)\+(0x[0-9a-f]+|\d+)(?:\/0x[0-9a-f]+)?$/iu.exec(reference);
  return { name: match?.[1] ?? reference, offset: match === null ? undefined : Number(match[2]) };
};

/**
 * The snippet that `NAME` or `NAME+OFFSET` means, and the instruction that the offset lies in.
 *
 * @throws {InputError} when the release has no bytes of that name, or not so many; it says what there is
 */
export const findInstruction = (
  release: Release,
  reference: string,
): { readonly snippet: Snippet; readonly marked: Addr | undefined } => {
  const { name, offset } = splitOffset(reference);
  const snippet = findListed(release, name);
  if (offset === undefined) return { snippet, marked: undefined };
  const { bytes, start } = snippet;
  if (offset >= bytes.length) {
    const last = `${name}+${hex(bytes.length - 1)}`;
    throw new InputError(`${name} has ${hex(bytes.length)} bytes: the last is ${last}`, { field: 'symbol' });
  }
  const at = start + BigInt(offset);
  const { from, to } = stretchesOf(snippet).find((one) => offset >= one.from && offset < one.to)!;
  const sweep = decode(bytes.subarray(from, to), start + BigInt(from));
  const marked = sweep.findLast(({ address }) => address <= at)!.address;
  return { snippet, marked };
};

/** @throws {InputError} when the release has no bytes of that name; it says what there is */
const findListed = (release: Release, name: string): Snippet => {
  const [base, variant] = name.split('.', 2) as [string, string?];
  const found = release.findSnippet(base, variant);
  if (found !== undefined) return found;
  const names = release.snippets.map((snippet) => snippet.name);
  const reason =
    release.symbols.findSymbol(name) === undefined
      ? `there is no snippet "${name}"`
      : `${name} is a symbol without bytes: nothing to disassemble`;
  throw new InputError(`${reason}; snippets are ${names.join(', ')}`, { field: 'symbol' });
};

/** A stretch of a snippet that is listed in one way: instructions of a function, or data. */
interface Stretch {
  readonly name: string;
  readonly from: number; // offsets from the snippet's start
  readonly to: number;
  readonly base: number; // what offsets in `at` count from
  readonly code: boolean;
}

// The functions of a snippet and the bytes between them.
const stretchesOf = ({ manifest, bytes }: Snippet): Stretch[] => {
  const { function: name, parts } = manifest;
  if (parts.length === 0) return [{ name, from: 0, to: bytes.length, base: 0, code: true }];
  return parts.flatMap((part, index) => {
    const next = parts[index + 1]?.from ?? bytes.length;
    const own = { ...part, base: part.from, code: true };
    return next === part.to ? [own] : [own, { name, from: part.to, to: next, base: 0, code: false }];
  });
};

const DATA_ROW = 8; // bytes

// Data as the assembler would take it.
const rowsOf = (bytes: Uint8Array, start: Addr): { address: Addr; bytes: Uint8Array; text: string }[] =>
  Array.from({ length: Math.ceil(bytes.length / DATA_ROW) }, (_, row) => {
    const own = bytes.subarray(row * DATA_ROW, (row + 1) * DATA_ROW);
    return {
      address: start + BigInt(row * DATA_ROW),
      bytes: own,
      text: `.byte  ${[...own].map(hex).join(',')}`,
    };
  });

// Ranges are sorted, and each begins where the one before ends; bytes past the last one have none.
const rangeAt = (ranges: readonly ByteRange[], offset: number): ByteRange | undefined => {
  const range = lastUpTo(ranges, offset, ({ from }) => from);
  return range !== undefined && offset < range.to ? range : undefined;
};

/** List a snippet. */
export const listingOf = (release: Release, snippet: Snippet): Listing => {
  const { manifest, bytes, start } = snippet;
  const table = release.symbolsOf([...release.select().filter((one) => one.start !== start), snippet]);
  return {
    function: snippet.function,
    variant: snippet.variant ?? null,
    release: release.name,
    address: hex(start),
    size: bytes.length,
    ranges: manifest.ranges,
    instructions: stretchesOf(snippet).flatMap(({ name, from, to, base, code }) => {
      const own = bytes.subarray(from, to);
      const at = start + BigInt(from);
      const decoded = code ? decode(own, at, table) : rowsOf(own, at);
      return decoded.map((instruction): ListedInstruction => {
        const offset = Number(instruction.address - start);
        const range = rangeAt(manifest.ranges, offset);
        const rule = code ? lastUpTo(manifest.lines, offset, (line) => line.offset) : undefined;
        return {
          address: hex(instruction.address),
          at: `${name}+${hex(offset - base)}`,
          bytes: Buffer.from(instruction.bytes).toString('hex'),
          text: instruction.text,
          provenance: range?.kind ?? 'reconstructed',
          file: rule?.file ?? null,
          line: rule?.line ?? null,
        };
      });
    }),
  };
};

interface ListingOptions {
  /** The instruction that gets an arrow, as gdb prints it. */
  readonly marked?: Addr | undefined;
  /** Whether each instruction shows its bytes. */
  readonly bytes?: boolean | undefined;
}

/** A listing as text: crash's lines, with a heading wherever provenance or source changes. */
export const formatListing = (
  listing: Listing,
  symbol: Snippet['symbol'],
  { marked, bytes: withBytes = false }: ListingOptions = {},
): string[] => {
  const digits = greatest(listing.instructions.map(({ bytes }) => bytes.length));
  const arrow = (address: string): string =>
    marked === undefined ? '' : BigInt(address) === marked ? '=> ' : '   ';
  const raw = (bytes: string): string =>
    withBytes ? `${bytes.replaceAll(/..(?!$)/gu, '$& ').padEnd((digits / 2) * 3 - 1)}\t` : '';
  let range: ByteRange | undefined;
  let source = '';
  return listing.instructions.flatMap(({ address, at, bytes, text, file, line }) => {
    const offset = Number(BigInt(address) - symbol.address);
    const headings: string[] = [];
    const now = rangeAt(listing.ranges, offset);
    const from = file === null ? '' : `${file}${line === null ? '' : `: ${line}`}`;
    if (now !== range && now !== undefined) {
      const { kind, from, to, source: where, how } = now;
      headings.push('', `# ${hex(from)} to ${hex(to)}: ${kind} (${where}). ${how}`);
    }
    if (from !== source && from !== '') headings.push(from);
    range = now;
    source = from;
    const [name = '', inside = '0'] = at.split('+');
    const place = formatCrashLocation({ symbol: { name }, offset: Number(inside) });
    const where = `${arrow(address)}${address} <${place}>:`;
    return [...headings, `${where}\t${raw(bytes)}${text}`];
  });
};
