// The listing that scripts/decodecode of the kernel tree makes of a Code: line, both parts, as objdump prints them.
// As in the script, the boundaries may be wrong; boundaries.ts finds the true ones.

import { type Instruction, type Spelling, decode } from '../../x86/disasm.js';
import { hex } from '../../base/address.js';
import { byteText } from '../../base/words.js';
import { append } from '../../base/long-lists.js';
import type { CodeBytes } from '../read/report.js';

const BYTES_IN_LINE = 7;
// objdump leaves out zeroes: runs of so many, and up to so many at the end. Source: binutils/objdump.c, 2.40
const SKIPPED_ZEROES = 8;
const SKIPPED_AT_END = 3;

const linesOf = ({ address, bytes, text }: Instruction, trapping: boolean): string[] => {
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += BYTES_IN_LINE) {
    const part = [...bytes.subarray(from, from + BYTES_IN_LINE)].map((byte) => `${byteText(byte)} `).join('');
    const mark = trapping && from === 0 ? '*' : '';
    const start = `${hex(address + BigInt(from))
      .slice(2)
      .padStart(4)}:${mark}\t`;
    const first = `${part.padEnd(BYTES_IN_LINE * 3)}\t${text}${trapping ? '     <-- trapping instruction' : ''}`;
    lines.push(start + (from === 0 ? first : part));
  }
  return lines;
};

const zeroesAt = (bytes: Uint8Array, from: number): number => {
  let end = from;
  while (bytes[end] === 0) end += 1;
  const run = end - from;
  if (end === bytes.length) return run > 0 && (run >= SKIPPED_ZEROES || run < SKIPPED_AT_END) ? run : 0;
  return run >= SKIPPED_ZEROES ? run - (run % 4) : 0;
};

/**
 * Bytes as objdump lists them from address 0, without its header.
 *
 * @param marked where the trapping instruction starts; it is marked when the listing has a line there
 */
export const listBytes = (bytes: Uint8Array, spelling: Spelling, marked?: number): string[] => {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const zeroes = zeroesAt(bytes, at);
    if (zeroes > 0) {
      lines.push('\t...');
      at += zeroes;
      continue;
    }
    const [instruction] = decode(bytes.subarray(at, at + 15), BigInt(at), undefined, spelling);
    append(lines, linesOf(instruction!, at === marked));
    at += instruction!.length;
  }
  return lines;
};

/** The bytes as the kernel prints them: `8b 6b <0f> 0b`. */
const formatCode = ({ bytes, marked }: CodeBytes): string =>
  [...bytes]
    .map((byte, index) => {
      const digits = byteText(byte);
      return index === marked ? `<${digits}>` : digits;
    })
    .join(' ');

/**
 * The listing of a Code: line: the line itself, the window from its first byte on, and the code from the trapping
 * instruction on. The first part starts where the window does, as the script has it, inside an instruction or not.
 * Source of the form: scripts/decodecode, v3.0.101
 */
export const decodecode = (code: CodeBytes, spelling: Spelling = 'old'): string => {
  const { bytes, marked } = code;
  const window =
    marked === undefined ? [] : ['All code', '========', ...listBytes(bytes, spelling, marked), ''];
  const title = 'Code starting with the faulting instruction';
  const rest = listBytes(bytes.subarray(marked ?? 0), spelling);
  return `${[`Code: ${formatCode(code)}`, ...window, title, '='.repeat(title.length), ...rest].join('\n')}\n`;
};
