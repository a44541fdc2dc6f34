// The `Code:` line: bytes, the marked one, and the kernel's words where it could not read them.
// Source: show_opcodes(), arch/x86/kernel/dumpstack.c, v2.6.32 to v6.14; show_registers(), arch/x86_64/kernel/traps.c,
// v2.6.9, which prints 20 bytes from RIP on and marks none.

import { defined } from '../../base/defined.js';
import type { CodeBytes } from './report.js';

export const MAX_BYTES = 512; // far more than any kernel prints

/** The bytes of a `Code:` line. @param text without prefixes */
export const findCode = (text: string): Omit<CodeBytes, 'line'> | undefined => {
  const found = /^\s*Code:(.*)$/u.exec(text);
  if (found === null) return undefined;
  const bytes: number[] = [];
  const marks: number[] = [];
  let cut = false;
  const words = found[1]!
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== '');
  let taken = 0;
  for (const word of words.slice(0, MAX_BYTES)) {
    const byte = /^(<|\()?([0-9a-f]{2})(>|\))?(>?)$/u.exec(word);
    if (byte === null) break;
    if (byte[1] !== undefined && byte[3] !== undefined) marks.push(bytes.length);
    bytes.push(Number.parseInt(byte[2]!, 16));
    taken += 1;
    if (byte[4] === '>' || (byte[3] === '>' && byte[1] === undefined)) cut = true;
  }
  const rest = words.slice(taken).join(' ');
  const said = /(?:Bad RIP value|Unable to access opcode bytes|Bad EIP value).*$/u.exec(rest)?.[0];
  if (bytes.length === 0 && said === undefined) return undefined;
  if (rest !== '' && said === undefined) cut = true;
  return defined({
    bytes: Uint8Array.from(bytes),
    // The kernel marks one: of several, none is known to be it.
    marked: marks.length === 1 ? marks[0] : undefined,
    unreadable: said,
    cut: cut || undefined,
  });
};

/** Kernels of 2.6.24 and before mark no byte, and print 20 from RIP on: the first is the marked one. */
export const markedByRelease = (code: CodeBytes, release = ''): CodeBytes => {
  const fromRip =
    code.marked === undefined && code.bytes.length === 20 && /^2\.6\.(?:\d|1\d|2[0-4])(?!\d)/u.test(release);
  return fromRip ? { ...code, marked: 0, markedByRelease: true } : code;
};
