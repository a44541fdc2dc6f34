// `oopslab report`: where the page goes, what is in it, and what is wrong use.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readPageData } from '../../page/model/read-data.js';
import type { PageData } from '../../src/report/page-data.js';
import { oopslab } from '../helpers/oopslab.js';

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-report-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

let folder = temporary;
beforeEach(() => {
  folder = mkdtempSync(join(temporary, 'case-'));
});

const run = (...args: string[]) => oopslab(args, { cwd: folder });

const dataOf = (html: string): PageData =>
  readPageData(/<script type="application\/json" id="data">([^<]*)<\/script>/u.exec(html)![1]!);

const scenariosOf = (html: string): string[] => dataOf(html).runs.map(({ scenario }) => scenario);

describe('oopslab report', () => {
  it('writes one file, with the bug beside its control, the same every time', async () => {
    const first = await run('report', '-o', 'a.html');
    expect(first).toEqual({ status: 0, stdout: '', stderr: 'oopslab: the page is in a.html\n' });
    expect(readdirSync(folder)).toEqual(['a.html']);
    const html = readFileSync(join(folder, 'a.html'), 'utf8');
    expect(scenariosOf(html)).toEqual(['shm-close-bug', 'shm-close-control']);
    expect(html.length).toBeLessThan(2_000_000);
    expect((await run('report')).stdout).toBe(html);
  });

  it('loads nothing from anywhere and names no place of this machine', async () => {
    const html = (await run('report', '-o', '-')).stdout;
    const own = html.replace(/<script type="application\/json" id="data">[^<]*/u, '');
    expect(own).not.toMatch(/(?:src|href)="(?!data:)/u);
    expect(own).toContain(`content="default-src 'none'; script-src 'sha256-`);
    for (const place of [process.cwd(), temporary, tmpdir()]) expect(html).not.toContain(place);
  });

  it('shows both runs with the same parameters', async () => {
    const { runs } = dataOf((await run('report', '--set', 'prepath=/team')).stdout);
    for (const { parameters } of runs) expect(parameters).toContainEqual(['prepath', '/team']);
  });

  it('shows one run alone, or beside another one that is named', async () => {
    expect(scenariosOf((await run('report', '--alone')).stdout)).toEqual(['shm-close-bug']);
    expect(scenariosOf((await run('report', 'shm-close-control')).stdout)).toEqual(['shm-close-control']);
    const own = (await run('report', 'lookup-empty-slot')).stdout; // its file names the control
    expect(scenariosOf(own)).toEqual(['lookup-empty-slot', 'shm-close-control']);
    const compared = await run('report', 'lookup-empty-slot', '--compare', 'shm-close-bug');
    expect(scenariosOf(compared.stdout)).toEqual(['lookup-empty-slot', 'shm-close-bug']);
  });

  it('shows a recording, alone unless --compare is given', async () => {
    await run('replay', '--record', 'crash.rec');
    expect(scenariosOf((await run('report', '--recording', 'crash.rec')).stdout)).toEqual(['shm-close-bug']);
    const compared = await run('report', 'shm-close-control', '--compare', 'crash.rec');
    expect(scenariosOf(compared.stdout)).toEqual(['shm-close-control', 'shm-close-bug']);
  });

  it.each([
    [['--alone', '--compare', 'shm-close-control'], 'give one of --compare and --alone'],
    [['-o', ''], 'needs the name of a file'],
    [['--alone', '-o', 'missing/report.html'], 'there is no such file'],
    [['no-such-scenario'], 'no-such-scenario'],
    [['--recording', 'broken.rec'], 'broken.rec'],
  ])('says in one line what is wrong with %j, and writes nothing', async (args, message) => {
    writeFileSync(join(folder, 'broken.rec'), 'oopslab recording 1\nnot really');
    const { status, stdout, stderr } = await run('report', ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(join(folder, 'report.html'))).toBe(false);
  });

  it('leaves the old page whole when the new one cannot be made', async () => {
    writeFileSync(join(folder, 'report.html'), 'old');
    expect((await run('report', 'no-such-scenario', '-o', 'report.html')).status).toBe(2);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe('old');
  });
});
