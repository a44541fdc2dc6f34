// The strings of a JSON text that need not be whole: a line of a document that is printed over many lines, or a part.
// Source: RFC 8259, 7

export const MAX_STRINGS = 4096; // of one line
const MAX_BYTES = 8192; // of a string that is written as an array of bytes

/** A string and the key that it stands under. */
export interface JsonString {
  /** The last two keys, with a point between: `jsonPayload.message`; empty in an array without one. */
  readonly key: string;
  readonly text: string;
  /** False when the text ends inside the string. */
  readonly closed: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '', f: '' };

/** A string as JSON writes it, between its quotes, without the escapes. */
export const unescapeJson = (text: string): string =>
  text.includes('\\')
    ? text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^u]))/gu, (_, code: string | undefined, sign: string) =>
        code === undefined ? (ESCAPES[sign] ?? sign) : String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text;

// The index of the quote that ends a string which begins at `from`; the text's length when it does not end.
const endOf = (text: string, from: number): number => {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > from && text[before - 1] === '\\') before -= 1;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
};

const BYTES = /\s{0,8}:\s{0,8}\[\s{0,8}(?=\d)([\d,\s]{1,40000})(\])?/uy;

const bytesOf = (list: string): string => {
  const numbers = list
    .split(',')
    .slice(0, MAX_BYTES)
    .map(Number)
    .filter((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256);
  return Buffer.from(numbers).toString();
};

/**
 * The strings of a line of JSON that are values, in order; an array of bytes, as journalctl writes what is not plain text,
 * is one of them.
 */
export const jsonStrings = (line: string): JsonString[] => {
  const found: JsonString[] = [];
  const parents: string[] = [];
  let key = '';
  let at = 0;
  while (at < line.length && found.length < MAX_STRINGS) {
    const sign = line[at];
    if (sign === '{' || sign === '[') {
      if (parents.length < 64) parents.push(sign === '{' ? key : '');
      key = '';
    } else if (sign === '}' || sign === ']') {
      parents.pop();
      key = '';
    } else if (sign === '"') {
      const end = endOf(line, at + 1);
      const text = line.slice(at + 1, end);
      const isKey = /^\s{0,8}:/u.test(line.slice(end + 1, end + 10));
      if (isKey && end < line.length) {
        const parent = parents.at(-1) ?? '';
        key = parent === '' ? text : `${parent.split('.').at(-1)}.${text}`;
        BYTES.lastIndex = end + 1;
        const bytes = BYTES.exec(line);
        if (bytes !== null) {
          found.push({ key, text: bytesOf(bytes[1]!), closed: bytes[2] !== undefined });
          at = BYTES.lastIndex;
          key = '';
          continue;
        }
      } else {
        found.push({ key, text: unescapeJson(text), closed: end < line.length });
        key = '';
      }
      at = end + 1;
      continue;
    }
    at += 1;
  }
  return found;
};
