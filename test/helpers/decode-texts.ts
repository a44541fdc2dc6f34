// The reports that kernels would print of a run, as texts: with and without the address of RIP, of a kernel that was moved,
// with addresses of 57 bits, of a context that was interrupted; and texts that lost parts on their way.
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import { REGISTERS } from '../../src/x86/registers.js';
import type { Truth } from './decode-windows.js';
import { type Facts, LAYOUTS } from './report-layouts.js';

// Bytes before the marked one, by layout.
const MARKED = { old: 43, new: 42 } as const;

export type TextLayout = keyof typeof MARKED;

const layoutOf = (layout: TextLayout) =>
  LAYOUTS.find(({ name }) => name === (layout === 'old' ? '3.10' : '6.11'))!;

const factsOf = ({ atTrap, code, registers, report, trap }: Truth, layout: TextLayout): Facts => {
  const offset = registers.rip!.offset!;
  const from = 64 + offset - MARKED[layout];
  return {
    event:
      trap === undefined || trap.kind === 'invalid opcode'
        ? { kind: 'bug', file: 'fs/frob.c', line: 12 }
        : trap.kind === 'page fault'
          ? { kind: 'fault', address: trap.address!, errorCode: trap.errorCode }
          : { kind: 'gpf' },
    counter: 1,
    cpu: 3,
    pid: 77,
    comm: 'frobd',
    taint: null,
    hardware: 'Frob 1',
    rip: { address: atTrap[16]!, symbol: 'guest', offset, size: registers.rip!.size! },
    registers: Object.fromEntries(REGISTERS.slice(0, 16).map((name, index) => [name, atTrap[index]!])),
    rflags: atTrap[17]! & 0xffffffffn,
    code: code.slice(from, from + 64),
    stack: report.stack.map(({ value }) => value),
    trace: [{ address: 0xffffffff81234567n, symbol: 'frob_main', offset: 0x17, size: 0x80, reliable: true }],
    modules: [],
  };
};

const WRITE = 2;

/** The lines of a report. @param wide whether CR4 has LA57 set */
export const linesOf = (truth: Truth, layout: TextLayout): string[] => {
  const { format, release } = layoutOf(layout);
  const isWrite = ((truth.trap?.errorCode ?? 0) & WRITE) !== 0;
  const lines = format(
    factsOf(truth, layout),
    truth.bits === 57 && layout === 'old' ? '4.15.0' : release,
  ).map((line) =>
    line
      .replace('supervisor read access', isWrite ? 'supervisor write access' : 'supervisor read access')
      .replace(
        'CR4: 00000000001406f0',
        truth.bits === 57 ? 'CR4: 00000000001416f0' : 'CR4: 00000000001406f0',
      ),
  );
  if (truth.trap !== undefined) return lines;
  // A watchdog found the CPU there: no BUG, and no invalid opcode.
  const rest = lines.filter((line) => !/^(?:-+\[ cut here|kernel BUG|(?:Oops: )?invalid opcode)/u.test(line));
  return ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [frobd:77]', ...rest];
};

/** The one report of some lines; `undefined` where too little is left of it. */
export const readLines = (lines: readonly string[]): KernelReport | undefined => {
  const reports = reportsOf(lines.join('\n'));
  return reports.length === 1 ? reports[0] : undefined;
};

/** Leave parts of a report out: lines of registers, single values, CR4, the address of RIP, the headline, the stack. */
export const withoutParts = (lines: readonly string[], random: () => number): string[] => {
  const often = (one: number): boolean => random() % one === 0;
  const [noCr4, noRip, noStack, noHead] = [often(2), often(3), often(4), often(6)];
  let inStack = false;
  return lines.flatMap((line): string[] => {
    inStack = line.startsWith('Stack:') || (inStack && /^\s+[0-9a-f]{16}/u.test(line));
    if (inStack && noStack) return [];
    if (noHead && /^(?:BUG|kernel BUG|#PF|watchdog)/u.test(line)) return [];
    let kept = line;
    if (noCr4) kept = kept.replace(/ CR4: [0-9a-f]+/u, '');
    if (noRip) kept = kept.replace(/\[<[0-9a-f]{16}>\]\s*/gu, '');
    // A value that was covered, and a line that was cut off.
    if (/^R(?:AX|DX|BP|1\d): /u.test(kept) && often(4))
      kept = often(2) ? '' : kept.replace(/ (R\w\w): [0-9a-f]{16}/u, ' $1: ????????????????');
    if (kept.startsWith('FS: ') && often(2)) return [];
    return kept === '' ? [] : [kept];
  });
};
