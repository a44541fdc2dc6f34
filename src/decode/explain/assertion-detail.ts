// What a ud1 or ud2 carries besides being one: the arguments of a warning, the kind of a check of the compiler, the
// target of a call of the wrong type.

import { hex } from '../../base/address.js';
import { listOf } from '../../base/words.js';
import { REGISTERS } from '../../x86/registers.js';
import type { Statement } from '../code/statement.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import { means } from './trap-means.js';

/** A `ud1` with its operands. */
interface Ud1 {
  readonly mod: number;
  /** Register numbers, those of REX included. */
  readonly reg: number;
  readonly rm: number;
  readonly displacement: number;
}

const ud1Of = (bytes: Uint8Array): Ud1 | undefined => {
  let at = 0;
  let rex = 0;
  if (bytes[at] === 0x67) at += 1;
  if ((bytes[at]! & 0xf0) === 0x40) rex = bytes[at++]!;
  if (bytes[at] !== 0x0f || bytes[at + 1] !== 0xb9) return undefined;
  const modrm = bytes[at + 2];
  if (modrm === undefined) return undefined;
  const mod = modrm >> 6;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = mod === 1 ? 1 : mod === 2 ? 4 : 0;
  if (at + 3 + size > bytes.length) return undefined;
  const displacement = size === 1 ? view.getInt8(at + 3) : size === 4 ? view.getInt32(at + 3, true) : 0;
  return {
    mod,
    reg: ((modrm >> 3) & 7) | ((rex & 4) << 1),
    rm: (modrm & 7) | ((rex & 1) << 3),
    displacement,
  };
};

const EDX = 2;
const RDI = 7;

/** The order of the numbers of registers in instructions. Source: Intel SDM vol. 2, table 2-2 */
const NUMBERED = REGISTERS.slice(0, 16);

// Arguments of __WARN_trap(entry, …). Source: __warn_args(), arch/x86/kernel/traps.c, v6.19
const ARGUMENTS = ['rsi', 'rdx', 'rcx', 'r8', 'r9'] as const;

const warning = ({ mod, reg, rm }: Ud1, { values }: RegisterSet): Statement | undefined => {
  if (mod !== 0 || rm !== EDX) return undefined;
  const name = NUMBERED[reg]!;
  const entry = values.get(name);
  const which = `${name.toUpperCase()}${entry === undefined ? '' : ` (${hex(entry)})`}`;
  const facts = entry === undefined ? {} : { entry };
  const start = `It is the WARN of 6.19 and later: ${which} is the address of its bug entry`;
  if (reg !== RDI) return means('assertion', 'certain', start, facts);
  const known = ARGUMENTS.filter((one) => values.has(one));
  const shown = known.map((one) => `${one.toUpperCase()} ${hex(values.get(one)!)}`);
  const rest =
    known.length === 0 ? '' : `, and as many as its format takes are its arguments: ${listOf(shown, 'and')}`;
  return means('assertion', 'certain', `${start}${rest}`, {
    ...facts,
    ...Object.fromEntries(known.map((one) => [one, values.get(one)!])),
  });
};

// Source: enum ubsan_checks, lib/ubsan.h, v6.12, which is the compiler's order
const CHECKS =
  'add overflow|builtin unreachable|CFI check|division or its remainder|dynamic type|float cast overflow|function type|implicit conversion|invalid builtin|invalid Objective-C cast|load of an invalid value|missing return|multiplication overflow|negation overflow|null argument (nullability)|null result (nullability)|null argument (nonnull)|null result (nonnull)|index out of bounds|pointer overflow|shift out of bounds|subtraction overflow|type mismatch: a NULL or misaligned pointer|alignment assumption|length of an array that is not positive'.split(
    '|',
  );

const ubsan = ({ mod, rm, displacement }: Ud1): Statement | undefined => {
  if (rm !== 0 || mod === 3) return undefined;
  const kind = CHECKS[displacement];
  return kind === undefined
    ? undefined
    : means(
        'assertion',
        'certain',
        `It is a check of undefined behaviour (UBSAN), number ${displacement} of the compiler's: ${kind}`,
        { check: displacement },
      );
};

/** `ud1 %esp,%ecx`, after each trampoline. Source: __static_call_fixup, arch/x86/include/asm/static_call.h, v6.14 */
const trampoline = ({ mod, reg, rm }: Ud1): Statement | undefined =>
  mod === 3 && reg === 1 && rm === 4
    ? means(
        'indirect-branch',
        'certain',
        'It is the mark after the trampoline of a static call, which is not to be executed: the jump before it was passed',
      )
    : undefined;

// ud2, and its file and line as push and ret that are never executed. Source: BUG(), include/asm-x86_64/bug.h, v2.6.18
const oldBug = (bytes: Uint8Array): Statement | undefined => {
  const isOld = bytes[0] === 0x0f && bytes[1] === 0x0b && bytes[2] === 0x68 && bytes[7] === 0xc2;
  if (!isOld || bytes.length < 10) return undefined;
  const line = bytes[8]! | (bytes[9]! << 8);
  return means(
    'assertion',
    'likely',
    `It is the BUG() of kernels before 2.6.20, with its line in the bytes after it: ${line}`,
    {
      line,
    },
  );
};

const said = (report: KernelReport, pattern: RegExp): RegExpExecArray | null => {
  for (const { text } of report.said) {
    const found = pattern.exec(text);
    if (found !== null) return found;
  }
  return null;
};

// Source: report_cfi_failure(), kernel/cfi.c, v6.14
const cfi = (report: KernelReport): Statement | undefined => {
  const found = said(
    report,
    /^CFI failure at (\S{1,200})(?: \[\w{1,60}\])? \(target: (\S{1,200})(?: \[\w{1,60}\])?; expected type: 0x([0-9a-f]{8})\)/u,
  );
  if (found === null) return undefined;
  const [, at, target, type] = found as unknown as [string, string, string, string];
  return means(
    'assertion',
    'certain',
    `${at} was to call ${target}, whose type is not the expected one, 0x${type}`,
    { target, type: BigInt(`0x${type}`) },
    ['the kernel printed it'],
  );
};

// Source: do_kernel_cp_fault(), arch/x86/kernel/cet.c, v6.14, and exc_control_protection(), traps.c, v5.18
/** Whether it is likely the BUG() of an indirect branch to a place without endbr64. */
export const isMissingEndbr = ({ trap, kind }: KernelReport): boolean =>
  kind === 'bug' && /^(?:do_kernel_cp_fault|exc_control_protection)$/u.test(trap?.symbol ?? '');

const endbr = (report: KernelReport): Statement | undefined =>
  isMissingEndbr(report)
    ? means(
        'indirect-branch',
        'likely',
        'An indirect jump or call went to a place without endbr64: the line Missing ENDBR names it, and the registers of that moment are a second set',
      )
    : undefined;

/** What a ud1, a ud2 or a report of them carries. @param bytes starting at the trapping instruction */
export const assertionDetails = (
  report: KernelReport,
  registers: RegisterSet,
  bytes: Uint8Array,
): Statement[] => {
  const ud1 = ud1Of(bytes);
  const found = [
    ud1 === undefined ? undefined : (warning(ud1, registers) ?? ubsan(ud1) ?? trampoline(ud1)),
    oldBug(bytes),
    cfi(report),
    endbr(report),
  ];
  return found.filter((one) => one !== undefined);
};

/** Whether the instruction is the WARN of 6.19 and later: `ud1 (%edx),%reg`. */
export const isWarnTrap = (bytes: Uint8Array): boolean => {
  const ud1 = ud1Of(bytes);
  return ud1?.mod === 0 && ud1.rm === EDX;
};
