// The text form of bytes, as `--set` takes it: `\xHH` a byte, `\\` a backslash. Reading it again is the laboratory's.

import { byteText, isPrintable } from '../../src/base/words.js';

/** Bytes as text. */
export const textOfBytes = (bytes: Uint8Array): string =>
  [...bytes]
    .map((byte) =>
      byte === 0x5c ? '\\\\' : isPrintable(byte) ? String.fromCharCode(byte) : `\\x${byteText(byte)}`,
    )
    .join('');

/** Text as bytes; `undefined` where a backslash means nothing. */
export const bytesOfText = (text: string): Uint8Array | undefined => {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\x[0-9a-f]{2}|\\\\|\\|[^\\]+/giu)) {
    if (part === '\\') return undefined;
    if (part === '\\\\') bytes.push(0x5c);
    else if (part.startsWith('\\')) bytes.push(Number.parseInt(part.slice(2), 16));
    else for (const byte of new TextEncoder().encode(part)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
};

const SPACE = -1;
const OTHER = -2;

// Of a character: 0 to 15, or what it is instead of a digit.
const digitOf = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x61 + 10;
  return /\s/u.test(String.fromCharCode(code)) ? SPACE : OTHER;
};

/** `2f 74 65`, `2f7465` as bytes; `undefined` for anything else. */
export const bytesOfHex = (text: string): Uint8Array | undefined => {
  // Character by character: lists of millions of pairs would take the page's thread for seconds.
  const bytes = new Uint8Array(text.length >> 1);
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const digit = code === 0x20 ? SPACE : digitOf(code);
    if (digit === OTHER) return undefined;
    if (digit === SPACE) continue;
    bytes[digits >> 1] = (bytes[digits >> 1]! << 4) | digit;
    digits += 1;
  }
  return digits % 2 === 0 ? bytes.slice(0, digits / 2) : undefined;
};

/** Bytes as `2f 74 65`. */
export const hexOfBytes = (bytes: Uint8Array): string => [...bytes].map(byteText).join(' ');

// White space between the digits does not count.
const bytesOfBase64 = (text: string): Uint8Array | undefined => {
  try {
    const read = atob(text);
    const bytes = new Uint8Array(read.length);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = read.charCodeAt(index);
    return bytes;
  } catch {
    return undefined;
  }
};

/** Hexadecimal digits or base64, as a reader pastes a file; `undefined` for anything else. */
export const bytesOfPaste = (text: string): Uint8Array | undefined => {
  const bytes = bytesOfHex(text) ?? bytesOfBase64(text);
  return bytes?.length === 0 ? undefined : bytes;
};
