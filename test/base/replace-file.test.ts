import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceFile } from '../../src/base/replace-file.js';
import { makeFifo } from '../helpers/fifo.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopslab-replace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a file is made or replaced whole, and nothing else is left', () => {
  replaceFile(at('file'), 'long content');
  replaceFile(at('file'), 'short');
  expect(readFileSync(at('file'), 'utf8')).toBe('short');
  expect(readdirSync(folder)).toEqual(['file']);
});

it('a link stays a link: the file at its end is replaced, or made', () => {
  writeFileSync(at('target'), 'old');
  symlinkSync('target', at('link'));
  symlinkSync('missing', at('dangling'));
  replaceFile(at('link'), 'new');
  replaceFile(at('dangling'), 'made');
  expect(readFileSync(at('target'), 'utf8')).toBe('new');
  expect(readFileSync(at('missing'), 'utf8')).toBe('made');
  expect(['link', 'dangling'].every((name) => lstatSync(at(name)).isSymbolicLink())).toBe(true);
});

it('a folder, a fifo and a path through a file are refused and stay', () => {
  mkdirSync(at('folder'));
  makeFifo(at('fifo'));
  writeFileSync(at('file'), 'content');
  expect(() => replaceFile(at('folder'), '')).toThrow(/cannot be written: EISDIR/u);
  expect(() => replaceFile(at('fifo'), '')).toThrow(/regular file/u);
  expect(() => replaceFile(join(at('file'), 'below'), '')).toThrow(/its path leads through a file/u);
  expect(() => replaceFile(join(at('nowhere'), 'below'), '')).toThrow(/ENOENT/u);
  expect(readdirSync(folder).toSorted()).toEqual(['fifo', 'file', 'folder']);
});
