// A wrap that cuts a number or a name in two gives the whole one back, or none: never a shorter one. The texts are invented.
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import { readFileSync } from 'node:fs';

const PREFIX = 'Nov  3 09:21:44 n1 kernel: ';

/** Lines of a log, each with its prefix; what follows a `|` stands on the next line, without one. */
const wrapped = (lines: string): string =>
  lines
    .trim()
    .split('\n')
    .map((line) => `${PREFIX}${line.replaceAll('|', '\n')}\n`)
    .join('');

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const BODY = `CPU: 5 PID: 2071733 Comm: frobd Not tainted 5.17.0-1-demo #1
RIP: 0010:frob_get_8+0x3b/0x58 [frob]
RSP: 0018:ffffb1c2c0a4fd60 EFLAGS: 00010286
RAX: 0000000000000000 RBX: 00031c9d40000000 RCX: 0000000000000000`;

it('the fault address of a wrapped headline is whole', () => {
  const text = readFileSync(
    new URL('../fixtures/decode/28-number-cut-by-a-wrap.txt', import.meta.url),
    'utf8',
  );
  expect(only(text)).toMatchObject({
    kind: 'gpf',
    faultAddress: 0x31c9d40000000n,
    errorCode: 0,
    pid: 2_071_733,
    release: '5.17.0-1-demo',
  });
});

describe('a number that a wrap cut', () => {
  it.each([
    ['BUG: kernel NULL pointer dereference, address: 0000000000|000058'],
    ['BUG: kernel NULL pointer dereference, address: |0000000000000058'],
    ['BUG: unable to handle kernel NULL pointer dereference at 000000000000005|8'],
  ])('is whole: %s', (headline) => {
    expect(only(wrapped(`${headline}\n${BODY}`)).faultAddress).toBe(0x58n);
  });

  it.each([
    ['CPU: 5 PID: 20|71733 Comm: frobd Not tainted 5.17.0-1-demo #1'],
    ['CPU: 5 PI|D: 2071733 Comm: frobd Not tainted 5.17.0-1-demo #1'],
    ['CPU: 5 PID: 2071733 Com|m: frobd Not tainted 5.17.0-1-demo #1'],
    ['CPU: 5 PID: 2071733 Comm: frobd Not tainted 5.17.0-1-de|mo #1'],
    ['CPU: 5 PID: 2071733 Comm: frobd Not tainted 5.17.0-1-demo |#1'],
  ])('leaves the task and the release: %s', (line) => {
    const text = wrapped(`BUG: kernel NULL pointer dereference, address: 0000000000000058
${BODY.replace(/^CPU.*/u, line)}`);
    expect(only(text)).toMatchObject({ cpu: 5, pid: 2_071_733, comm: 'frobd', release: '5.17.0-1-demo' });
  });

  it.each([
    ['RIP: 0010:frob_g|et_8+0x3b/0x58 [frob]'],
    ['RIP: 0010:frob_get_8+0x3|b/0x58 [frob]'],
    ['RIP: 0010:frob_get_8+0x3b/0x|58 [frob]'],
    ['RIP: 0010:frob_get_8+0x3b/0x5|8 [frob]'],
    ['RIP: 0010:frob_get_8+0x3b/0x58 [fr|ob]'],
  ])('leaves the place: %s', (line) => {
    const text = wrapped(`BUG: kernel NULL pointer dereference, address: 0000000000000058
${BODY.replace(/^RIP.*/mu, line)}`);
    expect(only(text).trap).toMatchObject({ symbol: 'frob_get_8', offset: 0x3b, size: 0x58, module: 'frob' });
  });

  it.each([
    [' frob_o|pen+0x51/0x120 [frob]'],
    [' frob_open+0x5|1/0x120 [frob]'],
    [' frob_open+0x51/0x12|0 [frob]'],
    [' frob_open+0x51/0x120 [|frob]'],
  ])('leaves the entries of the trace: %s', (entry) => {
    const text = wrapped(`BUG: kernel NULL pointer dereference, address: 0000000000000058
${BODY}
Call Trace:
 <TASK>
${entry}
 chrdev_open+0xb2/0x250`);
    expect(
      only(text).traces[0]!.entries.map(({ symbol, offset, size, module }) => [symbol, offset, size, module]),
    ).toEqual([
      ['frob_open', 0x51, 0x120, 'frob'],
      ['chrdev_open', 0xb2, 0x250, undefined],
    ]);
  });

  it.each([
    ['watchdog: BUG: soft lockup - CPU#2|1 stuck for 22s! [bazd:3105]'],
    ['watchdog: BUG: soft lockup - CPU#21 stuck for 2|2s! [bazd:3105]'],
    ['watchdog: BUG: soft lockup - CPU#21 stuck for 22s! [bazd:31|05]'],
  ])('leaves the CPU and the task of a lockup: %s', (line) => {
    expect(only(wrapped(line))).toMatchObject({ kind: 'soft-lockup', cpu: 21, pid: 3105, comm: 'bazd' });
  });

  it.each([
    ['kernel BUG at fs/frob.c:1|234!'],
    ['kernel BUG at fs/fr|ob.c:1234!'],
    ['WARNING: CPU: 5 PID: 2071733 at fs/frob.c:12|34 frob_get_8+0x3b/0x58 [frob]'],
    ['WARNING: CPU: 5 PID: 2071|733 at fs/frob.c:1234 frob_get_8+0x3b/0x58 [frob]'],
  ])('leaves the place in the source: %s', (line) => {
    const report = only(wrapped(`${line}\n${BODY}`));
    expect(report.source).toEqual({ file: 'fs/frob.c', line: 1234 });
    expect(report.pid).toBe(2_071_733);
  });

  it('is none where its rest is lost', () => {
    for (const headline of [
      'BUG: unable to handle page fault for address: ffff888012',
      'general protection fault, probably for non-canonical address 0x31c9d4',
    ]) {
      const report = only(`${headline}\n${BODY}\n`);
      expect(report.faultAddress, headline).toBeUndefined();
      expect(report.findings.join(), headline).toMatch(/the address in line 1 is cut: only \w+ is there/u);
    }
  });
});

describe('a list of modules', () => {
  const NAMES = Array.from(
    { length: 40 },
    (_, index) => `frob_${'abcdefgh'.slice(0, 1 + (index % 8))}${index}`,
  );
  const list = `Modules linked in: ${NAMES.join(' ')}`;
  const text = (lines: string): string =>
    `BUG: kernel NULL pointer dereference, address: 0000000000000058\n${BODY}\n${lines}\n`;

  it.each([61, 70, 76, 90])('that was cut every %i characters has each name once', (width) => {
    const lines = list.match(new RegExp(`.{1,${width}}`, 'gu'))!.join('\n');
    expect(only(text(lines)).modules!.modules.map(({ name }) => name)).toEqual(NAMES);
  });

  it('that was wrapped at blanks has each name once', () => {
    const lines = list.replaceAll(/(.{1,60})(?: |$)/gu, '$1\n');
    expect(only(text(lines)).modules!.modules.map(({ name }) => name)).toEqual(NAMES);
  });
});
