import fs, {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFile, replaceFile } from '../../src/base/replace-file.js';
import { makeFifo } from '../helpers/fifo.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopslab-replace-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

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

describe('what killed writers left', () => {
  it('is removed by the next write into the folder, when it is old; another file of nearly that name stays', () => {
    const names = ['.oopslab-1-a.part', '.oopslab-2-b.part', '.oopslab-3.parts', 'oopslab-4.part'];
    for (const name of names) writeFileSync(at(name), 'half');
    for (const name of names.slice(1)) utimesSync(at(name), 1, 1);
    mkdirSync(at('.oopslab-5.part'));
    utimesSync(at('.oopslab-5.part'), 1, 1);
    replaceFile(at('file'), 'whole');
    const left = ['.oopslab-1-a.part', '.oopslab-3.parts', '.oopslab-5.part', 'file', 'oopslab-4.part'];
    expect(readdirSync(folder).toSorted()).toEqual(left);
  });
});

describe('a write that', () => {
  const { writeSync } = fs;
  const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'write' });

  it('takes a few bytes at a time makes the whole file', () => {
    const short = (handle: number, bytes: Uint8Array, offset: number): number =>
      writeSync(handle, bytes, offset, Math.min(3, bytes.length - offset));
    vi.spyOn(fs, 'writeSync').mockImplementation(short as typeof fs.writeSync);
    replaceFile(at('file'), 'long content');
    expect(readFileSync(at('file'), 'utf8')).toBe('long content');
  });

  it('fails in the middle leaves the old file, and nothing else', () => {
    writeFileSync(at('file'), 'old');
    vi.spyOn(fs, 'writeSync').mockImplementationOnce(((handle: number, bytes: Uint8Array) => writeSync(handle, bytes, 0, 3)) as typeof fs.writeSync)
      .mockImplementationOnce(() => { throw failure('ENOSPC'); }); // prettier-ignore
    expect(() => replaceFile(at('file'), 'long content')).toThrow(
      /cannot be written: ENOSPC \(there is no space left on the disk\)/u,
    );
    expect(readFileSync(at('file'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is interrupted by a signal goes on', () => {
    vi.spyOn(fs, 'writeSync').mockImplementationOnce(() => { throw failure('EINTR'); }); // prettier-ignore
    replaceFile(at('file'), 'new');
    expect(readFileSync(at('file'), 'utf8')).toBe('new');
  });

  it('is on the disk before the file gets its name', () => {
    const calls: string[] = [];
    for (const name of ['fsyncSync', 'renameSync'] as const)
      vi.spyOn(fs, name).mockImplementation(() => void calls.push(name));
    replaceFile(at('file'), 'new');
    expect(calls).toEqual(['fsyncSync', 'renameSync', 'fsyncSync']);
  });
});

it('a new file is never written over one that is there, whenever that came', () => {
  createFile(at('file'), 'first', 'choose another name');
  expect(() => createFile(at('file'), 'second', 'choose another name')).toThrow(
    /is there already.*another name/u,
  );
  vi.spyOn(fs, 'lstatSync').mockReturnValueOnce(undefined as never);
  expect(() => createFile(at('file'), 'second', 'choose another name')).toThrow(/EEXIST/u);
  expect(readFileSync(at('file'), 'utf8')).toBe('first');
  expect(readdirSync(folder)).toEqual(['file']);
});
