// Every input of test/corpus/ through everything that reads its kind: an answer, or one clear message. They are inputs that
// ever failed, and small ones that reach code of their own.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { CORPUS_READERS, useAll } from '../helpers/corpus-readers.js';

const corpus = fileURLToPath(new URL('../corpus', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-corpus-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const inputsOf = (reader: string): string[] =>
  readdirSync(join(corpus, reader)).filter((name) => name !== 'README.md');

const read = (reader: string, name: string): Uint8Array => {
  const bytes = readFileSync(join(corpus, reader, name));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
};

it('has a folder for each reader, and no other', () => {
  const readers = [...CORPUS_READERS.map(({ name }) => name), 'source'];
  expect(readdirSync(corpus).toSorted()).toEqual([...readers, 'README.md'].toSorted());
});

describe.each(CORPUS_READERS)('a hostile input of kind $name', (reader) => {
  it.each(inputsOf(reader.name))('%s gets an answer or one message', async (name) => {
    expect(await useAll(reader, read(reader.name, name), temporary)).toEqual([]);
  });
});
