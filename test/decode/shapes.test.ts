// Shapes in which people post reports that no kernel prints as such: tools and mails changed them. The contents are made up.
import { describe, expect, it } from 'vitest';
import { readReports, reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const CODE = '48 89 fb 48 8b 47 10 <8b> 40 04 5b c3';
const REGISTERS = `RSP: 0018:ffffc90000123d08 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff888100aa0000 RCX: 0000000000000007
RDX: 0000000000000001 RSI: 0000000000000002 RDI: ffff888100aa0000`;
const HEAD = `BUG: kernel NULL pointer dereference, address: 0000000000000004
Oops: 0000 [#1] PREEMPT SMP
CPU: 3 PID: 812 Comm: painter Not tainted 6.1.7-easel #5`;

describe('a report that symbols were resolved in', () => {
  it('has one set of registers though inlined functions have RIP lines of their own', () => {
    const report = only(`${HEAD}
RIP: 0010:brush_width paint/brush.h:41 [inline]
RIP: 0010:stroke_begin+0x27/0x90 paint/stroke.c:118
Code: ${CODE}
${REGISTERS}
Call Trace:
 <TASK>
 canvas_lock paint/canvas.c:77 [inline]
 canvas_draw+0x33/0x140 paint/canvas.c:90
 </TASK>
---[ end trace 0000000000000000 ]---
RIP: 0010:brush_width paint/brush.h:41 [inline]
RIP: 0010:stroke_begin+0x27/0x90 paint/stroke.c:118
`);
    expect(report.trap?.symbol).toBe('stroke_begin');
    expect(report.trap?.offset).toBe(0x27);
    expect(report.registers[0]?.values.get('rbx')).toBe(0xffff888100aa0000n);
    expect(report.registers[0]?.code?.marked).toBe(7);
    expect(report.trap?.source).toEqual({ file: 'paint/stroke.c', line: 118 });
    expect(report.trap?.inlines).toEqual([
      { symbol: 'brush_width', source: { file: 'paint/brush.h', line: 41 } },
    ]);
    expect(
      report.traces[0]?.entries.map(({ symbol, inlined, source }) => [symbol, inlined, source?.line]),
    ).toEqual([
      ['canvas_lock', true, 77],
      ['canvas_draw', undefined, 90],
    ]);
  });

  it('keeps the functions whose offsets the tool replaced by places in the source', () => {
    const report = only(`[  90.500000] ${HEAD.replaceAll('\n', '\n[  90.500000] ')}
[  90.500000] RIP: 0010:stroke_begin (paint/stroke.c:118 (discriminator 2)) easel
[  90.500000] Code: ${CODE}
All code
========
   0:	48 89 fb             	mov    %rdi,%rbx
   7:*	8b 40 04             	mov    0x4(%rax),%eax		<-- trapping instruction
[  90.500000] ${REGISTERS.replaceAll('\n', '\n[  90.500000] ')}
[  90.500000] Call Trace:
[  90.500000]  canvas_draw (paint/canvas.c:90 paint/canvas.c:112) easel
[  90.500000]  ? palette_find (include/paint/palette.h:9 paint/palette.c:31)
[  90.500000]  do_syscall_64 (arch/x86/entry/common.c:50 (discriminator 1) arch/x86/entry/common.c:80)
`);
    expect(report.trap?.symbol).toBe('stroke_begin');
    expect(report.trap?.offset).toBeUndefined();
    expect(report.registers[0]?.values.get('rcx')).toBe(7n);
    expect(report.traces[0]?.entries.map(({ symbol, reliable }) => [symbol, reliable])).toEqual([
      ['canvas_draw', true],
      ['palette_find', false],
      ['do_syscall_64', true],
    ]);
  });
});

describe('a report that was wrapped or cut', () => {
  it('takes a marked byte at the start of a line for no level', () => {
    for (const byte of ['8b', '80', '48', '0f']) {
      const report = only(`[  90.500000] ${HEAD.replaceAll('\n', '\n[  90.500000] ')}
[  90.500000] RIP: 0010:stroke_begin+0x27/0x90
[  90.500000] Code: 48 89 fb 48 8b 47 10
<${byte}> 40 04 5b c3
[  90.500000] ${REGISTERS.replaceAll('\n', '\n[  90.500000] ')}
`);
      expect(report.registers[0]?.code?.marked).toBe(7);
      expect(report.registers[0]?.code?.bytes.length).toBe(12);
    }
  });

  it('does not take a cut "Kdump:" for a part of the command', () => {
    const { comm, pid } = only(
      `${HEAD.replace(/Not tainted.*/u, 'Kdump:')}\nRIP: 0010:stroke_begin+0x27/0x90\n`,
    );
    expect({ comm, pid }).toEqual({ comm: 'painter', pid: 812 });
  });
});

describe('what stands before the text of the kernel', () => {
  it('is a level, a clock, and who printed it', () => {
    const head = `NMI watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [painter:812]`;
    for (const prefix of [
      '',
      'Nov 14 12:34:38 node kernel: [  90.500000] ',
      '[  90.500000] [pid:812,cpu3,painter]',
    ]) {
      const report = only(`${prefix}${head}\n${prefix}RIP: 0010:stroke_begin+0x27/0x90\n`);
      expect(report.kind).toBe('soft-lockup');
      expect([report.cpu, report.pid, report.comm]).toEqual([3, 812, 'painter']);
      expect(report.place?.symbol).toBe('stroke_begin');
    }
  });

  it('is no part of lines that only look so', () => {
    const line = '='.repeat(66);
    const report = only(`${line}\nBUG: KASAN: use-after-free in stroke_begin+0x27/0x90\n${line}\n`);
    expect([report.firstLine, report.lastLine]).toEqual([2, 2]);
    expect(report.kind).toBe('kasan');
  });
});

describe('bytes', () => {
  it('are read as UTF-16 where its mark is', async () => {
    const text = `${HEAD}\nRIP: 0010:stroke_begin+0x27/0x90\n${REGISTERS}\n`;
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const found: KernelReport[] = [];
      // Pieces that end inside a character.
      const pieces = [bytes.subarray(0, 5), bytes.subarray(5, 100), bytes.subarray(100)];
      for await (const report of readReports(pieces)) found.push(report);
      expect(found.map(({ kind, release }) => [kind, release])).toEqual([['null-deref', '6.1.7-easel']]);
    }
  });
});
