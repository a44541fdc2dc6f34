// A general protection fault that no address explains: what else the instruction can be refused for.

import { type Addr, hex } from '../../base/address.js';
import { decodeOne } from '../../x86/disasm.js';
import type { Statement } from '../code/statement.js';
import type { KernelReport, RegisterSet } from '../read/report.js';
import { type MemoryAccess, operandText } from './accesses.js';
import { type PagingDepth, nonCanonical } from './paging-depth.js';
import { means } from './trap-means.js';

// Source: arch/x86/include/asm/msr-index.h, v6.14
const MSRS = new Map<bigint, string>([
  [0x10n, 'MSR_IA32_TSC'],
  [0x1bn, 'MSR_IA32_APICBASE'],
  [0x3an, 'MSR_IA32_FEAT_CTL'],
  [0x48n, 'MSR_IA32_SPEC_CTRL'],
  [0x49n, 'MSR_IA32_PRED_CMD'],
  [0x79n, 'MSR_IA32_UCODE_WRITE'],
  [0x8bn, 'MSR_IA32_UCODE_REV'],
  [0x10an, 'MSR_IA32_ARCH_CAPABILITIES'],
  [0x10bn, 'MSR_IA32_FLUSH_CMD'],
  [0x122n, 'MSR_IA32_TSX_CTRL'],
  [0x175n, 'MSR_IA32_SYSENTER_ESP'],
  [0x176n, 'MSR_IA32_SYSENTER_EIP'],
  [0x199n, 'MSR_IA32_PERF_CTL'],
  [0x19bn, 'MSR_IA32_THERM_INTERRUPT'],
  [0x1a0n, 'MSR_IA32_MISC_ENABLE'],
  [0x1d9n, 'MSR_IA32_DEBUGCTLMSR'],
  [0x277n, 'MSR_IA32_CR_PAT'],
  [0x38fn, 'MSR_CORE_PERF_GLOBAL_CTRL'],
  [0x3f1n, 'MSR_IA32_PEBS_ENABLE'],
  [0x6a0n, 'MSR_IA32_U_CET'],
  [0x6a2n, 'MSR_IA32_S_CET'],
  [0x774n, 'MSR_HWP_REQUEST'],
  [0xda0n, 'MSR_IA32_XSS'],
  [0xc0000080n, 'MSR_EFER'],
  [0xc0000081n, 'MSR_STAR'],
  [0xc0000082n, 'MSR_LSTAR'],
  [0xc0000100n, 'MSR_FS_BASE'],
  [0xc0000101n, 'MSR_GS_BASE'],
  [0xc0000102n, 'MSR_KERNEL_GS_BASE'],
  [0xc0011029n, 'MSR_AMD64_DE_CFG'],
]);

const low = (value: bigint): bigint => value & 0xffffffffn;

const msr = (mnemonic: string, { values }: RegisterSet): Statement | undefined => {
  if (mnemonic !== 'wrmsr' && mnemonic !== 'rdmsr') return undefined;
  const rcx = values.get('rcx');
  if (rcx === undefined) return undefined;
  const number = low(rcx);
  const name = MSRS.get(number);
  const which = `MSR ${hex(number)}${name === undefined ? '' : ` (${name})`}`;
  const rax = values.get('rax');
  const rdx = values.get('rdx');
  if (mnemonic === 'rdmsr')
    return means(
      'general-protection',
      'certain',
      `It reads ${which}, which this CPU or hypervisor does not let be read`,
      { msr: number },
    );
  const value = rax === undefined || rdx === undefined ? undefined : (low(rdx) << 32n) | low(rax);
  const what = value === undefined ? '' : ` the value ${hex(value)}`;
  return means(
    'general-protection',
    'certain',
    `It writes${what} to ${which}: such a register cannot be written, or it refuses the value`,
    { msr: number, ...(value === undefined ? {} : { value }) },
  );
};

const control = (text: string, { values }: RegisterSet): Statement | undefined => {
  const found = /^mov\s+%(r\w{2}),%(cr\d|dr\d)$/u.exec(text);
  if (found === null) return undefined;
  const value = values.get(found[1]!);
  const shown = value === undefined ? '' : ` ${hex(value)}`;
  return means(
    'general-protection',
    'certain',
    `It loads ${found[2]!.toUpperCase()} with a value${shown} that the CPU refuses: a reserved bit, or bits that exclude each other`,
    value === undefined ? {} : { value },
  );
};

// Instructions whose operand in memory must be aligned to its size. Source: Intel SDM vol. 2, "exceptions type 1"
const ALIGNED = /^(?:v?mov(?:aps|apd|dqa(?:32|64)?|ntdq|ntdqa|ntps|ntpd)|(?:lock )?cmpxchg16b)$/u;
// Forms without v of arithmetic on XMM registers need it, too; those with v do not.
const LEGACY_SSE =
  /^(?!v)(?:p(?:add|sub|and|andn|or|xor|cmp|mul|shuf|unpck|min|max|avg|ack|align)\w*|(?:add|sub|mul|div|and|andn|or|xor|sqrt|min|max|cmp|shuf|unpck\w)p[sd])$/u;

const alignment = (
  text: string,
  mnemonic: string,
  accesses: readonly MemoryAccess[],
): Statement | undefined => {
  const needs = ALIGNED.test(mnemonic) || (LEGACY_SSE.test(mnemonic) && /%xmm\d/u.test(text));
  const access = accesses.find(({ use, address }) => use.size >= 16 && address % BigInt(use.size) !== 0n);
  if (!needs || access === undefined) return undefined;
  const { use, address } = access;
  return means(
    'general-protection',
    'certain',
    `${mnemonic} needs an address that is a multiple of ${use.size}, and ${operandText(use)} is ${hex(address)}`,
    { address, size: use.size },
  );
};

/**
 * The register that a jump or call goes to, with its value: `call *%rax`, or the return of `__x86_indirect_thunk_rax`;
 * `undefined` for others. Source: arch/x86/lib/retpoline.S, v6.14
 */
export const indirectRegister = (bytes: Uint8Array, { values, rip }: RegisterSet) => {
  const { text, flow } = decodeOne(bytes, 0n);
  const thunk =
    flow === 'return' ? /^__x86_indirect_thunk_(r\w{1,2})$/u.exec(rip?.symbol ?? '')?.[1] : undefined;
  if (flow !== 'indirect call' && flow !== 'indirect jump' && thunk === undefined) return undefined;
  const register = thunk ?? /\*%(\w+)$/u.exec(text)?.[1];
  const value = register === undefined ? undefined : values.get(register);
  return register === undefined || value === undefined ? undefined : { register, value };
};

const branch = (
  report: KernelReport,
  bytes: Uint8Array,
  registers: RegisterSet,
  accesses: readonly MemoryAccess[],
  depth: PagingDepth | undefined,
): Statement | undefined => {
  const { flow } = decodeOne(bytes, 0n);
  const to = indirectRegister(bytes, registers);
  if (to !== undefined && nonCanonical(to.value, depth) !== undefined)
    return means(
      'general-protection',
      'likely',
      `It goes to ${hex(to.value)}, the value of ${to.register.toUpperCase()}, which is not an address`,
      { target: to.value },
    );
  const areFine = accesses.every(({ address }) => nonCanonical(address, depth) === undefined);
  if (!areFine || accesses.length === 0) return undefined;
  if (flow === 'indirect call' || flow === 'indirect jump') {
    const access = accesses.find(({ use }) => use.read);
    return access === undefined
      ? undefined
      : means(
          'general-protection',
          'likely',
          `Its operands are addresses: what it read at ${hex(access.address)} as its target was none`,
          { address: access.address },
        );
  }
  const top = report.stack[0]?.value;
  if (flow !== 'return' || top === undefined) return undefined;
  return nonCanonical(top, depth) === undefined
    ? undefined
    : means(
        'general-protection',
        'likely',
        `It returns to ${hex(top)}, the word on top of the stack, which is not an address`,
        {
          target: top,
        },
      );
};

/** What a general protection fault without a bad address is of. @param bytes starting at the trapping instruction */
export const protectionStatements = (
  report: KernelReport,
  bytes: Uint8Array,
  rip: Addr | undefined,
  registers: RegisterSet,
  accesses: readonly MemoryAccess[],
  depth: PagingDepth | undefined,
): Statement[] => {
  if (report.kind !== 'gpf' || (report.die?.errorCode ?? 0) !== 0) return [];
  const { text, mnemonic } = decodeOne(bytes, rip ?? 0n);
  const found =
    msr(mnemonic, registers) ??
    control(text, registers) ??
    alignment(text, mnemonic, accesses) ??
    branch(report, bytes, registers, accesses, depth);
  return found === undefined ? [] : [found];
};
