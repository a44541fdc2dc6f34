// Small words of sentences and tables: lists, plurals, bytes, lines of a width. No Node APIs: bundled into the page.

/** `a`, `a and b`, `a, b and c`; empty for no words. */
export const listOf = (words: readonly (string | number)[], last = 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;

/** At most `most` of some words: `a, b and 3 more`. */
export const listSome = (words: readonly string[], most: number): string =>
  words.length > most
    ? `${words.slice(0, most).join(', ')} and ${words.length - most} more`
    : words.join(', ');

/** `1 byte`, `2 bytes`, `3 entries` */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** A word as a shell takes it: quoted where it has to be. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Two hex digits. */
export const byteText = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Two hex digits a byte, with blanks between. */
export const bytesText = (bytes: Iterable<number>): string => Array.from(bytes, byteText).join(' ');

/** Whether a byte is printable ASCII, a blank included. */
export const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

/** Bytes as a hex dump shows them beside the digits: a dot for each that is not printable. */
export const printable = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => (isPrintable(byte) ? String.fromCharCode(byte) : '.')).join('');

/** `2f 41 (/A)`, and `2f 80 c6 …` where there are more than `most` bytes. The text only where all of it is shown and printable. */
export const bytesWithText = (bytes: readonly number[], most: number): string => {
  const isText = bytes.length <= most && bytes.every(isPrintable);
  const text = isText ? ` (${printable(bytes)})` : '';
  return `${bytesText(bytes.slice(0, most))}${bytes.length > most ? ' …' : ''}${text}`;
};

/**
 * Prose in lines of a width. Words longer than a line stay whole.
 *
 * @param first starts the first line, and `rest` the others
 */
export const wrap = (text: string, width: number, first = '', rest = first): string[] => {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/u).filter((part) => part !== '')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return empty ? lines : [...lines, line];
};
