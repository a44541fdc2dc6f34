// Places in code: with the lines of the source that tools put into a report, with what was inlined there, as klogd wrote
// them; and the Code: line that belongs to each set of registers. The reports are made up.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { findLocation } from '../../src/decode/read/code-location.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { CodeLocation, KernelReport } from '../../src/decode/read/report.js';
import { locationWords } from '../../src/decode/show/report-words.js';

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const fault = (name: string): string =>
  readFileSync(new URL(`../fixtures/decode/${name}.txt`, import.meta.url), 'utf8');

const hexOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');

describe('a place', () => {
  const at = (file: string, line: number) => ({ file, line });
  const rows: [text: string, place: CodeLocation, words: string][] = [
    [
      'frob_lookup (drivers/frob/core.c:412) frob',
      { symbol: 'frob_lookup', source: at('drivers/frob/core.c', 412), module: 'frob' },
      'frob_lookup (drivers/frob/core.c:412) [frob]',
    ],
    [
      'frob_lookup (drivers/frob/core.c:412 (discriminator 3)) [frob]',
      { symbol: 'frob_lookup', source: at('drivers/frob/core.c', 412), module: 'frob' },
      'frob_lookup (drivers/frob/core.c:412) [frob]',
    ],
    [
      'frob_lookup (include/frob.h:9 (discriminator 1) drivers/frob/core.c:412)',
      {
        symbol: 'frob_lookup',
        source: at('drivers/frob/core.c', 412),
        inlines: [{ source: at('include/frob.h', 9) }],
      },
      'frob_lookup (include/frob.h:9 drivers/frob/core.c:412)',
    ],
    [
      'frob_lookup+0x2a/0x90 (drivers/frob/core.c:412) frob',
      {
        symbol: 'frob_lookup',
        offset: 0x2a,
        size: 0x90,
        source: at('drivers/frob/core.c', 412),
        module: 'frob',
      },
      'frob_lookup+0x2a/0x90 (drivers/frob/core.c:412) [frob]',
    ],
    [
      'frob_lookup+0x2a/0x90 drivers/frob/core.c:412',
      { symbol: 'frob_lookup', offset: 0x2a, size: 0x90, source: at('drivers/frob/core.c', 412) },
      'frob_lookup+0x2a/0x90 (drivers/frob/core.c:412)',
    ],
    ['frob_lookup (??:?) frob', { symbol: 'frob_lookup', module: 'frob' }, 'frob_lookup [frob]'],
    ['frob_lookup (??:0)', { symbol: 'frob_lookup' }, 'frob_lookup'],
    [
      '[frob:frob_thread+0xc4/0x630] :frob:frob_thread+0xc4/0x630',
      { symbol: 'frob_thread', offset: 0xc4, size: 0x630, module: 'frob' },
      'frob_thread+0xc4/0x630 [frob]',
    ],
    [
      '[kthread+0x4b/0x80] ? kthread+0x4b/0x80',
      { symbol: 'kthread', offset: 0x4b, size: 0x80 },
      'kthread+0x4b/0x80',
    ],
    ['[kthread+75/128]', { symbol: 'kthread', offset: 75, size: 128 }, 'kthread+0x4b/0x80'],
    [
      '[<ffffffff88001234>] :frob:frob_thread+0xc4/0x630',
      { address: 0xffffffff88001234n, symbol: 'frob_thread', offset: 0xc4, size: 0x630, module: 'frob' },
      'frob_thread+0xc4/0x630 [frob]',
    ],
    ['frob_lookup+0x0/0x90', { symbol: 'frob_lookup', offset: 0, size: 0x90 }, 'frob_lookup+0x0/0x90'],
  ];

  it.each(rows)('is read: %s', (text, place, words) => {
    const found = findLocation(text);
    expect(found?.location).toEqual(place);
    expect(found?.length).toBe(text.length);
    expect(locationWords(found!.location)).toBe(words);
  });

  it('takes bounded time, whatever stands in its brackets', () => {
    for (const word of ['a:1', 'a:1 ', ':1', 'a:1(', '(discriminator 1) ']) {
      const start = performance.now();
      findLocation(`frob (${word.repeat(4000)}`);
      findLocation(`frob (${word.repeat(4000)})`);
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });
});

describe('a report whose symbols a tool resolved', () => {
  it('keeps file and line, the module, and says no offset that the text does not have', () => {
    const { trap, traces } = only(fault('07-place-without-offset-shown-as-plus-0'));
    expect(trap).toEqual({
      symbol: 'frob_lookup',
      source: { file: 'drivers/frob/core.c', line: 412 },
      module: 'frob',
    });
    const entry = traces[0]!.entries.find(({ symbol }) => symbol === 'frob_open');
    expect(entry).toMatchObject({ module: 'frob', reliable: true, context: 'TASK' });
    expect(entry?.source).toEqual({ file: 'drivers/frob/core.c', line: 90 });
    expect(traces[0]!.entries).toHaveLength(15);
  });

  it('gives its code to the kernel, and that of user mode to none of the kernel', () => {
    const report = only(fault('02-user-code-given-to-kernel-registers'));
    expect(report.registers.map(({ role, code }) => [role, hexOf(code?.bytes)?.slice(0, 8)])).toEqual([
      ['trap', '66900f1f'],
      ['user', '0000000f'],
    ]);
    expect(report.trap).toMatchObject({ symbol: 'frob_lookup', module: 'frob' });
    expect(report.registers[1]?.rip?.address).toBe(0x7f1f2a4c5d2en);
    expect(explainReport(report).instructions.find(({ trapping }) => trapping)?.text).toBe(
      'mov 0x58(%rax),%rdx',
    );
  });

  it('has what was inlined as entries of their own', () => {
    const { traces } = only(`BUG: KASAN: slab-out-of-bounds in frob_fill+0x15/0x30 drivers/frob/core.c:12
Call Trace:
 <TASK>
 frob_copy drivers/frob/frob.h:9 [inline]
 ? frob_move drivers/frob/frob.h:19 [inline]
 frob_fill+0x15/0x30 drivers/frob/core.c:12
 [<     inline     >] frob_start drivers/frob/core.c:70
 frob_open+0x51/0x120 drivers/frob/core.c:90
`);
    expect(
      traces[0]!.entries.map(({ symbol, inlined, reliable, source, context }) => [
        symbol,
        inlined === true,
        reliable,
        source?.line,
        context,
      ]),
    ).toEqual([
      ['frob_copy', true, true, 9, 'TASK'],
      ['frob_move', true, false, 19, 'TASK'],
      ['frob_fill', false, true, 12, 'TASK'],
      ['frob_start', true, true, 70, 'TASK'],
      ['frob_open', false, true, 90, 'TASK'],
    ]);
  });
});

it('of a checker has what was inlined at it, though each has a line of its own', () => {
  const report = only(`BUG: KASAN: use-after-free in frob_read_once include/frob.h:5 [inline]
BUG: KASAN: use-after-free in frob_get include/frob.h:12 [inline]
BUG: KASAN: use-after-free in frob_open+0x51/0x120 drivers/frob/core.c:77
Read of size 8 at addr ffff888101234568 by task frobd/77

Call Trace:
 frob_read_once include/frob.h:5 [inline]
`);
  const place = {
    symbol: 'frob_open',
    offset: 0x51,
    size: 0x120,
    source: { file: 'drivers/frob/core.c', line: 77 },
    inlines: [
      { symbol: 'frob_read_once', source: { file: 'include/frob.h', line: 5 } },
      { symbol: 'frob_get', source: { file: 'include/frob.h', line: 12 } },
    ],
  };
  expect(report.checker?.at).toEqual(place);
  expect(report.place).toEqual(place);
});

describe('the Code: line', () => {
  const kernelCode = 'Code: 48 89 fb 48 <8b> 47 10 5b c3 90 90';
  const userCode = (entry: string): string =>
    `Code: 00 05 48 3d 00 f0 ff ff ${entry} <48> 3d 00 f0 ff ff 77 36`;
  const head = `BUG: kernel NULL pointer dereference, address: 0000000000000058
Oops: 0000 [#1] SMP
CPU: 0 UID: 0 PID: 77 Comm: frobd Not tainted 6.12.0-demo #7
`;
  const registers = `RSP: 0018:ffffb1c2c0a4fd60 EFLAGS: 00000246
RAX: 0000000000000000 RBX: ffff888105555500 RCX: 0000000000000000
RDX: 0000000000000000 RSI: ffff9a0e41c2d818 RDI: ffff888105555500
`;
  const user = `RSP: 002b:00007ffc1d2e3f40 EFLAGS: 00000246 ORIG_RAX: 0000000000000101
RAX: ffffffffffffffda RBX: 0000000000000000 RCX: 00007f1f2a4c5d2e
RDX: 0000000000000002 RSI: 0000561122334455 RDI: 00000000ffffff9c
`;
  const codes = (text: string): [string, string | undefined][] =>
    only(text).registers.map(({ role, code }) => [role, hexOf(code?.bytes)?.slice(0, 4)]);

  it.each(['0f 05', '0f 34', 'cd 80'])('of user mode, after %s, is never given to the kernel', (entry) => {
    const trace = 'Call Trace:\n frob_open+0x51/0x120\n';
    const lost = [
      // the RIP line of user mode, or its registers, or all but the code
      `${userCode(entry)}\n${user}`,
      `RIP: 0033:0x7f1f2a4c5d2e\n${userCode(entry)}\n`,
      `${userCode(entry)}\n`,
    ];
    for (const rest of lost) {
      for (const body of [
        registers,
        `RIP: 0010:frob_lookup+0x2a/0x90\n${registers}`,
        'RIP: 0010:frob_lookup+0x2a/0x90\n',
      ]) {
        for (const [role, code] of codes(`${head}${body}${trace}${rest}`)) {
          expect([role, code === undefined || role === 'user']).toEqual([role, true]);
        }
      }
    }
    expect(
      codes(`${head}RIP: 0010:frob_lookup+0x2a/0x90\n${kernelCode}\n${registers}${trace}${lost[0]}`),
    ).toEqual([
      ['trap', '4889'],
      ['user', '0005'],
    ]);
  });

  it('before 4.18 follows the trace, also one that shows a set of user mode', () => {
    expect(
      codes(
        `${head}RIP: 0010:frob_lookup+0x2a/0x90\n${registers}Call Trace:\n frob_open+0x51/0x120\nRIP: 0033:0x7f1f2a4c5d2e\n${user}${kernelCode}\nRIP: frob_lookup+0x2a/0x90 RSP: ffffb1c2c0a4fd60\n`,
      ),
    ).toEqual([
      ['trap', '4889'],
      ['user', undefined],
    ]);
  });

  it('is found where the line of RIP before it cannot be read', () => {
    expect(
      codes(`${head}RIP: somewhere\n${kernelCode}\n${registers}Call Trace:\n frob_open+0x51/0x120\n`),
    ).toEqual([['trap', '4889']]);
  });

  it('is found on the line of RIP', () => {
    for (const rip of [
      'RIP: 0010:frob_lookup (drivers/frob/core.c:412) frob',
      'RIP: 0010:frob_lookup (drivers/frob/frob.h:9\ndrivers/frob/core.c:412) frob',
      'RIP: 0010:frob_lookup+0x2a/0x90 [frob]',
    ]) {
      const report = only(`${head}${rip} ${kernelCode}\n${registers}`);
      expect(report.trap).toMatchObject({ symbol: 'frob_lookup', module: 'frob' });
      expect(report.code?.marked).toBe(4);
    }
  });
});

describe('a text of klogd', () => {
  it.each(['26-klogd-symbol-in-brackets', '34-trap-taken-from-a-trace-entry'])(
    'has its trap and its trace: %s',
    (name) => {
      const report = only(fault(name));
      const place = { symbol: 'frob_thread', offset: 0xc4, size: 0x630, module: 'frob' };
      expect([report.kind, report.trap, report.registers[0]?.rip]).toEqual(['null-deref', place, place]);
      expect(report.traces[0]?.entries.map(({ symbol, module }) => [symbol, module])).toEqual([
        ['default_wake_function', undefined],
        ['frob_thread', 'frob'],
        ['kthread', undefined],
      ]);
    },
  );

  it('has no trap where its place cannot be read, and all of its trace', () => {
    for (const unreadable of ['[?]', '<no symbol>', '[frob+], :frob']) {
      const report = only(`Unable to handle kernel NULL pointer dereference at 0000000000000060 RIP: 
 ${unreadable}
Pid: 3140, comm: frobd Not tainted 2.6.24-19-demo #1
RIP: 0010:${unreadable}
RSP: 0018:ffff8101c3e59e30  EFLAGS: 00010246
RAX: 0000000000000000 RBX: 00000000fffffff0 RCX: 0000000000000002
Call Trace:
 [<ffffffff8022b310>] default_wake_function+0x0/0x10
 [<ffffffff8024c310>] kthread+0x4b/0x80
`);
      expect(report.trap?.symbol).toBeUndefined();
      expect(report.traces[0]?.entries.map(({ symbol }) => symbol)).toEqual([
        'default_wake_function',
        'kthread',
      ]);
    }
  });
});
