// A strip of bytes, cut into words of eight, so that it can wrap on a narrow screen. Knows no screen.

import { byteText, isPrintable } from '../../src/base/words.js';
import type { PageStripField, PageStripOwner, PageStripPart } from '../../src/report/page-data.js';

const WORD = 8; // bytes

/** A byte of a strip. */
export interface StripByte {
  readonly address: bigint;
  /** Two hex digits. */
  readonly was: string | null;
  readonly is: string;
  /** The printable character that it is, or a dot. */
  readonly character: string;
  readonly isChanged: boolean;
  readonly isTouched: boolean;
  readonly isDamaged: boolean;
  /** Free memory, or what nobody asked for. */
  readonly life: PageStripOwner['life'];
}

/** What begins in a word, or goes on in it: an owner or a field. */
interface Piece<Of> {
  readonly of: Of;
  readonly column: number; // from 0
  readonly size: number; // bytes in this word
  /** Whether it began in a word before. */
  readonly goesOn: boolean;
}

/** Bytes up to the next multiple of eight. */
export interface StripWord {
  readonly bytes: readonly StripByte[];
  /** Owners and their fields: those of the first row, then those of the second. */
  readonly rows: readonly {
    readonly owners: readonly Piece<PageStripOwner>[];
    readonly fields: readonly Piece<PageStripField>[];
  }[];
}

const pieces = <Of extends { readonly from: number; readonly size: number }>(
  all: readonly Of[],
  from: number,
  to: number,
): Piece<Of>[] =>
  all.flatMap((one) => {
    const start = Math.max(one.from, from);
    const end = Math.min(one.from + one.size, to);
    return start < end ? [{ of: one, column: start - from, size: end - start, goesOn: one.from < from }] : [];
  });

const byteAt = (hex: string | null, index: number): string | null =>
  hex === null ? null : hex.slice(index * 2, index * 2 + 2);

/** The words of a part. */
export const wordsOf = (part: PageStripPart): StripWord[] => {
  const start = BigInt(part.address);
  const count = part.after.length / 2;
  const words: StripWord[] = [];
  for (let from = 0; from < count;) {
    const to = Math.min(count, from + WORD - Number((start + BigInt(from)) % BigInt(WORD)));
    words.push({
      bytes: Array.from({ length: to - from }, (_, offset): StripByte => {
        const index = from + offset;
        const is = byteAt(part.after, index) ?? '';
        const was = byteAt(part.before, index);
        const value = Number.parseInt(is, 16);
        // Whose it is now comes last.
        const owner = part.owners.findLast((one) => index >= one.from && index < one.from + one.size);
        return {
          address: start + BigInt(index),
          was,
          is,
          character: isPrintable(value) ? String.fromCharCode(value) : '·',
          isChanged: was !== null && was !== is,
          isTouched: part.touched.includes(index),
          isDamaged: part.damaged.includes(index),
          life: owner?.life ?? 'slack',
        };
      }),
      rows: ([0, 1] as const).flatMap((row) => {
        const owners = part.owners.filter((one) => one.row === row);
        if (owners.length === 0) return [];
        const fields = owners.flatMap((one) => one.fields);
        return [{ owners: pieces(owners, from, to), fields: pieces(fields, from, to) }];
      }),
    });
    from = to;
  }
  return words;
};

/** `0xffff8803f382cc60: 5c, was 2f, damaged` */
export const byteLabel = ({ address, was, is, isChanged, isDamaged }: StripByte): string =>
  `0x${address.toString(16)}: ${is}${isChanged ? `, was ${was ?? byteText(0)}` : ''}${isDamaged ? ', damaged' : ''}`;
