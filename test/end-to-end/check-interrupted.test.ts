// Ctrl-C during a check: what was done is shown and kept, and nothing goes on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cpuTime } from '../../src/base/cpu-time.js';
import { builtMain } from '../helpers/built.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

const top = mkdtempSync(join(tmpdir(), 'oopslab-check-interrupted-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const library = join(top, 'library');
mkdirSync(library);
// A delay of some million instructions, shorter than the budget of a world, and NULL.
hexCandidate(library, 'long', [0xb8, 0x00, 0xc0, 0, 0, 0xff, 0xc8, 0x75, 0xfc, 0xc3]); // mov $0xc000,%eax; dec; jnz; ret

const begin = (cwd: string, ...args: string[]) => {
  mkdirSync(cwd, { recursive: true });
  const child = spawn(process.execPath, [builtMain, 'check', ...args], { cwd });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()));
  return { child, said, ended: once(child, 'close') };
};

// Wait until a check has worked for some more milliseconds, however busy the machine is.
const works = async ({ pid = 0 }: { readonly pid?: number | undefined }, more: number): Promise<void> => {
  const before = cpuTime(pid) ?? 0;
  await expect.poll(() => cpuTime(pid) ?? 0, { timeout: 40_000 }).toBeGreaterThan(before + more);
};

describe.skipIf(process.platform !== 'linux')(
  'a check that is interrupted (needs /proc)',
  { timeout: 60_000 },
  () => {
    it('prints the table so far, says why, writes JUnit, and keeps what it found; exit code 130', async () => {
      const cwd = join(top, 'table');
      const names = ['bug', 'copy-the-nul', 'zeroed-allocation'];
      const { child, said, ended } = begin(cwd, ...names, '--runs', '1000000000', '--junit', 'v.xml');
      await expect.poll(() => said.stderr, { timeout: 40_000 }).toContain('bug: breaks');
      const kept = join(cwd, 'counterexamples/scenarios/bug-writes-inside.yaml');
      await expect.poll(() => existsSync(kept), { timeout: 40_000 }).toBe(true);
      await works(child, 2000); // some blocks of the second one
      child.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      expect(said.stdout).toMatch(/^bug\s+breaks\s+breaks\s.*bug-writes-inside\.yaml$/mu);
      expect(said.stdout).toMatch(/^copy-the-nul\s+holds\s+holds so far\s+\d+000\s/mu);
      expect(said.stdout).toMatch(/^zeroed-allocation\s+holds\s+error !\s+0\s/mu);
      expect(said.stdout).toContain('zeroed-allocation: not checked: interrupted');
      expect(said.stderr).toContain('interrupted: what was found so far follows');
      expect(said.stderr).toMatch(/copy-the-nul: holds so far; interrupted after \d+000 worlds/u);
      const xml = readFileSync(join(cwd, 'v.xml'), 'utf8');
      expect(xml).toContain('tests="3" failures="0" errors="1"');
      expect(xml).toContain('<system-out>not complete: interrupted</system-out>');
    });

    it('writes the JSON document, and a shard its file', async () => {
    const cwd = join(top, 'json');
    const { child, said, ended } = begin(cwd, 'copy-the-nul', '--runs', '1000000000', '--json', '--shard', '1/2', '--out', 's');
    await works(child, 1500);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    const document = JSON.parse(said.stdout) as object;
    expect(document).toMatchObject({ candidates: [{ name: 'copy-the-nul', found: null, cut: 'interrupted' }] });
    expect(JSON.parse(readFileSync(join(cwd, 's'), 'utf8'))).toEqual(document);
  }); // prettier-ignore

    it('ends its workers too', async () => {
      const args = ['long', '--library', library, '--jobs', '1', '--runs', '1000000000'];
      const { child, ended } = begin(join(top, 'workers'), ...args);
      // User code runs in a separate process, which is the command's only child.
      const children = (): string =>
        readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      await expect.poll(children, { timeout: 20_000 }).not.toBe('');
      const worker = children().split(' ')[0]!;
      child.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      await expect.poll(() => existsSync(`/proc/${worker}`), { timeout: 20_000 }).toBe(false);
    });

    it('ends at once the second time', async () => {
      const { child, said, ended } = begin(join(top, 'twice'), 'copy-the-nul', '--runs', '1000000000');
      await works(child, 1500);
      child.kill('SIGINT');
      await expect.poll(() => said.stderr, { timeout: 20_000 }).toContain('once more ends at once');
      child.kill('SIGINT');
      const [code] = (await ended) as [number];
      expect(code).toBe(130);
    });
  },
);
