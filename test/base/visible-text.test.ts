// What is not seen is shown as its number, in text and in JSON; against the tables of Unicode that Node has.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeInLine,
  escapeInvisible,
  findInvisible,
  findInvisibleInText,
  replaceInvisible,
  visibleJson,
} from '../../src/base/visible-text.js';
import { colouredText } from '../../src/base/coloured.js';
import { cases } from '../helpers/effort.js';

// Format characters that fonts draw: signs before numbers and years, the end of a verse.
const DRAWN = new Set([
  0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6dd, 0x70f, 0x890, 0x891, 0x8e2, 0x110bd, 0x110cd,
]);

const isHidden = (code: number): boolean =>
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u.test(
    String.fromCodePoint(code),
  ) && !DRAWN.has(code);

describe('characters that are not seen', () => {
  it('are those that Unicode says, and no others', () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const found = findInvisible(String.fromCodePoint(code)) !== undefined;
      if (found !== isHidden(code)) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['\u001b]0;x\u0007', '\\x1b]0;x\\x07'],
    ['\u009b31m\u007f\r', '\\u009b31m\\x7f\\x0d'],
    ['a\u061cb\u200bc\u202ed\u2028e\ufefff', 'a\\u061cb\\u200bc\\u202ed\\u2028e\\ufefff'],
    ['\ud800x\udc00', '\\ud800x\\udc00'],
    ['\u{e0041}\u{1d173}', '\\u{e0041}\\u{1d173}'],
    ['äöü ß 漢字 😀 العربية', 'äöü ß 漢字 😀 العربية'],
  ])('of %j are %s', (text, shown) => {
    expect(escapeInvisible(text)).toBe(shown);
    expect(escapeInLine(text)).toBe(shown);
  });

  it('are line feeds and tabs only where a line must stay one', () => {
    expect(escapeInvisible('a\n\tb')).toBe('a\n\tb');
    expect(escapeInLine('a\n\tb')).toBe('a\\n\\tb');
    expect(findInvisibleInText('a\n\tb')).toBeUndefined();
    expect(findInvisible('a\n\tb')).toEqual({ at: 1, shown: '\\n' });
    expect(findInvisibleInText('a\n\u{e0041}b')).toEqual({ at: 2, shown: '\\u{e0041}' });
  });

  it('have the spelling of who writes them', () => {
    expect(replaceInvisible('a\nb\u{e0041}', (one) => `<${one.length}>`)).toBe('a<1>b<2>');
  });
});

describe('any text', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 40 });
  const halves = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

  it('is visible when it is escaped, and stays so', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, halves), (text) => {
        const shown = escapeInLine(text);
        expect(findInvisible(shown)).toBeUndefined();
        expect(escapeInLine(shown)).toBe(shown);
        expect(findInvisibleInText(escapeInvisible(text))).toBeUndefined();
        expect(findInvisible(text) === undefined).toBe(shown === text);
      }),
      { numRuns: cases(2000) },
    );
  });

  it('parses from JSON as it was, and the JSON is visible', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, fc.oneof(anyText, halves)), fc.constantFrom(undefined, 2), (value, indent) => {
        const json = visibleJson(value, indent);
        expect(findInvisibleInText(json)).toBeUndefined();
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: cases(2000) },
    ); // prettier-ignore
  });
});

describe('text in colours', () => {
  const pieces = [{ text: 'a\u001b[2J', colour: 31 }, { text: 'b\u202e' }];

  it('has its own sequences after those of the text are made visible', () => {
    expect(colouredText(pieces, true)).toBe('\u001b[31ma\\x1b[2J\u001b[0mb\\u202e');
    expect(colouredText(pieces, false)).toBe('a\\x1b[2Jb\\u202e');
  });
});
