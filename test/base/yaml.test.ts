// Text in YAML of any shape: what it costs grows with its length, and what would not is refused before it is read.
import { describe, expect, it } from 'vitest';
import { YamlText } from '../../src/base/yaml.js';

const repeat = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

const cpuTime = (run: () => void): number => {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

/** The text's value where it has no problem. */
const read = (text: string): void => {
  const parsed = new YamlText(text);
  if (parsed.problem === undefined) parsed.document.toJS({ maxAliasCount: -1 });
};

describe('a text sixteen times as long', () => {
  it.each<[string, (count: number) => string]>([
    ['keys', (count) => repeat(2000 * count, (index) => `k${index}: 1\n`)],
    ['keys in one line', (count) => `{${repeat(2000 * count, (index) => `k${index}: 1, `)}}\n`],
    ['errors in one line', (count) => `[${'"a" '.repeat(2000 * count)}]\n`],
    ['escapes that are none', (count) => `a: "${String.raw`\q`.repeat(3000 * count)}"\n`],
  ])('takes about sixteen times as long, not 256: %s', (_, text) => {
    read(text(1));
    const short = cpuTime(() => read(text(1)));
    const long = cpuTime(() => read(text(16)));
    expect(long / short).toBeLessThan(60);
  });
});

describe('a text with too much', () => {
  const bomb = (levels: number): string =>
    `a0: &a0 [1]\n${repeat(levels, (index) => `a${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}]\n`)}`;

  it.each<[string, string, object]>([
    ['tokens', repeat(80_000, () => '- 1\n'), { message: 'YAML: more than 150000 keys, values, signs and comments', line: 75_001, column: 1 }],
    ['comments', '# c\n'.repeat(150_001), { message: 'YAML: more than 150000 keys, values, signs and comments', line: 150_001, column: 1 }],
    ['anchors', repeat(1001, (index) => `- &a${index} 1\n`), { message: 'YAML: more than 1000 anchors', line: 1001, column: 3 }],
    ['aliases', `- &a 1\n${'- *a\n'.repeat(1001)}`, { message: 'YAML: more than 1000 aliases', line: 1002, column: 3 }],
    ['levels in a line', `a:\n  b: ${'['.repeat(101)}`, { message: 'YAML: nested deeper than 100 levels', line: 2, column: 106 }],
    ['levels of lists', `${'- '.repeat(101)}1\n`, { message: 'YAML: nested deeper than 100 levels', line: 1, column: 201 }],
    ['levels of lines', repeat(300, (index) => `${' '.repeat(index)}a:\n`), { message: 'YAML: nested deeper than 100 levels', line: 101, column: 101 }],
    ['levels that would exhaust the stack', repeat(2000, (index) => `${' '.repeat(index)}a:\n`), { message: 'YAML: nested deeper than 100 levels', line: 101, column: 101 }],
    ['levels of lists in lines', repeat(50, (index) => `${' '.repeat(180 * index)}${'- '.repeat(90)}\n`), { message: 'YAML: nested deeper than 100 levels', line: 2, column: 201 }],
    ['what its aliases name', bomb(6), { message: 'YAML: more than 150000 keys and values, those of aliases counted', line: 7, column: 9 }],
  ])('is refused with the place where that begins: %s', (_, text, problem) => {
    expect(new YamlText(text).problem).toEqual(problem);
  }); // prettier-ignore

  it('has no places, so that a message without one can be made', () => {
    expect(new YamlText('- 1\n'.repeat(80_000)).placeOf([0])).toBeUndefined();
  });
});

describe('a text with just as much as it may have', () => {
  it.each<[string, string]>([
    ['comments', `${'# c\n'.repeat(149_998)}- 1\n`],
    ['aliases and anchors', repeat(1000, (index) => `- &a${index} 1\n- *a${index}\n`)],
    ['levels', `${'['.repeat(100)}${']'.repeat(100)}`],
    ['levels of lists', `${'- '.repeat(100)}1\n`],
  ])('is read: %s', (_, text) => {
    const parsed = new YamlText(text);
    expect(parsed.problem).toBeUndefined();
    expect(parsed.value()).toBeInstanceOf(Array);
  });
});

describe('an alias', () => {
  it.each<[string, object]>([
    ['a: *b\n', { message: 'YAML: the alias *b names nothing: no &b comes before it', line: 1, column: 4 }],
    ['a: *b\nb: &b 1\n', { message: 'YAML: the alias *b names nothing: no &b comes before it', line: 1, column: 4 }],
    ['a: &a [*a]\n', { message: 'the alias *a lies inside what &a names, so it has no end', line: 1, column: 8 }],
    ['a: &a { b: &b [*a] }\n', { message: 'the alias *a lies inside what &a names, so it has no end', line: 1, column: 16 }],
  ])('that names nothing, or itself, is refused with its place: %j', (text, problem) => {
    expect(new YamlText(text).problem).toEqual(problem);
  }); // prettier-ignore

  it('names the last anchor before it', () => {
    expect(new YamlText('[&a 1, *a, &a 2, *a]').value()).toEqual([1, 1, 2, 2]);
  });
});

describe('keys', () => {
  it.each<[string, object]>([
    ['a: 1\nb: 2\na: 3\n', { line: 3, column: 1 }],
    ['{ a: 1, "a": 2 }', { line: 1, column: 9 }],
    ['- { 1: 1, 2: 2 }\n- { 1: 1, 1: 2 }\n', { line: 2, column: 11 }],
  ])('are there once: %j', (text, place) => {
    expect(new YamlText(text).problem).toEqual({ message: 'YAML: Map keys must be unique', ...place });
  });

  it('may be alike where they are not the same', () => {
    expect(new YamlText('{ 1: a, "1": b, A: c, a: d }').problem).toBeUndefined();
  });
});
