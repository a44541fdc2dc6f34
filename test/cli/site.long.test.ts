// `oopslab site`: which files it writes, into which folders, and that they load nothing.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesOfSite, writeSite } from '../../src/site/folder.js';
import type { SiteData } from '../../src/site/site-data.js';
import { oopslab } from '../helpers/oopslab.js';

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-site-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const MARK = 'oopslab-site.json';

describe('oopslab site', () => {
  const folder = join(temporary, 'site');
  let told: Awaited<ReturnType<typeof oopslab>>;
  beforeAll(async () => {
    told = await oopslab(['site'], { cwd: temporary });
  });
  const front = (): string => readFileSync(join(folder, 'index.html'), 'utf8');

  it('writes the page that reads reports, and those of the crashes, and says where to go next', () => {
    expect(told.stderr).toBe('');
    expect(told.status).toBe(0);
    expect(told.stdout).toMatch(/^site\/index\.html reads kernel reports in the browser/u);
    expect(told.stdout).toContain('\nNext: open it in a browser');
    const { crashes } = JSON.parse(/id="data">([^<]*)</u.exec(front())![1]!) as SiteData;
    expect(crashes.map(({ name }) => name)).toEqual([
      'shm-close-bug',
      'empty-queue',
      'fence-file',
      'hdlc-buffers',
      'pipe-flags',
      'program-map',
      'slabinfo-bug',
      'timer-list',
    ]);
    expect(readdirSync(folder).toSorted()).toEqual(
      ['index.html', MARK, ...crashes.map(({ file }) => file)].toSorted(),
    );
    expect(crashes[0]).toMatchObject({ code: 'shm_close', cause: 'out-of-bounds', outcome: /BUG/u });
    for (const { report } of crashes) expect(report).toContain('RIP: ');
  });

  it('loads nothing from anywhere and names no place of this machine', () => {
    expect(front()).toContain("connect-src 'none'");
    expect(front().replace(/id="data">[^<]*</u, '')).not.toMatch(/(?:src|href)="(?!data:)/u);
    for (const name of readdirSync(folder))
      for (const place of [process.cwd(), temporary])
        expect(readFileSync(join(folder, name), 'utf8').includes(place), name).toBe(false);
  });

  it('refuses a folder that it did not make, before any work, and leaves it as it is', async () => {
    const other = join(temporary, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'index.html'), 'mine');
    for (const mark of [undefined, '{}', '{"format":"oopslab site 1","files":["../a.html"]}', 'no JSON']) {
      if (mark !== undefined) writeFileSync(join(other, MARK), mark);
      expect(await oopslab(['site', '-o', other])).toMatchObject({
        status: 2,
        stderr: `oopslab: ${other}: is not a site that oopslab made, and stays as it is; choose another name\n`,
      });
    }
    expect(readFileSync(join(other, 'index.html'), 'utf8')).toBe('mine');
    for (const [output, message] of [
      ['', /needs the name of a folder, found ""/u],
      ['-', /needs the name of a folder, found "-"/u],
      [join(other, 'index.html'), /ENOTDIR/u],
    ] as const)
      expect((await oopslab(['site', '-o', output])).stderr).toMatch(message);
  });
});

describe('the folder of a site', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(temporary, 'case-')), 'site');
  });
  const write = (files: Readonly<Record<string, string>>): void =>
    writeSite(folder, new Map(Object.entries(files)), filesOfSite(folder));

  it('is written anew: files that it had and has no more are removed, and those of others stay', () => {
    write({ 'a.html': 'a', 'index.html': '1' });
    writeFileSync(join(folder, 'robots.txt'), 'mine');
    write({ 'b.html': 'b', 'index.html': '2' });
    expect(readdirSync(folder).toSorted()).toEqual(['b.html', 'index.html', MARK, 'robots.txt']);
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('2');
  });

  it('is not there after a failure, unless it was before', () => {
    const bad = { 'a.html': 'a', [`${'x'.repeat(280)}.html`]: 'b', 'index.html': 'c' };
    expect(() => write(bad)).toThrow(/ENAMETOOLONG/u);
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    expect(() => write(bad)).toThrow(/ENAMETOOLONG/u);
    expect(readdirSync(folder)).toEqual([]);
    write({ 'a.html': 'old', 'index.html': 'old' });
    expect(() => write(bad)).toThrow(/ENAMETOOLONG/u);
    expect(readFileSync(join(folder, 'index.html'), 'utf8')).toBe('old');
    expect(filesOfSite(folder)).toContain('a.html');
  });
});
