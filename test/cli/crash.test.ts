// `oopslab crash` with -c and from a pipe. test/end-to-end/crash-prompt.test.ts has its prompt.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], stdin = '') => oopslab(['crash', ...args], { stdin, cwd: folder });

const ajv = new Ajv2020({ allErrors: true, strict: true });
const validate = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(root, `schema/${name}.schema.json`), 'utf8')) as object);

const PRIVATE = 'struct file.private_data 0xffff8800148fcb80';
const printed = '  private_data = 0xffff8803f382cc60\n';

describe('oopslab crash -c', () => {
  it('runs one command after another, in one session', async () => {
    expect(await run(['-c', PRIVATE])).toEqual({ status: 0, stdout: printed, stderr: '' });
    const id = 'shm_file_data.id ffff8803f382cc60';
    expect((await run(['-c', 'set radix 16', '--command', id, '-c', PRIVATE])).stdout).toBe(
      `output radix: 16 (hex)\n  id = 0xc6805c\n${printed}`,
    );
  });

  it('ends at quit', async () => {
    expect(await run(['-c', PRIVATE, '-c', 'quit', '-c', 'brt'])).toEqual({
      status: 0,
      stdout: printed,
      stderr: '',
    });
  });

  it('takes a scenario, parameters, and a recording', async () => {
    expect((await run(['shm-close-control', '-c', 'shm_file_data.id ffff8803f382cc60'])).stdout).toBe(
      '  id = 13008943\n',
    );
    const id = 'shm_file_data.id ffff8803f382cc60';
    expect((await run(['--set', 'id=98304', '-c', id])).stdout).toMatch(/^ {2}id = \d+\n$/u);
    const recording = join(folder, 'kept.rec');
    await oopslab(['replay', '--record', recording]);
    expect(await run(['--recording', 'kept.rec', '-c', 'bt -FF'])).toEqual(await run(['-c', 'bt -FF']));
  });

  it('--json is one document, and it has a schema', async () => {
    const { status, stdout, stderr } = await run(['-c', PRIVATE, '-c', '# nothing', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const document: unknown = JSON.parse(stdout);
    const isValid = validate('crash');
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
    expect(document).toEqual({
      scenario: 'shm-close-bug',
      commands: [
        { command: PRIVATE, lines: [printed.trimEnd()] },
        { command: '# nothing', lines: [] },
      ],
    });
  });

  it.each([
    ['a wrong command', ['-c', 'brt'], /^oopslab: brt: there is no such command; did you mean bt\?\n$/u],
    ['a wrong argument', ['-c', 'struct shm_file_dat'], /^oopslab: struct: there is no struct "shm_file_dat"/u],
    ['an unsupported command', ['-c', 'foreach bt'], /^oopslab: foreach: crash has this command, but it is not here; the nearest is ps\n$/u],
    ['--json without -c', ['--json'], /^oopslab: --json needs -c\n$/u],
    ['an unknown scenario', ['shm-close-bgu', '-c', 'bt'], /^oopslab: .*there is no scenario "shm-close-bgu"/u],
    ['a missing recording', ['--recording', 'no.rec', '-c', 'bt'], /^oopslab: .*no\.rec/u],
    ['-c without a value', ['-c'], /^oopslab: .*argument missing/u],
  ] as const)('%s is one line on stderr, and exit code 2', async (_, args, message) => {
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({
      status: 2,
      stdout: args.includes('--json' as never) ? expect.any(String) : '',
    });
    if (!args.includes('--json' as never)) expect(stderr).toMatch(message);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
    const json = await run([...args, '--json']);
    expect(json.status).toBe(2);
    expect(validateError(JSON.parse(json.stdout)), json.stdout).toBe(true);
  }); // prettier-ignore
  const validateError = validate('error');

  it('prints what was right before the first wrong command, and nothing after', async () => {
    const { status, stdout, stderr } = await run(['-c', PRIVATE, '-c', 'brt', '-c', 'ipcs']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: printed });
    expect(stderr).toMatch(/^oopslab: brt: .*\n$/u);
  });

  it('says which of several commands was wrong, by number and text, with --json as well', async () => {
    const text = '(-c number 2, "rd 10")';
    const args = ['-c', PRIVATE, '-c', 'rd 10', '-c', 'ipcs'];
    expect((await run(args)).stderr).toBe(`oopslab: rd: 10 is not mapped ${text}\n`);
    expect(JSON.parse((await run([...args, '--json'])).stdout)).toMatchObject({
      error: { code: 'ERR_INPUT', message: `10 is not mapped ${text}`, where: { field: 'rd' } },
    });
    expect((await run(['-c', 'rd 10'])).stderr).toBe('oopslab: rd: 10 is not mapped\n');
  });

  it('q ends it, and complains about an argument', async () => {
    expect(await run(['-c', 'q  # done', '-c', 'brt'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect((await run(['-c', 'q 1'])).stderr).toBe('oopslab: q: it takes no argument\n');
  });
});

describe('oopslab crash from a pipe', () => {
  it('runs lines without a prompt; empty lines and comments are nothing', async () => {
    expect(await run([], `\n# which object\n${PRIVATE}   # of slide 36\n\n${PRIVATE}`)).toEqual({
      status: 0,
      stdout: printed + printed,
      stderr: '',
    });
    expect(await run([])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each(['q', 'quit', 'exit', '  q  '])('ends at %s', async (end) => {
    expect(await run([], `${PRIVATE}\n${end}\nbrt\n`)).toEqual({ status: 0, stdout: printed, stderr: '' });
  });

  it('ends at the first wrong line, with exit code 2', async () => {
    const { status, stdout, stderr } = await run([], `${PRIVATE}\nbrt\n${PRIVATE}\n`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: printed });
    expect(stderr).toMatch(/^oopslab: brt: .*\n$/u);
  });

  it('keeps what set changed', async () => {
    expect((await run([], 'set hex\nshm_file_data.id ffff8803f382cc60\n')).stdout).toMatch(
      / {2}id = 0xc6805c\n$/u,
    );
  });
});
