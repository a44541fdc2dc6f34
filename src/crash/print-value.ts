// Values of struct fields as gdb prints them for crash: nested braces, symbols after pointers, runs of equal elements.
// Source of the format: test/golden/struct-*.txt; what they do not show follows gdb 7's `set print pretty on`.

import { type Addr, hex } from '../base/address.js';
import { isPrintable } from '../base/words.js';
import { type FieldType, type Scalar, type Struct, decodeScalar } from '../kernel/layout.js';
import type { Dump } from '../reading/dump.js';

/** From how many equal elements on gdb prints one and a count. */
const REPEATS = 10;

const scalarText = (dump: Dump, type: Scalar, data: Uint8Array, radix: 10 | 16): string => {
  const value = decodeScalar(type, new DataView(data.buffer, data.byteOffset, type.size), 0);
  if (type.kind === 'pointer') {
    const label = value === 0n ? undefined : dump.symbols.crashName(BigInt(value));
    return `${hex(value)}${label === undefined ? '' : ` <${label}>`}`;
  }
  return radix === 16 ? hex(BigInt.asUintN(type.size * 8, BigInt(value))) : String(value);
};

const isText = (data: Uint8Array): boolean => {
  const end = data.indexOf(0);
  const text = end < 0 ? data : data.subarray(0, end);
  return text.every(isPrintable) && data.subarray(text.length).every((byte) => byte === 0);
};

// A char array: text, with its NULs counted as gdb counts them; otherwise its words.
const bytesText = (data: Uint8Array): string => {
  if (isText(data)) {
    const end = data.indexOf(0);
    const length = end < 0 ? data.length : end;
    const text = Buffer.from(data.subarray(0, length))
      .toString('latin1')
      .replaceAll(/["\\]/gu, String.raw`\$&`);
    const nuls = data.length - length;
    if (length === 0) return `'\\000' <repeats ${nuls - 1} times>`;
    if (nuls <= REPEATS) return `"${text}${'\\000'.repeat(Math.max(0, nuls - 1))}"`;
    return `"${text}", '\\000' <repeats ${nuls - 1} times>`;
  }
  const words: string[] = [];
  for (let at = 0; at < data.length; at += 8) {
    const part = data.subarray(at, at + 8);
    words.push(
      `0x${Buffer.from(part)
        .reverse()
        .toString('hex')
        .replace(/^0+(?=.)/u, '')}`,
    );
  }
  return `{${words.join(', ')}}`;
};

// Equal neighbours become one with a count.
const joinElements = (elements: readonly string[]): string => {
  const parts: string[] = [];
  for (let index = 0; index < elements.length;) {
    let end = index + 1;
    while (end < elements.length && elements[end] === elements[index]) end += 1;
    const run = end - index;
    if (run >= REPEATS) parts.push(`${elements[index]!} <repeats ${run} times>`);
    else for (let one = index; one < end; one += 1) parts.push(elements[one]!);
    index = end;
  }
  return parts.join(', ');
};

/**
 * The text of a value.
 *
 * @param data its bytes
 * @param indent blanks before the line that the value begins on
 */
export const valueText = (
  dump: Dump,
  type: FieldType,
  data: Uint8Array,
  indent: number,
  radix: 10 | 16,
): string => {
  switch (type.kind) {
    case 'integer':
    case 'pointer':
      return scalarText(dump, type, data, radix);
    case 'bytes':
      return bytesText(data);
    case 'array': {
      const { element, count } = type;
      const inner = element.kind === 'struct' ? indent + 2 : indent;
      const elements = Array.from({ length: count }, (_, index) =>
        valueText(
          dump,
          element,
          data.subarray(index * element.size, (index + 1) * element.size),
          inner,
          radix,
        ),
      );
      return `{${joinElements(elements)}}`;
    }
    case 'struct':
      return structText(dump, type, data, indent, radix);
  }
};

const structText = (dump: Dump, type: Struct, data: Uint8Array, indent: number, radix: 10 | 16): string => {
  const blanks = ' '.repeat(indent + 2);
  const fields = Object.entries(type.fields).map(
    ([name, [offset, field]]) =>
      `${blanks}${name} = ${valueText(dump, field, data.subarray(offset, offset + field.size), indent + 2, radix)}`,
  );
  return `{\n${fields.join(',\n')}\n${' '.repeat(indent)}}`;
};

/** The bytes of a value in guest memory; `undefined` where they are not mapped. */
export const readValue = ({ memory }: Dump, type: FieldType, address: Addr): Uint8Array | undefined =>
  memory.isMapped(address, type.size) ? memory.read(address, type.size) : undefined;
