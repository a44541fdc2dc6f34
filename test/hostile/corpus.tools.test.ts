// The hostile candidates of test/corpus/source/, which need a compiler: an answer, or one clear message.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SOURCE_READER, useAll } from '../helpers/corpus-readers.js';

const sources = fileURLToPath(new URL('../corpus/source', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-corpus-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const noCompiler = spawnSync('gcc', ['--version']).status !== 0;

describe.skipIf(noCompiler)('a hostile candidate (needs gcc)', () => {
  it.each(readdirSync(sources))('%s gets an answer or one message', async (name) => {
    expect(await useAll(SOURCE_READER, readFileSync(join(sources, name)), temporary)).toEqual([]);
  });
});
