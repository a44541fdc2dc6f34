// `oopslab decode`: what it reads, prints and returns, through its command line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';
import { CARRIERS, LAYOUTS } from '../helpers/report-layouts.js';
import { exampleFacts } from '../helpers/report-example.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-decode-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const golden = readFileSync(join(root, 'test/golden/oops.txt'), 'utf8');

const run = (args: readonly string[], stdin = '') => oopslab(['decode', ...args], { stdin, cwd: folder });

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

const ajv = new Ajv2020({ allowUnionTypes: true });
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(root, `schema/${name}.schema.json`), 'utf8')) as object);
const valid = schema('decode');
const validError = schema('error');

interface Found {
  readonly file: string | null;
  readonly reports: readonly {
    readonly kind: string;
    readonly lines: { readonly first: number };
    readonly release: string | null;
  }[];
}

const json = async (args: readonly string[], input = ''): Promise<Found> => {
  const { stdout } = await run([...args, '--json'], input);
  const document: unknown = JSON.parse(stdout);
  expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
  return document as Found;
};

/** A log with a report of each layout, with lines of others before and after each. */
const log = LAYOUTS.map((layout) => {
  const other = '[    1.000000] usb 1-1: new high-speed USB device number 2 using xhci_hcd\n';
  return `${other.repeat(3)}${CARRIERS['timestamps']!(layout.format(exampleFacts(layout), layout.release))}${other.repeat(3)}`;
}).join('');

describe('oopslab decode', () => {
  it('tells the oops of the shipped case, from standard input', async () => {
    const { stdout, stderr, status } = await run(['--full'], golden);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    await expect(stdout).toMatchFileSnapshot('../renderings/decode-oops.txt');
  });

  it('--redact gives other names to what is private, in each format', async () => {
    const private_ = `Mar  3 12:00:00 till-07 kernel: INFO: task acme-billing:77 blocked for more than 120 seconds.
Mar  3 12:00:00 till-07 kernel: task:acme-billing    state:D stack:0     pid:77   ppid:1      flags:0x00004000
Mar  3 12:00:00 till-07 kernel: Call Trace:
Mar  3 12:00:00 till-07 kernel:  schedule+0x5e/0xd0
Mar  3 12:00:00 till-07 kernel:  frob_wait_all+0x2a/0x80 [frob]
Mar  3 12:00:00 till-07 kernel:  frob_flush+0x2a/0x80 [frob]
`;
    const file = write('private.log', private_);
    for (const format of [[], ['--full'], ['--md'], ['--json']]) {
      const { stdout, status } = await run([file, '--redact', ...format]);
      expect([status, /till|acme|private/u.test(stdout)]).toEqual([0, false]);
      expect(stdout).toMatch(/task hung in frob\\?_flush/u);
    }
    expect((await json([file, '--redact'])).file).toBeNull();
  });

  it('--md is Markdown that can be pasted', async () => {
    const { stdout, status } = await run(['--md', '--full'], golden);
    expect(status).toBe(0);
    await expect(stdout).toMatchFileSnapshot('../renderings/decode-oops.md');
  });

  it('finds every report of a log, each with its place, whatever its layout', async () => {
    const name = write('log.txt', log);
    const { file, reports } = await json([name]);
    expect(file).toBe(name);
    expect(reports.map(({ release }) => release)).toEqual(LAYOUTS.map(({ release }) => release));
    const lines = log.split('\n');
    for (const {
      lines: { first },
    } of reports)
      expect(lines[first - 1]).toMatch(/BUG|cut here|Unable to handle/u);
    const { stdout } = await run([name, '--each']);
    expect(stdout.match(/^Report \d+, lines/gmu)).toHaveLength(LAYOUTS.length);
  });

  it('reports that a text has no report, with exit code 1', async () => {
    const { stdout, stderr, status } = await run([write('nothing.txt', 'hello\n')]);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toBe('oopslab: nothing.txt: no report of an x86-64 kernel was found\n');
    expect(await json([], '')).toEqual({ file: null, reports: [], groups: [], declined: [] });
  });

  it.each([
    [['missing.txt'], /^oopslab: missing\.txt: cannot be read: ENOENT/u],
    [['.'], /^oopslab: \.: is a folder; name a text with kernel reports/u],
    [[''], /^oopslab: FILE: needs the name of a file/u],
    [['a', 'b'], /too many arguments/u],
    [['--full', '--decodecode'], /choose --full or --decodecode/u],
    [['--md', '--json'], /choose --json or --md/u],
    [['/dev/null'], /is neither a file nor a pipe/u],
  ])('refuses %j with one line and exit code 2', async (args, message) => {
    const { stdout, stderr, status } = await run(args, '');
    expect(status).toBe(2);
    if (args.includes('--json')) expect(validError(JSON.parse(stdout))).toBe(true);
    else {
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd()).not.toContain('\n');
    }
    const asJson = await run([...args, '--json'], '');
    expect(asJson.status).toBe(2);
    expect(validError(JSON.parse(asJson.stdout))).toBe(true);
  });

  it.each([
    ['of nothing', 'missing.o', /^oopslab: --code: there is no file and no snippet "missing\.o"\n$/u],
    ['that is no object', 'text.o', /^oopslab: text\.o: /u],
    ['of a function', 'shm_close', /^oopslab: --code: cannot be used: no report has the registers of a trap\n$/u],
  ])('--code %s is an error, also where no report has code', async (_, code, message) => {
    write('text.o', 'no object\n');
    const hung = 'INFO: task frobd:77 blocked for more than 120 seconds.\n';
    const { stdout, stderr, status } = await run(['--code', code], hung);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(message);
  }); // prettier-ignore

  it('ends with what to add to the command', async () => {
    const hung = 'INFO: task frobd:77 blocked for more than 120 seconds.\n';
    const last = (text: string) => text.trimEnd().split('\n\n').at(-1)!.replaceAll(/\s+/gu, ' ').trim();
    const all = '--full for registers, stack, traces and every finding.';
    expect(last((await run([], hung)).stdout)).toBe(`Next: add ${all}`);
    const two = `${hung}${hung.replace('77', '78')}`;
    expect(last((await run([], two)).stdout)).toBe(
      `Next: add --report N for another one, --each for all; ${all}`,
    );
  });

  it('writes no control character of a text to the terminal', async () => {
    const { stdout } = await run(
      [],
      golden
        .replace('comm: <redacted>', 'comm: a\u001b]0;title\u0007b')
        .replace('VMware, Inc.', '\u001b[31mred\u009b'),
    );
    expect(stdout).toContain('\\x07');
    expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u);
  });

  it('--help has examples and the exit codes', async () => {
    const { stdout, status } = await run(['--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Examples:[\s\S]*\$ oopslab oops \| oopslab decode[\s\S]*Exit status:/u);
  });
});
