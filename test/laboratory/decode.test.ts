// The question `decode` of a page's laboratory: the document of the command for the same text, and bounds.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Bench } from '../../src/laboratory/bench.js';
import { answer } from '../../src/laboratory/laboratory.js';
import { MAX_EXPLAINED, MAX_LINES_SHOWN, MAX_LINE_SHOWN, MAX_PASTED } from '../../src/laboratory/limits.js';
import type { Questions, Told } from '../../src/laboratory/questions.js';
import { oopslab } from '../helpers/oopslab.js';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const oops = readFileSync(at('golden/oops.txt'), 'utf8');

const ask = (asks: Questions['decode']['asks']): Told<'decode'>[] => {
  const told: Told<'decode'>[] = [];
  answer(new Bench([]), { id: 1, kind: 'decode', asks }, (one) => told.push(one));
  return told;
};

const answered = (asks: Questions['decode']['asks']): Questions['decode']['answer'] => {
  const last = ask(asks).at(-1)!;
  if (!('answer' in last)) throw new Error(JSON.stringify(last));
  return last.answer;
};

const refused = (asks: Questions['decode']['asks']) => {
  const last = ask(asks).at(-1)!;
  return 'refusal' in last ? last.refusal : undefined;
};

// Each piece of evidence and each text that was read wrongly once.
const texts = ['golden', 'fixtures/decode'].flatMap((folder) =>
  readdirSync(at(folder)).map((name) => join(folder, name)),
);

describe('the answer to a pasted text', () => {
  it.each(texts)('is the document of decode --json, and its text: %s', async (file) => {
    const text = readFileSync(at(file), 'utf8');
    const { document, reports, overview } = answered({ text });
    const command = await oopslab(['decode', '--json'], { stdin: text });
    expect(JSON.parse(JSON.stringify(document))).toEqual(JSON.parse(command.stdout));
    const each = await oopslab(['decode', '--each'], { stdin: text });
    expect(each.stdout).toBe(reports.map((one) => one.text).join('\n'));
    expect(overview !== null).toBe(reports.length > 1);
  });

  it('is the same for the bytes of a file, in UTF-8 and in UTF-16', () => {
    const { document } = answered({ text: oops });
    expect(answered({ text: Buffer.from(oops) }).document).toEqual(document);
    expect(answered({ text: Buffer.from(`\uFEFF${oops}`, 'utf16le') }).document).toEqual(document);
  });

  it('has the lines of each report with their numbers, as they stand in the text', () => {
    const text = `one\r\ntwo\r\n${oops.replaceAll('\n', '\r\n')}`;
    const { document, reports } = answered({ text });
    const { first, last } = document.reports[0]!.lines;
    const lines = text.split('\r\n').map((line, index) => [index + 1, line]);
    expect(reports[0]!.lines).toEqual(lines.slice(first - 1, last));
  });

  it('has an overview of several, and names the one to read first, as the command does', async () => {
    const text = `${oops}\n${oops}`;
    const { overview, first, reports } = answered({ text });
    const { stdout } = await oopslab(['decode'], { stdin: text });
    expect(stdout.startsWith(`${overview!.text}\n${reports[first - 1]!.text}`)).toBe(true);
  });

  it('has the code that was named, and says where it was not that of a report', async () => {
    const { document } = answered({ text: oops, code: 'shm_close' });
    const command = await oopslab(['decode', '--json', '--code', 'shm_close'], { stdin: oops });
    expect(JSON.parse(JSON.stringify(document))).toEqual(JSON.parse(command.stdout));
    expect(refused({ text: oops, code: 'convert_delimiter' })?.message).toContain('convert_delimiter');
    expect(refused({ text: oops, code: 'shm_closed' })).toMatchObject({
      field: '--code',
      message: 'there is no file and no snippet "shm_closed"; did you mean shm_close?',
    });
  });

  it('is redacted on request, as by decode --redact', async () => {
    const text = readFileSync(at('fixtures/decode/22-blocked-task-dumps.txt'), 'utf8');
    const command = await oopslab(['decode', '--json', '--redact'], { stdin: text });
    expect(JSON.parse(JSON.stringify(answered({ text, redact: true }).document))).toEqual(
      JSON.parse(command.stdout),
    );
  });
});

describe('a pasted text that means harm', () => {
  it('is told of on the way, and ends after the last report that is explained', () => {
    const lines = [
      '------------[ cut here ]------------',
      'WARNING: at fs/frob.c:12 frob+0x1/0x2()',
      'Pid: 7, comm: frobd Not tainted 3.0.101 #1',
      '---[ end trace 0000000000000007 ]---',
    ];
    const warning = `${lines.join('\n')}\n`;
    const many = `${'a line of the log\n'.repeat(20_000)}${warning.repeat(MAX_EXPLAINED + 2)}`;
    const told = ask({ text: many });
    const ways = told.flatMap((one) => ('tells' in one ? [one.tells] : []));
    expect(ways[0]).toEqual({ read: 0, of: many.length, reports: 0 });
    expect(ways.at(-1)).toMatchObject({ of: many.length, reports: MAX_EXPLAINED });
    const last = told.at(-1)!;
    if (!('answer' in last)) throw new Error('no answer');
    expect(last.answer.document.reports).toHaveLength(MAX_EXPLAINED);
    expect(last.answer.notes).toEqual([
      `the first ${MAX_EXPLAINED} reports are explained, and what follows them is not read; oopslab decode reads all`,
    ]);
  });

  it('is refused where it is too long, and shown in part where a report is', () => {
    expect(refused({ text: 'x'.repeat(MAX_PASTED + 1) })).toMatchObject({ field: 'text' });
    const trace = Array.from({ length: 2 * MAX_LINES_SHOWN }, (_, index) => ` frob_${index}+0x1/0x2`);
    const text = oops.replace('Call Trace:', `Call Trace:\n${trace.join('\n')}`);
    const [report] = answered({ text: `${text}${'x'.repeat(3 * MAX_LINE_SHOWN)}` }).reports;
    expect(report!.lines).toHaveLength(MAX_LINES_SHOWN);
    for (const [, line] of report!.lines) expect(line.length).toBeLessThanOrEqual(MAX_LINE_SHOWN);
  });

  it.each([
    ['nothing', ''],
    ['NULs', '\0'.repeat(10_000)],
    ['lone surrogates', '\uD800\uDC00\uD800'.repeat(1000)],
    ['markup', '<script>alert(1)</script>'],
    ['one line without end', 'BUG: '.repeat(100_000)],
    ['directions', '\u202E\u2066 BUG: kernel NULL pointer dereference\u202C'],
  ])('gives an answer: %s', (_, text) => {
    expect(answered({ text }).document.reports.length).toBeLessThan(2);
  });
});
