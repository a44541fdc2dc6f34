// What the processor refused although no address is bad: a register, a selector, an alignment, an instruction, a dividend.
// Source of the exceptions: Intel SDM vol. 2, "Protected Mode Exceptions" of each instruction, order number 325383.

import { hex } from '../../base/address.js';
import { decodeOne } from '../../x86/disasm.js';
import type { Claim, Sure } from '../code/statement.js';
import { isMissingEndbr } from '../explain/assertion-detail.js';
import { PF, isPageFault } from '../explain/error-code.js';
import { type Explanation, explainedRegisters } from '../explain/explain.js';
import type { KernelReport } from '../read/report.js';
import { branchTarget } from './branch-target.js';

/** What was refused. */
interface Refusal {
  /** The class that follows from it; absent where the class of the report stays. */
  readonly class?: 'unknown' | 'undefined-behaviour' | 'bad-jump';
  readonly sure?: Sure;
  /** What to look at: `the value for CR4`. */
  readonly step: string;
}

type Means = Extract<Claim, { readonly kind: 'trap-means' }>;

const meansOf = ({ trap }: Explanation, topic: Means['topic']): Means | undefined =>
  trap
    .map(({ claim }) => claim)
    .find((claim): claim is Means => claim.kind === 'trap-means' && claim.topic === topic);

const low = (value: bigint): bigint => value & 0xffffffffn;

const unknown = (step: string): Refusal => ({ class: 'unknown', sure: 'possible', step });

interface Trapped {
  readonly text: string;
  readonly mnemonic: string;
  readonly value: (register: string) => bigint | undefined;
}

const named = (name: string, value: bigint | undefined): string =>
  value === undefined ? name : `${name}, which is ${hex(low(value))}`;

// Each pattern is of the whole mnemonic. Loads of state are refused for what is in memory, not for where it is.
const INSTRUCTIONS: readonly (readonly [RegExp, (trapped: Trapped) => string])[] = [
  [
    /^(?:rdmsr|wrmsr(?:ns)?)$/u,
    ({ mnemonic, value }) => {
      const number = value('rcx');
      const which = number === undefined ? 'the MSR that ECX names' : `MSR ${hex(low(number))}`;
      return mnemonic === 'rdmsr'
        ? `${which}: whether this CPU, or the hypervisor, has it`
        : `${which} and its value in EDX:EAX: whether this CPU, or the hypervisor, has it and takes the value`;
    },
  ],
  [
    /^xsetbv$/u,
    ({ value }) =>
      `the extended control register that ECX names${value('rcx') === undefined ? '' : ` (${hex(low(value('rcx')!))})`}, and its value in EDX:EAX: bits that this CPU does not have, or that need others`,
  ],
  [/^rdpmc$/u, ({ value }) => `the counter in ${named('ECX', value('rcx'))}: whether this CPU has it`],
  [
    /^(?:in|out|ins[bwl]?|outs[bwl]?)$/u,
    ({ text }) => `the port of "${text}": a hypervisor may refuse it, in kernel mode the CPU itself does not`,
  ],
  [/^ltr$/u, ({ text }) => `the selector of "${text}": its entry of the GDT must be a TSS that is not busy`],
  [/^lldt$/u, ({ text }) => `the selector of "${text}": its entry of the GDT must be an LDT`],
  [
    /^(?:iret[qdlw]?|lret[qlw]?|sysret[ql]?|uiret|eret[us])$/u,
    ({ mnemonic }) => `the frame that ${mnemonic} returns to: CS, SS, RFLAGS, or a RIP that is not canonical`,
  ],
  [
    /^v?ldmxcsr$/u,
    ({ mnemonic }) => `the value in memory that ${mnemonic} loads: reserved bits of MXCSR must be 0`,
  ],
  [
    /^(?:fxrstor|xrstor)\w*$/u,
    ({ mnemonic }) =>
      `the state in memory that ${mnemonic} loads, and its alignment: reserved bits of MXCSR or of the header are set, or the format is another one`,
  ],
  [/^(?:fxsave|xsave)\w*$/u, ({ mnemonic }) => `the alignment of the area that ${mnemonic} writes`],
  [
    /^(?:invpcid|invept|invvpid)$/u,
    ({ mnemonic }) => `the type and the descriptor that ${mnemonic} is given`,
  ],
  [/^vmxon$/u, () => 'CR0, CR4 and IA32_FEAT_CTL: whether they allow VMX'],
];

const CONTROL = /^mov\s+%r\w{1,3},%(cr\d{1,2}|dr\d)$/u;
const SEGMENT = /^(?:mov\w?\s.{1,40},|pop\w?\s+)%(?:ds|es|fs|gs|ss)$/u;

const withOneBlank = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();

const bytesOf = (report: KernelReport): Uint8Array | undefined => {
  const code = explainedRegisters(report)?.code ?? report.code;
  const bytes = code?.marked === undefined ? undefined : code.bytes.subarray(code.marked);
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
};

// Of a bad address nothing else is to be looked for.
const protection = (report: KernelReport, explanation: Explanation): Refusal | undefined => {
  if (report.kind !== 'gpf' || explanation.bad !== undefined) return undefined;
  if (report.headline?.text.includes('non-canonical') === true) return undefined;
  const isWild = ({ claim }: { readonly claim: Claim }): boolean =>
    claim.kind === 'accesses' && (claim.verdict === 'not canonical' || claim.verdict === 'faulting');
  if (explanation.trap.some(isWild)) return undefined;
  const bytes = bytesOf(report);
  if (bytes === undefined) return undefined;
  const { text: printed, mnemonic } = decodeOne(bytes, 0n);
  const text = withOneBlank(printed);
  const { address, size } = meansOf(explanation, 'general-protection')?.facts ?? {};
  if (typeof address === 'bigint' && typeof size === 'number')
    return {
      class: 'undefined-behaviour',
      sure: 'possible',
      step: `why ${hex(address)} is not a multiple of ${size}: the alignment of the object, its allocation or the stack`,
    };
  const values = explainedRegisters(report)?.values;
  const value = (register: string): bigint | undefined => values?.get(register);
  const row = INSTRUCTIONS.find(([pattern]) => pattern.test(mnemonic));
  if (row !== undefined) return unknown(row[1]({ text, mnemonic, value }));
  const control = CONTROL.exec(text)?.[1];
  if (control !== undefined)
    return unknown(
      `the value for ${control.toUpperCase()}: a reserved bit, one that this CPU does not have, or bits that exclude each other`,
    );
  if (SEGMENT.test(text))
    return unknown(`the selector of "${text}": its entry must be in the table, and be one of data`);
  const { errorCode, index } = meansOf(explanation, 'selector')?.facts ?? {};
  return errorCode === undefined
    ? undefined
    : unknown(`the entry ${String(index)} that the error code names, and who set it`);
};

const opcode = (report: KernelReport): Refusal | undefined => {
  if (report.kind !== 'trap' || !/invalid opcode/u.test(report.die?.trap ?? report.headline?.text ?? ''))
    return undefined;
  const bytes = bytesOf(report);
  if (bytes === undefined) return undefined;
  const { text, flow, mnemonic } = decodeOne(bytes, 0n);
  if (/^ud[012]/u.test(mnemonic)) return undefined;
  const what = flow === 'bad' ? 'these bytes' : `"${withOneBlank(text)}"`;
  return unknown(
    `whether this CPU has ${what}, and its feature is on; else whether the code was overwritten, or jumped into`,
  );
};

const quotient = (explanation: Explanation): Refusal | undefined => {
  const { bad } = explanation;
  const cause = meansOf(explanation, 'divide')?.facts['cause'];
  if (bad?.kind === 'overflowing quotient')
    return {
      step: 'the dividend, which is too large for the divisor: where both come from, and their widths',
    };
  return cause === 'either'
    ? { step: 'the divisor, which may be 0, and the dividend, which may be too large for it' }
    : undefined;
};

// The kernel's own words name the target; the trace has its caller.
const target = (report: KernelReport): Refusal | undefined =>
  isMissingEndbr(report)
    ? {
        class: 'bad-jump',
        sure: 'likely',
        step: `which function pointer was called: its target ${branchTarget(report)?.symbol ?? ''} has no endbr64`.replace(
          /  /u,
          ' ',
        ),
      }
    : undefined;

/**
 * What was refused other than an address; `undefined` where nothing else is known to be.
 *
 * @param explanation of the same report
 */
export const refusalOf = (report: KernelReport, explanation: Explanation): Refusal | undefined => {
  if (isPageFault(report) && ((report.errorCode ?? 0) & PF.rmp) !== 0)
    return {
      class: 'unknown',
      sure: 'possible',
      step: 'who owns the page: SEV-SNP refuses what the reverse map table (RMP) gives to a guest',
    };
  return target(report) ?? protection(report, explanation) ?? opcode(report) ?? quotient(explanation);
};
