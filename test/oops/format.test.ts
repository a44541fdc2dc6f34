// The text of any oops says all that its fields hold: the parser, which is the exact inverse, reads it back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.js';
import { collectOops } from '../../src/oops/collect.js';
import { type CodePoint, OOPS_REGISTERS, type OopsFields } from '../../src/oops/fields.js';
import { formatParsed } from '../../src/oops/format.js';
import { parseOops } from '../helpers/parse-oops.js';
import { GS_BASE, crashedInput, golden } from '../helpers/oops-state.js';

const text = golden('oops.txt');

describe('the published oops', () => {
  it('is read as its fields, which are formatted as the file', () => {
    const parsed = parseOops(text);
    expect(parsed).toEqual({ ...collectOops(crashedInput()).fields, cutHere: false, endTrace: null });
    expect(parsed.registers.r9).toBe(0xffff8804256a84d0n);
    expect(parsed.gs).toBe(GS_BASE);
    expect(parsed.code.trap).toBe(43);
    expect(formatParsed(parsed)).toBe(text);
  });

  it.each([
    ['', 1, /invalid opcode/u],
    [text.slice(0, -1), 37, /newline/u],
    [text.replace('SMP \n', 'SMP\n'), 2, /blank at its end/u],
    [text.replace('RBX: ', 'RBX '), 10, /registers RAX, RBX, RCX/u],
    [text.replace('Call Trace:\n', ''), 25, /Call Trace/u],
    [text.replace(' RSP <ffff880211337d88>', ' RSP <ffff880211337d80>'), 37, /RSP <ffff880211337d88>/u],
    [text.replace('(pid: 26341', '(pid: 26342'), 20, /26341/u],
    [text.replace('comm: <redacted>', 'comm: other'), 7, /comm: <redacted>/u],
    [text.replace('<0f>', '0f'), 35, /angle brackets/u],
    [`${text}more\n`, 38, /end of the oops/u],
  ])('with a mistake is refused, and the line is named (%#)', (wrong, line, message) => {
    const error = (() => {
      try {
        parseOops(wrong, 'x.txt');
      } catch (caught) {
        return caught as FormatError;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(FormatError);
    expect(error!.where).toEqual({ file: 'x.txt', line });
    expect(error!.message).toMatch(message);
  });
});

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 0xfffn, (1n << 64n) - 1n),
);
const u16 = fc.nat(0xffff);
const printable = (max: number) => fc.stringMatching(new RegExp(`^[ -~]{0,${max}}$`, 'u'));
const word = (max: number) => fc.stringMatching(new RegExp(`^[!-~]{1,${max}}$`, 'u'));
const symbolName = fc.stringMatching(/^[A-Za-z_][\w.]{0,20}$/u);

describe('any fields', () => {
  const codePoint: fc.Arbitrary<CodePoint> = fc
    .record({
      address: u64,
      symbol: fc.option(
        fc.record({
          name: symbolName,
          offset: fc.nat(0xffffff),
          size: fc.nat(0xffffff),
          module: fc.option(symbolName),
        }),
      ),
    })
    .map((point) => (point.address === 0n ? { ...point, symbol: null } : point)); // prints (null)
  const registers = fc
    .tuple(...OOPS_REGISTERS.map(() => u64))
    .map(
      (values) =>
        Object.fromEntries(
          OOPS_REGISTERS.map((name, index) => [name, values[index]]),
        ) as OopsFields['registers'],
    );
  const fields: fc.Arbitrary<OopsFields> = fc.record({
    cutHere: fc.boolean(),
    head: fc.oneof(
      fc.constant({ kind: 'none' as const }),
      fc.record({ kind: fc.constant('bug' as const), file: printable(60), line: u16 }),
      fc.record({ kind: fc.constant('unknown bug' as const), address: u64 }),
      fc.record({
        kind: fc.constant('page fault' as const),
        address: u64,
        pageTable: fc.constantFrom('PGD 0 ', 'BAD', 'PGD 1a06067 PUD 1a0a063 PMD 0 '),
      }),
    ),
    trap: fc.constantFrom('invalid opcode', 'Oops', 'general protection fault'),
    errorCode: u16,
    dieCounter: fc.nat(99),
    preempt: fc.boolean(),
    smp: fc.boolean(),
    cpu: fc.nat(4095),
    modules: fc.array(fc.oneof(symbolName, fc.constantFrom('<...>', 'cifs(X)', '[')), { maxLength: 10 }),
    lastUnloaded: fc.option(symbolName),
    supported: fc.option(printable(20)),
    pid: fc.nat(32767),
    comm: fc.oneof(printable(15), fc.constantFrom('a Not tainted b', 'x) (pid: 1')),
    taint: fc.constantFrom('Not tainted', 'Tainted: G           E X', 'Tainted: P        W   '),
    release: fc.constantFrom('3.0.101-84-default', '3.0.8', '3'),
    version: fc.oneof(fc.constant(''), word(8)),
    hardware: printable(60),
    rip: codePoint,
    rsp: u64,
    eflags: u64,
    frameCs: u16,
    frameSs: u64,
    registers,
    fs: u64,
    fsIndex: u16,
    gs: u64,
    gsIndex: u16,
    knlGs: u64,
    cs: u16,
    ds: u16,
    es: u16,
    control: fc.record({ cr0: u64, cr2: u64, cr3: u64, cr4: u64 }),
    debug: fc.record({ dr0: u64, dr1: u64, dr2: u64, dr3: u64, dr6: u64, dr7: u64 }),
    threadinfo: u64,
    task: u64,
    stack: fc.array(u64, { maxLength: 12 }),
    trace: fc.array(codePoint, { maxLength: 12 }),
    code: fc
      .tuple(fc.array(fc.nat(0xff), { maxLength: 64 }), fc.nat(63), fc.boolean())
      .map(([bytes, trap, bad]) =>
        trap < bytes.length ? { bytes, trap, bad } : { bytes, trap: null, bad: true },
      ),
    endTrace: fc.option(u64),
  });

  it('are read back from their text', () => {
    fc.assert(
      fc.property(fields, (each) => {
        expect(parseOops(formatParsed(each))).toEqual(each);
      }),
      { numRuns: 500 },
    );
  });
});
