import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { keepCompiled } from '../../src/cli/compile-cache.js';

const home = mkdtempSync(join(tmpdir(), 'oopslab-home-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** The folders that Node would be told to keep compiled files in. */
const foldersWith = (env: NodeJS.ProcessEnv): string[] => {
  const folders: string[] = [];
  const enableCompileCache = (folder: string): void => void folders.push(folder);
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ ...module, enableCompileCache });
  keepCompiled(env);
  return folders;
};

describe.skipIf(process.platform === 'win32')('compiled files are kept', () => {
  it("in the user's cache", () => {
    expect(foldersWith({ HOME: home })).toEqual([join(home, '.cache', 'oopslab')]);
    expect(foldersWith({ HOME: '/nowhere', XDG_CACHE_HOME: home })).toEqual([join(home, 'oopslab')]);
  });

  it('nowhere without a home, or in one that another user owns', () => {
    expect(foldersWith({})).toEqual([]);
    expect(foldersWith({ HOME: join(home, 'missing') })).toEqual([]);
    vi.spyOn(process, 'getuid').mockReturnValue(4711);
    expect(foldersWith({ HOME: home })).toEqual([]);
  });

  it('by versions of Node that can, and others start as always', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ ...module, enableCompileCache: undefined });
    keepCompiled({ HOME: home });
    expect(readdirSync(home)).toEqual([]);
  });
});
