// The oops of a trapped machine, computed from its memory and registers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError, UnmappedError } from '../../src/base/errors.js';
import { collectOops, formatOops, oopsWords } from '../../src/oops/collect.js';
import { formatParsed } from '../../src/oops/format.js';
import { parseOops } from '../helpers/parse-oops.js';
import { countProvenance } from '../../src/oops/words.js';
import {
  GS_BASE,
  REGS,
  RIP,
  RSP,
  SLOTS,
  STACK,
  crashedInput,
  crashedMemory,
  given,
  golden,
  symbolsWith,
  symbols,
} from '../helpers/oops-state.js';

const text = golden('oops.txt');
const linesOf = (report: ReturnType<typeof collectOops>, full = true) =>
  formatOops(report, { full }).split('\n');

describe('the published oops', () => {
  it('comes out of the state at the trap, character by character', () => {
    expect(formatOops(collectOops(crashedInput()))).toBe(text);
  });

  it('has a cut-here line and an end trace in full', () => {
    expect(formatOops(collectOops(crashedInput()), { full: true })).toBe(
      `------------[ cut here ]------------\n${text}---[ end trace 1122334455667788 ]---\n`,
    );
  });

  it('has no end trace when no id is given', () => {
    const { endTrace: _, ...without } = given;
    expect(linesOf(collectOops(crashedInput({ given: without }))).at(-2)).toBe(' RSP <ffff880211337d88>');
  });

  it('changes when a slot of the stack is damaged', () => {
    const memory = crashedMemory();
    memory.writeU64(SLOTS[4]![0], 0x6b6b6b6b6b6b6b6bn);
    const report = collectOops(crashedInput({ memory }));
    const trace = linesOf(report).filter((line) => line.startsWith(' [<'));
    expect(trace).toEqual([
      ...text
        .split('\n')
        .filter((line) => line.startsWith(' [<'))
        .slice(0, 4),
      ' [<6b6b6b6b6b6b6b6b>] 0x6b6b6b6b6b6b6b6a',
    ]);
    expect(report.trace.end.kind).toBe('unknown address');
  });
});

describe('the words of the published oops', () => {
  const words = oopsWords(collectOops(crashedInput()));
  const word = (line: number, index: number) => words.filter((each) => each.line === line)[index];

  it('are the 245 of the golden file, in order and on their lines', () => {
    const expected = text
      .split('\n')
      .flatMap((line, index) => (line.match(/\S+/gu) ?? []).map((each) => [each, index + 1]));
    expect(expected).toHaveLength(245);
    expect(words.map((each) => [each.text, each.line])).toEqual(expected);
  });

  it('are counted', () => {
    const counts = countProvenance(words);
    expect(counts.computed + counts.carried + counts.given).toBe(245);
    // r8, r10, r11, r13 to r15; gs; five of the twelve stack words
    expect(counts.carried).toBe(12);
    // 1 bug, 3 trap, 1 cpu, 3 rip, 2 rsp and flags, 9 registers, 2 threadinfo and task, 7 stack, 18 trace, 64 code, 3 at the end
    expect(counts.computed).toBe(113);
    expect(counts.given).toBe(120);
  });

  it('know their sources', () => {
    expect(word(1, 3)).toEqual({
      text: '/usr/src/packages/BUILD/kernel-default-3.0.101/linux-3.0/ipc/shm.c:205!',
      provenance: 'computed',
      label: false,
      source: 'bug table entry',
      line: 1,
    });
    expect(word(10, 2)).toMatchObject({ text: 'RBX:', provenance: 'given', label: true });
    expect(word(10, 3)).toMatchObject({ provenance: 'computed', source: 'register rbx at the trap' });
    expect(word(12, 3)).toMatchObject({ provenance: 'carried', source: 'register r8 at the trap' });
    expect(word(4, 3)).toMatchObject({ text: 'lp', provenance: 'given', source: 'given: module list' });
    expect(word(15, 2)).toMatchObject({ text: 'GS:ffff88043fd00000(0000)', provenance: 'carried' });
    expect(word(15, 3)).toMatchObject({ provenance: 'given', label: false });
    expect(word(22, 0)).toMatchObject({ provenance: 'computed', source: 'stack word ffff880211337d88' });
    expect(word(23, 0)).toMatchObject({ provenance: 'carried', source: 'stack word ffff880211337da8' });
    expect(word(26, 0)).toMatchObject({ source: 'call trace: read at ffff880211337da0' });
    expect(word(35, 1)).toMatchObject({ text: '8b', source: 'code byte ffffffff811e4643' });
    expect(word(8, 0)).toMatchObject({ text: 'RIP:', label: true });
    expect(word(8, 1)).toMatchObject({
      text: '0010:[<ffffffff811e466e>]',
      provenance: 'computed',
      label: false,
    });
  });

  it('a label says that it is text of the kernel, and only labels do', () => {
    for (const { label, source } of words) expect(source === 'format text of the kernel').toBe(label);
    expect(words.filter(({ label }) => label).map((each) => each.text)).toEqual(
      expect.arrayContaining([
        'kernel',
        'BUG',
        'at',
        'CPU',
        'Modules',
        'Supported:',
        'Pid:',
        'Stack:',
        'RSP',
      ]),
    );
  });
});

describe('other reports', () => {
  const fault = (address: bigint, changes: Parameters<typeof crashedInput>[0] = {}) =>
    collectOops(
      crashedInput({
        trap: { kind: 'page fault', errorCode: 2, address },
        given: { ...given, pageTable: 'PGD 1a06067 PUD 1a0a063 PMD 0 ' },
        ...changes,
      }),
    );

  // Facts, section 8, and show_fault_oops(), arch/x86/mm/fault.c
  it('a page fault', () => {
    const lines = linesOf(fault(0xffff8803f382d000n));
    expect(lines.slice(0, 5)).toEqual([
      'BUG: unable to handle kernel paging request at ffff8803f382d000',
      'IP: [<ffffffff811e466e>] shm_close+0x3e/0xb0',
      'PGD 1a06067 PUD 1a0a063 PMD 0 ',
      'Oops: 0002 [#1] SMP ',
      'CPU 1 ',
    ]);
    expect(lines).toContain('CR2: ffff8803f382d000 CR3: 00000003f3bea000 CR4: 00000000001407e0');
    expect(lines.slice(-5)).toEqual([
      'RIP  [<ffffffff811e466e>] shm_close+0x3e/0xb0',
      ' RSP <ffff880211337d88>',
      'CR2: ffff8803f382d000',
      '---[ end trace 1122334455667788 ]---',
      '',
    ]);
  });

  it('a page fault below PAGE_SIZE is a NULL pointer dereference', () => {
    expect(linesOf(fault(0xfffn))[0]).toBe(
      'BUG: unable to handle kernel NULL pointer dereference at 0000000000000fff',
    );
    expect(linesOf(fault(0x1000n))[0]).toBe(
      'BUG: unable to handle kernel paging request at 0000000000001000',
    );
    expect(linesOf(fault(0n))[0]).toBe(
      'BUG: unable to handle kernel NULL pointer dereference at           (null)',
    );
  });

  it('a call of NULL: no symbol, no code, no trace', () => {
    const memory = crashedMemory();
    memory.writeU64(REGS + 0x80n, 0n);
    const lines = linesOf(fault(0n, { memory }));
    expect(lines[1]).toBe('IP: [<          (null)>]           (null)');
    expect(lines).toContain('RIP: 0010:[<0000000000000000>]  [<          (null)>]           (null)');
    expect(lines).toContain('Code:  Bad RIP value.');
    expect(lines[lines.indexOf('Call Trace:') + 1]).toBe('Code:  Bad RIP value.');
  });

  it('a general protection fault has no line before it', () => {
    const trap = { kind: 'general protection fault', errorCode: 0 } as const;
    const lines = linesOf(collectOops(crashedInput({ trap })));
    expect(lines.slice(0, 2)).toEqual(['general protection fault: 0000 [#1] SMP ', 'CPU 1 ']);
    expect(lines.at(-3)).toBe(' RSP <ffff880211337d88>');
  });

  it('an invalid opcode that is not a ud2 is not a BUG', () => {
    const memory = crashedMemory();
    memory.writeU8(RIP, 0x06);
    const report = collectOops(crashedInput({ memory }));
    expect(report.bug).toBeNull();
    expect(linesOf(report)[0]).toBe('invalid opcode: 0000 [#1] SMP ');
  });

  // report_bug(), lib/bug.c: a BUG whose file is not known
  it('a ud2 that the bug table does not name, or names with a wild string, has no file', () => {
    const wild = crashedMemory();
    wild.writeU32(0xffffffff81671010n, 0x7ffffff0);
    const absent = crashedMemory();
    absent.writeU32(0xffffffff8167100cn, 0);
    for (const memory of [wild, absent]) {
      expect(linesOf(collectOops(crashedInput({ memory }))).slice(0, 3)).toEqual([
        '------------[ cut here ]------------',
        'Kernel BUG at ffffffff811e466e [verbose debug info unavailable]',
        'invalid opcode: 0000 [#1] SMP ',
      ]);
    }
  });

  it('code that starts at RIP when 43 bytes before it are not mapped, and stops where the page ends', () => {
    const code = (rip: bigint) => {
      const memory = crashedMemory();
      memory.writeU64(REGS + 0x80n, rip);
      return linesOf(collectOops(crashedInput({ memory }))).find((line) => line.startsWith('Code:'));
    };
    expect(code(0xffffffff811e4000n)).toBe(`Code: <00> ${'00 '.repeat(21)}`);
    expect(code(0xffffffff811e4fffn)).toBe(`Code: ${'00 '.repeat(43)}<00>  Bad RIP value.`);
    expect(code(0xffffffff811e4fecn)).toBe(
      `Code: ${'00 '.repeat(43)}<00> ${'00 '.repeat(19)} Bad RIP value.`,
    );
    expect(code(0xffffffff811e5000n)).toBe(`Code: ${'00 '.repeat(43)} Bad RIP value.`);
    expect(code(0x400000n)).toBe('Code:  Bad RIP value.');
  });

  it('a stack that ends early, and a missing one', () => {
    const stack = (rsp: bigint) => {
      const memory = crashedMemory();
      memory.writeU64(REGS + 0x98n, rsp);
      const lines = linesOf(collectOops(crashedInput({ memory })));
      return lines.slice(lines.indexOf('Stack:') + 1, lines.indexOf('Call Trace:'));
    };
    expect(stack(STACK + 0x1fd8n)).toEqual([
      ' 00007f29408be998 0000000000000000 0000000000000000 0000000000000000',
      ' 0000000000000000',
    ]);
    expect(stack(STACK + 0x2000n)).toEqual(['']);
    expect(stack(0x1000n)).toEqual(['']);
  });

  it('an unreadable thread_info or task', () => {
    const memory = crashedMemory();
    memory.writeU64(REGS + 0x98n, 0xffff880300000d88n);
    const report = collectOops(crashedInput({ memory, gsBase: 0n }));
    expect(linesOf(report)).toContain('CPU 0 ');
    expect(linesOf(report)).toContain(
      'Process <redacted> (pid: 26341, threadinfo ffff880300000000, task           (null))',
    );
    expect(oopsWords(report).find(({ line }) => line === 3)).toMatchObject({ text: 'CPU', label: true });
    expect(oopsWords(report).find(({ line, label }) => line === 3 && !label)).toMatchObject({
      provenance: 'given',
    });
    expect(() => collectOops(crashedInput({ regs: 0n }))).toThrow(UnmappedError);
  });

  it('a function of a module, preemption, no SUSE line, no board', () => {
    const { supported: _, board: __, lastUnloaded: ___, ...vanilla } = given;
    const report = collectOops(
      crashedInput({
        symbols: symbolsWith({ ...symbols.symbol('remove_vma'), module: 'cifs' }),
        given: { ...vanilla, modules: [], smp: false, preempt: true, dieCounter: 2, taint: 'Not tainted' },
      }),
    );
    const lines = linesOf(report);
    expect(lines).toContain(' [<ffffffff81127fa4>] remove_vma+0x24/0x80 [cifs]');
    expect(lines[2]).toBe('invalid opcode: 0000 [#2] PREEMPT ');
    expect(lines[4]).toBe('Modules linked in:');
    expect(lines[5]).toBe('');
    expect(lines[6]).toBe(
      'Pid: 26341, comm: <redacted> Not tainted 3.0.101-84-default #1 VMware, Inc. VMware Virtual Platform',
    );
    expect(formatParsed(parseOops(formatOops(report, { full: true })))).toBe(lines.join('\n'));
  });

  it('given text cannot add lines; text that is not a taint is refused', () => {
    const report = collectOops(
      crashedInput({ given: { ...given, comm: 'a\nRIP: b', modules: ['x\ny', '', 'p q'] } }),
    );
    expect(parseOops(formatOops(report))).toMatchObject({ comm: 'a?RIP: b', modules: ['x?y', 'p_q'] });
    expect(() => collectOops(crashedInput({ given: { ...given, taint: 'X' } }))).toThrow(InputError);
  });
});

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 0xfffn, (1n << 64n) - 1n),
);

describe('any state', () => {
  it('gives a text with the same fields, whatever the stack, the registers and the given text hold', () => {
    fc.assert(
      fc.property(
        fc.record({
          words: fc.array(u64, { minLength: 32, maxLength: 32 }),
          rsp: fc.oneof(
            u64,
            fc.nat(0x2000).map((offset) => STACK + BigInt(offset)),
            fc.constant(RSP),
          ),
          rip: fc.oneof(
            u64,
            fc.nat(0x1fff).map((offset) => 0xffffffff811e3800n + BigInt(offset)),
          ),
          kind: fc.constantFrom('invalid opcode', 'page fault', 'general protection fault'),
          errorCode: fc.integer(),
          address: u64,
          comm: fc.string({ unit: 'binary', maxLength: 30 }),
          modules: fc.array(fc.string({ unit: 'binary' })),
          board: fc.string({ unit: 'binary' }),
          pageTable: fc.string({ unit: 'binary' }),
          release: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('A', 'A B')),
          supported: fc.string({ unit: 'binary' }),
          lastUnloaded: fc.string({ unit: 'binary' }),
          gsBase: fc.oneof(u64, fc.constant(GS_BASE)),
          full: fc.boolean(),
        }),
        ({ words, rsp, rip, kind, errorCode, address, gsBase, full, ...rest }) => {
          const memory = crashedMemory();
          words.forEach((value, index) => memory.writeU64(RSP + BigInt(index * 8), value));
          memory.writeU64(REGS + 0x98n, rsp);
          memory.writeU64(REGS + 0x80n, rip);
          const report = collectOops(
            crashedInput({
              memory,
              trap: { kind, errorCode, address },
              gsBase,
              given: { ...given, ...rest },
            }),
          );
          const printed = formatOops(report, { full });
          expect(formatParsed(parseOops(printed))).toBe(printed);
          expect(oopsWords(report, { full }).map((each) => each.text)).toEqual(printed.match(/\S+/gu));
        },
      ),
      { numRuns: 300 },
    );
  });
});
