// Keys that a text of JSON has twice, of which JSON.parse() takes the last: who wrote both meant both.

/** A key that is in one object twice, and where it stands for the second time. */
interface RepeatedKey {
  readonly line: number; // from 1, as columns
  readonly column: number;
  /** What is wrong. */
  readonly message: string;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LIST = 0x5b;
const BACKSLASH = 0x5c;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

const MAX_SHOWN = 60; // characters

// Past the quote that ends the text which begins at `at`.
const endOfText = (json: string, at: number): number => {
  for (let end = json.indexOf('"', at + 1); ; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end + 1;
  }
};

const problemAt = (json: string, at: number, key: string): RepeatedKey => {
  const before = json.slice(0, at);
  const text = JSON.stringify(key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN)}...` : key);
  return {
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
    message: `the key ${text} is there twice`,
  };
};

/**
 * The first key that one object of a text has twice. Takes time in proportion to the text.
 *
 * @param json a text that JSON.parse() takes
 */
export const findRepeatedKey = (json: string): RepeatedKey | undefined => {
  const open: (Set<string> | undefined)[] = []; // the keys of objects; nothing of lists
  let isKey = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case OBJECT:
        open.push(new Set());
        isKey = true;
        break;
      case LIST:
        open.push(undefined);
        isKey = false;
        break;
      case OBJECT_END:
      case LIST_END:
        open.pop();
        isKey = false;
        break;
      case COMMA:
        isKey = open.at(-1) !== undefined;
        break;
      case QUOTE: {
        const end = endOfText(json, at);
        const keys = isKey ? open.at(-1) : undefined;
        if (keys !== undefined) {
          const written = json.slice(at, end);
          const key = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
          if (keys.has(key)) return problemAt(json, at, key);
          keys.add(key);
        }
        isKey = false;
        at = end - 1;
        break;
      }
    }
  }
  return undefined;
};
