// The fields of a struct, read from bytes. Knows no screen.

import { byteText, isPrintable, printable } from '../../src/base/words.js';
import type { PageField } from '../../src/report/page-data.js';
import { hex, numberOf } from './run.js';

/** A field with its value as text. */
export interface FieldNow {
  readonly field: PageField;
  readonly text: string;
  /** What it points to; empty for a value that is not a pointer, or points to nothing known. */
  readonly target: string;
}

const MAX_BYTES = 16; // that are shown of a char array

const bytesText = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  if (text.length > 0 && text.every(isPrintable)) return JSON.stringify(printable(text));
  const shown = [...bytes.subarray(0, MAX_BYTES)].map(byteText);
  return shown.join(' ') + (bytes.length > MAX_BYTES ? ' …' : '');
};

/** Read the fields that lie in `bytes` whole. */
export const readFields = (
  fields: readonly PageField[],
  bytes: Uint8Array,
  pointers: Readonly<Record<string, string>>,
): FieldNow[] =>
  fields
    .filter(({ offset, size }) => offset + size <= bytes.length)
    .map((field): FieldNow => {
      const part = bytes.subarray(field.offset, field.offset + field.size);
      if (field.kind === 'bytes') return { field, text: bytesText(part), target: '' };
      const value = numberOf(part);
      if (field.kind === 'pointer') {
        const known = hex(value);
        return { field, text: known, target: Object.hasOwn(pointers, known) ? (pointers[known] ?? '') : '' };
      }
      const number = field.kind === 'signed' ? BigInt.asIntN(field.size * 8, value) : value;
      return { field, text: value < 10n ? String(number) : `${number} (${hex(value)})`, target: '' };
    });
