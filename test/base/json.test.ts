// Keys that are twice in a text of JSON, against a parser of YAML that tells of them, and every reader that asks.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { OopslabError } from '../../src/base/errors.js';
import { findRepeatedKey } from '../../src/base/json.js';
import { readShards } from '../../src/check/run/shard.js';
import { loadProgress } from '../../src/lesson/progress.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each<[string, [number, number, string] | undefined]>([
  ['{}', undefined],
  ['"a"', undefined],
  ['{"a":{"a":1},"b":{"a":[{"a":1},{"a":2}]}}', undefined],
  ['{"a":"a","b":"a","c":["a","a","{\\"a\\":"]}', undefined],
  ['{"a\\\\":1,"a":2,"a\\"":3}', undefined],
  ['{"a":1,"a":1}', [1, 8, 'a']],
  ['{"a":\n [{"b":1,\n\t"b":2}]}', [3, 2, 'b']],
  ['{"a":{"b":1},\n"a":2}', [2, 1, 'a']],
  ['{"a":[],"\\u0061":1}', [1, 9, 'a']],
  ['{"a\\\\\\"":"\\\\","a\\\\\\"":1}', [1, 15, 'a\\"']],
  ['{"__proto__":1,"__proto__":2}', [1, 16, '__proto__']],
  [`{"${'k'.repeat(100)}":1,"${'k'.repeat(100)}":2}`, [1, 107, `${'k'.repeat(60)}...`]],
])('%j: a key that is twice is found with its place', (json, found) => {
  JSON.parse(json);
  const [line, column, key] = found ?? [];
  const expected =
    found === undefined
      ? undefined
      : { line, column, message: `the key ${JSON.stringify(key)} is there twice` };
  expect(findRepeatedKey(json)).toEqual(expected);
});

it('random texts: it is found where another parser tells of one', () => {
  const key = fc.constantFrom('a', 'b', 'a\\', '"', 'é', '{', ',', '\\"');
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      key.map((text) => JSON.stringify(text)),
      fc.constant('1'),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc
        .array(fc.tuple(key, tie('value')), { maxLength: 3 })
        .map((items) => `{${items.map(([name, item]) => `${JSON.stringify(name)}: ${item}`).join(', ')}}`),
    ),
  }));
  let twice = 0;
  fc.assert(
    fc.property(value, (json) => {
      JSON.parse(json);
      const others = parseDocument(json).errors.length > 0;
      twice += others ? 1 : 0;
      expect(findRepeatedKey(json) !== undefined).toBe(others);
    }),
    { numRuns: 3000 },
  );
  expect(twice).toBeGreaterThan(50);
});

it('a text of millions of characters takes no more than its length', () => {
  const keys = Array.from({ length: 200_000 }, (_, index) => `"key ${index}":"${'\\\\'.repeat(9)}"`).join(
    ',',
  );
  expect(findRepeatedKey(`{${keys}}`)).toBeUndefined();
  expect(findRepeatedKey(`{${keys},"key 7":1}`)?.message).toBe('the key "key 7" is there twice');
  expect(findRepeatedKey(`{"a":"${'\\"'.repeat(1_000_000)}${'\\\\'.repeat(1_000_000)}"}`)).toBeUndefined();
});

describe('what reads JSON refuses a key that is twice', () => {
  const written = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const refusal = (read: () => unknown): Pick<OopslabError, 'message' | 'where'> => {
    try {
      read();
    } catch (error) {
      if (error instanceof OopslabError) return error;
      throw error;
    }
    return { message: 'it was accepted', where: {} };
  };
  const shard = readFileSync(new URL('../corpus/shard/nothing-tried.json', import.meta.url), 'utf8');

  it.each<[string, (text: string) => unknown, string, string, RegExp, number | undefined]>([
    ['a shard', (text) => readShards([written('shard.json', text)]), shard, shard.replace('"seed": 1,', '"seed": 2,\n "seed": 1,'), /the key "seed" is there twice$/u, 9],
    ['the progress in lessons', (text) => loadProgress(written('lessons.json', text)), '{"format":"oopslab lesson progress 1","lessons":{}}', '{"format":"oopslab lesson progress 1",\n"lessons":{"a":{}},\n"lessons":{}}', /cannot be read: the key "lessons" is there twice$/u, 3],
    ['a scenario', (text) => loadScenario(written('own.json', text)), '{"format":"oopslab scenario 1","extends":"shm-close-bug","name":"own","title":"a"}', '{"format":"oopslab scenario 1","extends":"shm-close-bug","name":"own",\n"title":"a","title":"b"}', /Map keys must be unique/u, 2],
  ])('%s', (_, read, good, twice, message, line) => {
    expect(refusal(() => read(good)).message).toBe('it was accepted');
    const { message: said, where } = refusal(() => read(twice));
    expect(said).toMatch(message);
    expect(where.line).toBe(line);
  }); // prettier-ignore
});
