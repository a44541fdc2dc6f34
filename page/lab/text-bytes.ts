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

/** `2f 74 65`, `2f7465` as bytes; `undefined` for anything else. */
export const bytesOfHex = (text: string): Uint8Array | undefined => {
  const digits = text.replaceAll(/\s+/gu, '');
  if (!/^(?:[0-9a-f]{2})*$/iu.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
};

/** Bytes as `2f 74 65`. */
export const hexOfBytes = (bytes: Uint8Array): string => [...bytes].map(byteText).join(' ');

/** Hexadecimal digits or base64, as a reader pastes a file; `undefined` for anything else. */
export const bytesOfPaste = (text: string): Uint8Array | undefined => {
  const plain = text.replaceAll(/\s+/gu, '');
  if (plain === '') return undefined;
  const bytes = bytesOfHex(plain);
  if (bytes !== undefined) return bytes;
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(plain)) return undefined;
  try {
    return Uint8Array.from(atob(plain), (one) => one.charCodeAt(0));
  } catch {
    return undefined;
  }
};
