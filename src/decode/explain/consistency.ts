// What the parts of a report say, held against each other: headline, die line, error code, address, instruction and
// registers of one trap agree. Where they cannot, lines of two reports were mixed, and nothing else can be relied on.
// Over 300 lines because it is one list of pairs of parts, each with its exceptions.

import { type Addr, hex, isCanonical } from '../../base/address.js';
import { decodeOne } from '../../x86/disasm.js';
import { type ReportPart, type Statement, type Sure, statement } from '../code/statement.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import {
  type MemoryAccess,
  accessesOf,
  areAllAccesses,
  covers,
  namedByGpf,
  trappingBytes,
} from './accesses.js';
import { dividing, divisionOf, isDivideError } from './divide.js';
import { PF, isPageFault } from './error-code.js';
import { goesDown, stringMoveOf } from './string-move.js';

const OTHER_REGISTERS = 'the registers are of another trap than the headline';
const MIXED = 'lines of another report, or of another CPU, came between';
const LATER = 'a later page fault on this CPU';

const against = (
  sure: Sure,
  between: readonly [ReportPart, ReportPart],
  says: string,
  reasons: readonly string[] = [OTHER_REGISTERS, MIXED],
): Statement => statement({ kind: 'trap' }, sure, { kind: 'contradiction', between, says, reasons });

/** What the checks look at. */
interface Case {
  readonly report: KernelReport;
  readonly registers: RegisterSet;
  /** Starting at the trapping instruction; empty where it is not known. */
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly rip: Addr | undefined;
  readonly accesses: readonly MemoryAccess[];
  /** Whether those are all. */
  readonly complete: boolean;
  /** The address that the headline names, if all its digits are there. */
  readonly fault: Addr | undefined;
}

/** @param rip without it, what the comment of an operand relative to it says is left out */
const textOf = (bytes: Uint8Array, rip: Addr | undefined): string => {
  const text = decodeOne(bytes, rip ?? 0n).text.replaceAll(/\s+/gu, ' ');
  return rip === undefined ? text.replace(/ # 0x[0-9a-f]+$/u, '') : text;
};

type Check = (one: Case) => Statement | undefined;

const words = (code: number): string =>
  (code & PF.fetch) !== 0 ? 'an instruction fetch' : (code & PF.write) !== 0 ? 'a write' : 'a read';

const faultLine: Check = ({ report }) => {
  const { pageFault, die } = report;
  if (pageFault === undefined || die === undefined || !isPageFault(report)) return undefined;
  const code = pageFault.errorCode;
  if (code !== undefined && code !== die.errorCode)
    return against(
      'certain',
      ['error code', 'die line'],
      `The #PF: line gives the error code ${hex(code)}, and the die line ${hex(die.errorCode)}: they are not of one trap`,
      [MIXED],
    );
  const said = { read: 'a read', write: 'a write', fetch: 'an instruction fetch' };
  if (pageFault.access !== undefined && said[pageFault.access] !== words(die.errorCode))
    return against(
      'certain',
      ['error code', 'die line'],
      `The #PF: line says ${said[pageFault.access]}, and the error code of the die line ${hex(die.errorCode)} ${words(die.errorCode)}: they are not of one trap`,
      [MIXED],
    );
  return undefined;
};

const nullAddress: Check = ({ report, fault }) =>
  report.kind === 'null-deref' && fault !== undefined && fault >= 0x1000n
    ? against(
        'certain',
        ['headline', 'fault address'],
        `The headline says NULL, and the address ${hex(fault)} is not in the first page: the kernel says so only of those`,
        [MIXED],
      )
    : undefined;

/** The kernel image and the modules. Source: Documentation/arch/x86/x86_64/mm.rst, v6.6 */
const TEXT = 0xffffffff80000000n;

/** A fault on the bytes of the instruction themselves; without NX and SMEP the error code does not tell. */
const isFetched = ({ rip, fault }: Case): boolean =>
  fault !== undefined &&
  (rip === undefined ? fault % 0x1000n === 0n && fault >= TEXT : fault >= rip && fault < rip + 15n);

// A string instruction may have gone on from what the registers say: the CPU moves blocks.
const reaches = ({ bytes, registers, fault }: Case, { use, address }: MemoryAccess): boolean => {
  if (fault === undefined) return false;
  if (covers(address, use.size, fault)) return true;
  const move = stringMoveOf(bytes);
  const count = registers.values.get('rcx');
  if (move?.repeated !== true || (use.base !== 'rsi' && use.base !== 'rdi')) return false;
  const span = (count ?? 1n << 48n) * BigInt(move.size);
  const down = goesDown(registers);
  const above = fault >= address && fault - address < span;
  const below = fault <= address && address - fault < span;
  return (down !== true && above) || (down !== false && below);
};

const instruction: Check = (one) => {
  const { report, fault, complete, accesses, text } = one;
  if (!isPageFault(report) || one.bytes.length === 0 || !complete) return undefined;
  const { errorCode } = report;
  const isFetch = errorCode !== undefined && (errorCode & PF.fetch) !== 0;
  if (isFetch || isFetched(one)) return undefined;
  if (accesses.length === 0)
    return against(
      'certain',
      ['headline', 'instruction'],
      `The instruction ${text} accesses no memory, and the report is of a page fault: these are not its registers or not its code`,
    );
  if (fault === undefined) return undefined;
  const reached = accesses.filter((access) => reaches(one, access));
  if (reached.length === 0) {
    const at = accesses.map(({ address }) => hex(address)).join(' and ');
    return against(
      'certain',
      ['fault address', 'operands'],
      `With these registers ${text} accesses ${at}, and the report gives ${hex(fault)} as the address: they do not belong together`,
    );
  }
  if (errorCode === undefined) return undefined;
  const write = (errorCode & PF.write) !== 0;
  // What reads and writes may fault at either.
  if (reached.some(({ use }) => (write ? use.written : use.read))) return undefined;
  return against(
    'certain',
    ['error code', 'instruction'],
    `The error code ${hex(errorCode)} says ${words(errorCode)}, and ${text} only ${write ? 'reads' : 'writes'} there: headline and registers do not belong together`,
  );
};

const fetch: Check = ({ report, fault, rip }) => {
  const { errorCode } = report;
  if (!isPageFault(report) || errorCode === undefined || (errorCode & PF.fetch) === 0) return undefined;
  if (fault === undefined || rip === undefined || (fault >= rip && fault < rip + 15n)) return undefined;
  return against(
    'certain',
    ['fault address', 'RIP'],
    `The error code ${hex(errorCode)} says an instruction fetch from ${hex(fault)}, and RIP is ${hex(rip)}: they do not belong together`,
  );
};

// Reading bytes or stack that are not mapped, to print them, changes CR2: then it proves nothing.
const cr2: Check = ({ report, registers, fault, bytes }) => {
  const value = registers.control.get('cr2');
  if (!isPageFault(report) || fault === undefined || value === undefined || bytes.length === 0)
    return undefined;
  return value === fault
    ? undefined
    : against(
        'likely',
        ['fault address', 'CR2'],
        `The headline gives ${hex(fault)} as the address, and CR2 is ${hex(value)}`,
        [OTHER_REGISTERS, LATER],
      );
};

// Source: get_kernel_gp_address(), arch/x86/kernel/traps.c, v5.5 to v6.14: computed from the memory operand and these registers
const protection: Check = ({ report, fault, accesses, complete, bytes, text, registers }) => {
  if (report.kind !== 'gpf' || fault === undefined || !complete || stringMoveOf(bytes) !== undefined)
    return undefined;
  const named = /address 0x[0-9a-f]{1,16}: 0000 \[#/u.test(report.headline?.text ?? '');
  // Its decoder does not know the displacements of EVEX, nor the bit of bts.
  if (!named || bytes.length === 0 || bytes[0] === 0x62 || /^(?:lock )?bt/u.test(text)) return undefined;
  if (accesses.some((access) => namedByGpf(access, fault))) return undefined;
  // Without a memory operand it takes the value of a register.
  if ([...registers.values.values()].includes(fault)) return undefined;
  const at = accesses.length === 0 ? 'no memory' : accesses.map(({ address }) => hex(address)).join(' and ');
  return against(
    'likely',
    ['fault address', 'operands'],
    `With these registers ${text} accesses ${at}, and the headline names ${hex(fault)}: they do not belong together`,
  );
};

// A stack fault is of an address that is not canonical, through RSP or RBP. Source: Intel SDM vol. 3, 6.15, #SS
const stackFault: Check = ({ report, accesses, complete, text }) => {
  const isStackFault = report.die?.trap.startsWith('stack segment') === true;
  if (!isStackFault || !complete || accesses.length === 0) return undefined;
  const isOther = accesses.every(
    ({ use, address }) => use.base !== 'rsp' && use.base !== 'rbp' && isCanonical(address),
  );
  if (!isOther) return undefined;
  const at = accesses.map(({ address }) => hex(address)).join(' and ');
  return against(
    'likely',
    ['headline', 'operands'],
    `The headline is of a stack fault, and with these registers ${text} accesses ${at}, not through RSP or RBP: they do not belong together`,
  );
};

// Source: report_bug() from the handler of #UD, lib/bug.c and arch/x86/kernel/traps.c, v6.14
const isAssertion = (bytes: Uint8Array): boolean => {
  const [first, second] = [...bytes].filter(
    (byte, at) => at > 2 || (byte !== 0x67 && (byte & 0xf0) !== 0x40),
  );
  return (
    first === 0xd6 ||
    first === 0xcc ||
    first === 0xf0 ||
    (first === 0x0f && [0x0b, 0xb9, 0xff].includes(second!))
  );
};

const assertion: Check = ({ report, bytes, text, registers }) => {
  if (report.kind !== 'bug' || bytes.length < 2 || isAssertion(bytes)) return undefined;
  if (report.die !== undefined && !/invalid op/u.test(report.die.trap)) return undefined; // said already
  if (registers.line < (report.headline?.line ?? 0)) return undefined;
  return against(
    'certain',
    ['headline', 'instruction'],
    `The headline is of a BUG(), which is ud2, and the instruction is ${text}: these are not its registers or not its code`,
  );
};

const division: Check = ({ report, bytes, text, registers, rip }) => {
  if (!isDivideError(report) || bytes.length === 0) return undefined;
  const found = divisionOf(bytes, rip ?? 0n, registers);
  if (found === undefined)
    return against(
      'certain',
      ['headline', 'instruction'],
      `The headline is of a divide error, and ${text} does not divide: these are not its registers or not its code`,
    );
  const { divisor, dividend, signed, size } = found;
  if (divisor === undefined || dividend === undefined) return undefined;
  return dividing(signed, size, dividend, divisor) === 'none'
    ? against(
        'certain',
        ['headline', 'operands'],
        `The headline is of a divide error, and with these registers ${text} has a quotient: they do not belong together`,
      )
    : undefined;
};

const process: Check = ({ report }) => {
  if (report.kind !== 'warning' || report.pid === undefined) return undefined;
  const text = report.headline?.text ?? '';
  const pid = /\bPID: (\d{1,9})\b/u.exec(text)?.[1] ?? /, CPU#\d{1,5}: .{1,64}\/(\d{1,9})$/u.exec(text)?.[1];
  return pid === undefined || Number(pid) === report.pid
    ? undefined
    : against(
        'certain',
        ['headline', 'process'],
        `The headline is of PID ${pid}, and the process line of PID ${report.pid}: they are not of one report`,
        [MIXED],
      );
};

const pageTable: Check = ({ report }) => {
  const { errorCode, pageFault } = report;
  const last = pageFault?.tables?.entries.at(-1);
  if (!isPageFault(report) || errorCode === undefined || last === undefined) return undefined;
  if ((errorCode & PF.present) === 0 || (last.value & 1n) !== 0n || pageFault?.tables?.bad === true)
    return undefined;
  return against(
    'likely',
    ['error code', 'page table'],
    `The error code ${hex(errorCode)} says that the page is present, and the ${last.level} entry ${hex(last.value)} says that it is not`,
    ['the page was unmapped after the fault', MIXED],
  );
};

const CHECKS: readonly Check[] = [
  faultLine,
  nullAddress,
  instruction,
  fetch,
  cr2,
  protection,
  stackFault,
  assertion,
  division,
  process,
  pageTable,
];

/** The address of the headline, where it has all digits that the kernel prints. */
const wholeAddress = ({ faultAddress, headline, said }: KernelReport): Addr | undefined => {
  if (faultAddress === undefined) return undefined;
  const texts = [headline?.text ?? '', ...said.map(({ text }) => text)];
  const padded = faultAddress.toString(16).padStart(16, '0');
  const isWhole = texts.some(
    (text) =>
      text.includes(padded) || text.includes('(null)') || text.includes(`0x${faultAddress.toString(16)}`),
  );
  return isWhole ? faultAddress : undefined;
};

/** Where parts of a report contradict each other. @param registers those of the trap */
export const contradictionsOf = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
): Statement[] => {
  if (registers.role !== 'trap') return [];
  const bytes = trappingBytes(code);
  const rip = registers.values.get('rip') ?? registers.rip?.address;
  const one: Case = {
    report,
    registers,
    bytes,
    text: bytes.length === 0 ? '' : textOf(bytes, rip),
    rip,
    accesses: bytes.length === 0 ? [] : accessesOf(bytes, rip, registers),
    complete: bytes.length > 0 && areAllAccesses(bytes, rip, registers),
    fault: wholeAddress(report),
  };
  return CHECKS.map((check) => check(one)).filter((found) => found !== undefined);
};
