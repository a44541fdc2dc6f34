// Files of user libraries for a page: what it takes, and what it leaves out.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { libraryFiles } from '../../src/report/library-files.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oopslab-library-files-'));
  for (const one of ['lessons', 'cases/mine', 'notes']) mkdirSync(join(folder, one), { recursive: true });
  writeFileSync(join(folder, 'lessons/mine.md'), 'lesson');
  writeFileSync(join(folder, 'cases/mine/lesson.md'), 'case');
  writeFileSync(join(folder, 'notes/secret.txt'), 'not for the page');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('takes what a library has, and nothing beside it', () => {
  const { files, leftOut } = libraryFiles([folder, join(folder, 'cases')]);
  expect([...files.keys()]).toEqual(['/libraries/0/cases/mine/lesson.md', '/libraries/0/lessons/mine.md']);
  expect(leftOut).toEqual([]);
});

it('leaves out what is too large, and a folder that is in itself', () => {
  writeFileSync(join(folder, 'cases/mine/large.o'), new Uint8Array((4 << 20) + 1));
  symlinkSync(folder, join(folder, 'lessons/loop'));
  const { files, leftOut } = libraryFiles([folder]);
  expect(files.has('/libraries/0/lessons/mine.md')).toBe(true);
  expect(leftOut).toContain(join(folder, 'cases/mine/large.o'));
  expect(files.size).toBeLessThan(40);
});
