import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  byteText,
  bytesText,
  bytesWithText,
  listOf,
  listSome,
  plural,
  printable,
  wrap,
} from '../../src/base/words.js';

const word = fc.stringMatching(/^[a-z]{1,12}$/u);

it('a list has commas, and one last word', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => listOf(words))).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect(listOf([1, 2, 5], 'or')).toBe('1, 2 or 5');
});

it('a list that is cut says how many words it leaves out', () => {
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 1, max: 20 }), (words, most) => {
      const left = Number(/ and (\d+) more$/u.exec(listSome(words, most))?.[1] ?? 0);
      expect(left).toBe(Math.max(0, words.length - most));
      expect(listSome(words, most).startsWith(words.slice(0, most).join(', '))).toBe(true);
    }),
  );
});

it('one is singular, every other number plural', () => {
  expect([0, 1, 2].map((count) => plural(count, 'byte'))).toEqual(['0 bytes', '1 byte', '2 bytes']);
  expect([1, 3].map((count) => plural(count, 'entry', 'entries'))).toEqual(['1 entry', '3 entries']);
});

it('bytes are two digits each, as a Buffer writes them', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const digits = Buffer.from(bytes).toString('hex');
      expect([...bytes].map(byteText).join('')).toBe(digits);
      expect(bytesText(bytes).replaceAll(' ', '')).toBe(digits);
      expect(printable(bytes)).toHaveLength(bytes.length);
    }),
  );
});

it('bytes come with their text where all of it is shown and printable', () => {
  expect(bytesWithText([0x2f, 0x41], 4)).toBe('2f 41 (/A)');
  expect(bytesWithText([0x2f, 0x80], 4)).toBe('2f 80');
  expect(bytesWithText([0x2f, 0x41, 0x42], 2)).toBe('2f 41 …');
});

it('wrapped prose has the same words, and no line that could have ended earlier or later', () => {
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 4, max: 40 }), (words, width) => {
      const lines = wrap(words.join('  '), width, '- ', '  ');
      expect(lines.flatMap((line) => line.slice(2).split(' ')).filter(Boolean)).toEqual(words);
      lines.forEach((line, index) => {
        expect(line.length <= width || !line.slice(2).includes(' ')).toBe(true);
        const next = lines[index + 1]?.slice(2).split(' ')[0];
        if (next !== undefined) expect(line.length + 1 + next.length).toBeGreaterThan(width);
      });
    }),
  );
});
