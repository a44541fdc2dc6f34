// What `decode` prints first: the verdict in six lines, the trap in thirty, an overview of many reports. The texts in
// test/fixtures/decode/ are invented.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { markdownOf } from '../../src/decode/show/block-markdown.js';
import { textOf } from '../../src/decode/show/block-text.js';
import { type Shown, reportBlocks } from '../../src/decode/show/report-blocks.js';
import { verdictOf } from '../../src/decode/show/verdict.js';
import { oopslab } from '../helpers/oopslab.js';
import { exampleFacts } from '../helpers/report-example.js';
import { CARRIERS, LAYOUTS } from '../helpers/report-layouts.js';

const fixtures = fileURLToPath(new URL('../fixtures/decode', import.meta.url));
const golden = readFileSync(fileURLToPath(new URL('../golden/oops.txt', import.meta.url)), 'utf8');
const named = readdirSync(fixtures)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => [name, readFileSync(join(fixtures, name), 'utf8')] as const);
const layouts = LAYOUTS.map((layout) =>
  [layout.format(exampleFacts(layout), layout.release)].flat().join('\n'),
);

const shownOf = (text: string): Shown[] =>
  reportsOf(text).map((report, index) => {
    const explanation = explainReport(report);
    const judgement = judge(report, explanation);
    return {
      report,
      number: index + 1,
      explanation,
      judgement,
      verdict: verdictOf(report, explanation, judgement),
    };
  });

const run = (args: readonly string[], stdin = '') => oopslab(['decode', ...args], { stdin });

const lineOf = (shown: Shown, label: string): string | undefined =>
  shown.verdict.find((line) => line.label === label)?.text;

describe('the first screen of a report', () => {
  it.each([
    ...named,
    ['the published oops', golden] as const,
    ...layouts.map((text, at) => [`layout ${at}`, text] as const),
  ])('has at most six lines of verdict and thirty on the trap: %s', (_, text) => {
    for (const shown of shownOf(text)) {
      expect(shown.verdict.length).toBeGreaterThan(0);
      expect(shown.verdict.length).toBeLessThanOrEqual(6);
      const lines = textOf(reportBlocks(shown, false));
      const end = lines.indexOf('');
      expect(end < 0 ? 0 : lines.length - end - 1).toBeLessThanOrEqual(30);
    }
  });

  it.each(named)('says nothing twice: %s', (_, text) => {
    for (const shown of shownOf(text)) {
      const sentences = reportBlocks(shown, true)
        .flatMap((block) => (block.kind === 'sentences' ? block.items : []))
        .map((item) => item.text);
      expect(sentences.toSorted()).toEqual([...new Set(sentences)].toSorted());
    }
  });

  it('names the compared value of an assertion, and the call that returned it', () => {
    const [shown] = shownOf(golden);
    expect(lineOf(shown!, 'Value')).toMatch(
      /^RAX is 0xffffffffffffffea: -22 = -EINVAL, compared by shm_close\+0x33/u,
    );
    expect(lineOf(shown!, 'From')).toMatch(/^RAX is the result of shm_close\+0x2e \(call/u);
  });

  it('has the message of a WARN(), and nobody else’s text', () => {
    const place = `WARNING: CPU: 1 PID: 77 at drivers/frob/core.c:31 frob_put+0x31/0x40 [frob]
CPU: 1 PID: 77 Comm: frobd Not tainted 6.8.0-demo #1
RIP: 0010:frob_put+0x31/0x40 [frob]
Code: 48 89 fb 48 8b 47 10 <0f> 0b 5b c3
RSP: 0018:ffffc90000123d08 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff888100aa0000 RCX: 0000000000000007
Call Trace:
 frob_close+0x10/0x20 [frob]
`;
    const cut = '------------[ cut here ]------------\n';
    const [told] = shownOf(`${cut}frob: count is -2\nwhile closing\n${place}`);
    expect(told!.report.message).toBe('frob: count is -2 while closing');
    expect(lineOf(told!, 'Value')).toBe("the kernel's message: frob: count is -2 while closing");
    expect(shownOf(`frob: count is -2\n${cut}${place}`)[0]!.report.message).toBeUndefined();
    const prose = 'I saw this again today.\n'.repeat(5);
    expect(shownOf(`${cut}${prose}${place}`)[0]!.report.message).toBeUndefined();
  });

  it('shows of a comparison of a byte that byte', () => {
    const [shown] = shownOf(`kernel BUG at drivers/frob/frob.c:12!
invalid opcode: 0000 [#1] SMP
CPU: 1 PID: 77 Comm: frobd Not tainted 6.8.0-demo #1
RIP: 0010:frob_put+0x5/0x40 [frob]
Code: 80 fa 02 74 02 <0f> 0b 90 c3
RSP: 0018:ffffc90000123d08 EFLAGS: 00010202
RAX: 0000000000000000 RBX: ffff888100aa0000 RCX: 0000000000000007
RDX: ffff888100aa0003 RSI: 0000000000000000 RDI: 0000000000000000
`);
    expect(lineOf(shown!, 'Value')).toMatch(/^DL is 0x3, compared by frob_put\+0x0/u);
  });

  it('reads the registers of a kernel under Xen PV as those of the kernel', () => {
    const text = readFileSync(join(fixtures, 'kernel-under-xen-pv.txt'), 'utf8');
    const [shown] = shownOf(text);
    expect(shown!.report.registers.map(({ role }) => role)).toEqual(['trap']);
    expect(lineOf(shown!, 'Value')).toMatch(/^RCX is 0x0: NULL/u);
  });

  it('is what docs/decode.md shows', () => {
    const [shown] = shownOf(golden);
    const lines = textOf(reportBlocks(shown!, false));
    const docs = readFileSync(fileURLToPath(new URL('../../docs/decode.md', import.meta.url)), 'utf8');
    expect(docs).toContain(`\`\`\`text\n${lines.slice(0, lines.indexOf('')).join('\n')}\n\`\`\``);
  });

  it('does not repeat the text unless --full is given', async () => {
    const short = await run([], golden);
    expect(short.stdout).not.toContain('r15');
    expect(short.stdout).not.toContain('Stack, line');
    const full = await run(['--full'], golden);
    for (const part of ['r15', 'Stack, line', 'Call Trace', 'Not in this text', 'Registers of kernel mode'])
      expect(full.stdout).toContain(part);
  });

  it('has one order in text and in Markdown', () => {
    for (const shown of shownOf(golden)) {
      for (const full of [false, true]) {
        const blocks = reportBlocks(shown, full);
        const titles = blocks.flatMap((block) =>
          'title' in block && block.title !== '' ? [block.title] : [],
        );
        expect(titles.length).toBeGreaterThan(full ? 5 : 1);
        const places = (lines: readonly string[]) =>
          titles.map((title) => lines.findIndex((line) => line.replaceAll('\\', '').includes(title)));
        for (const lines of [textOf(blocks), markdownOf(blocks)]) {
          const found = places(lines);
          expect(found.every((at) => at >= 0)).toBe(true);
          expect(found).toEqual(found.toSorted((one, other) => one - other));
        }
      }
    }
  });

  it('has the words of the verdict in --json, too', async () => {
    const { stdout } = await run(['--json'], golden);
    const { reports } = JSON.parse(stdout) as {
      reports: { verdict: string[]; title: string; class: string }[];
    };
    const [shown] = shownOf(golden);
    expect(reports[0]!.verdict).toEqual(shown!.verdict.map(({ label, text }) => `${label}: ${text}`));
    expect(reports[0]).toMatchObject({ title: 'kernel BUG in shm_close', class: 'assertion' });
  });
});

describe('a text with many reports', () => {
  const other = golden.replaceAll('shm_close+0x3e/0xb0', 'frob_close+0x3e/0xb0');
  const log = `${golden}${other}${golden}${golden}`;

  it('begins with an overview: each signature once, with its count and its reports', async () => {
    const { stdout, status } = await run([], log);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^4 reports, 2 signatures, lines 1 to \d+\n/u);
    expect(stdout).toMatch(/^ +3 x kernel BUG in shm_close .*reports 1, 3 and 4$/mu);
    expect(stdout).toMatch(/^ +1 x kernel BUG in frob_close .*report 2$/mu);
    expect(stdout.match(/^Report \d+, lines/gmu)).toEqual(['Report 1, lines']);
  });

  it('shows the first report in which the kernel died', async () => {
    const warning = `------------[ cut here ]------------
WARNING: CPU: 1 PID: 77 at drivers/frob/core.c:31 frob_put+0x31/0x40 [frob]
CPU: 1 PID: 77 Comm: frobd Not tainted 6.8.0-demo #1
RIP: 0010:frob_put+0x31/0x40 [frob]
Call Trace:
 frob_close+0x10/0x20 [frob]
---[ end trace 0000000000000000 ]---
`;
    const { stdout } = await run([], `${warning}${golden}`);
    expect(stdout).toContain('Read report 2 first.');
    expect(stdout.match(/^Report \d+, lines/gmu)).toEqual(['Report 2, lines']);
    expect((await run([], `${warning}${warning}`)).stdout).toContain('Read report 1 first.');
  });

  it('tells twelve equal reports once, and that the later ones came of the first', async () => {
    const { stdout } = await run([join(fixtures, '32-no-overview-of-many-reports.txt')]);
    expect(stdout).toMatch(/^12 reports, 1 signature, lines 1 to 576\n/u);
    expect(stdout).toMatch(/^ +12 x BUG: unable to handle kernel NULL pointer dereference in frob_lookup /mu);
    expect(stdout).toMatch(/^ +likely +Reports 2, 3, 4, 5, 6, 7 and 5 more: consequences of report 1/mu);
    expect(stdout.split('\n').length).toBeLessThan(50);
  });

  it('stays short, however many there are', async () => {
    const { stdout } = await run(
      [],
      Object.values(CARRIERS)
        .flatMap((carrier) => layouts.map((text) => carrier(text.split('\n'))))
        .join('\n'),
    );
    expect(stdout.split('\n').length).toBeLessThan(90);
  });

  it('--report shows one, --each all, and a number that is too big is an error', async () => {
    const two = await run(['--report', '2'], log);
    expect(two.stdout.match(/^Report \d+, lines/gmu)).toEqual(['Report 2, lines']);
    const each = await run(['--each'], log);
    expect(each.stdout.match(/^Report \d+, lines/gmu)).toHaveLength(4);
    const five = await run(['--report', '5'], log);
    expect(five).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'oopslab: --report: the text has 4 reports, and 5 is not one of them\n',
    });
    for (const wrong of ['0', 'x', '-1', '1.5']) expect((await run(['--report', wrong], log)).status).toBe(2);
    expect((await run(['--report', '1', '--each'], log)).status).toBe(2);
  });

  it('--json has the same groups', async () => {
    const { stdout } = await run(['--json'], log);
    const { groups, reports } = JSON.parse(stdout) as {
      groups: { signature: string; title: string; reports: number[] }[];
      reports: { signature: string }[];
    };
    expect(groups.map((group) => group.reports)).toEqual([[0, 2, 3], [1]]);
    for (const { signature, reports: some } of groups)
      for (const at of some) expect(reports[at]!.signature).toBe(signature);
  });
});
