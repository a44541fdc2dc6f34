// What the error code of a page fault means, with the page tables that the kernel printed: why the access was refused.

import { type Addr, hex } from '../../base/address.js';
import type { Statement, Sure } from '../code/statement.js';
import type { KernelReport, PageTables, RegisterSet } from '../read/report.js';
import { PF, isPageFault } from './error-code.js';
import { means } from './trap-means.js';

// Bits of an entry. Source: arch/x86/include/asm/pgtable_types.h, v6.14
const ENTRY = { present: 1n, writable: 2n, user: 4n, large: 0x80n, noExecute: 1n << 63n } as const;

// Source: Intel SDM vol. 3, 2.5; EFLAGS.AC: vol. 1, 3.4.3
const SMEP = 1n << 20n;
const SMAP = 1n << 21n;
const AC = 1n << 18n;

/** What an entry maps, by its level. Source: Documentation/arch/x86/x86_64/mm.rst, v6.6 */
const SPAN = { PGD: '', P4D: '512 GiB', PUD: '1 GiB', PMD: '2 MiB', PTE: 'page' } as const;

type Entry = PageTables['entries'][number];

/** The walk ended at a page: the last entry is one of a page, of any size. */
const isPage = ({ level, value }: Entry): boolean =>
  level === 'PTE' || ((level === 'PMD' || level === 'PUD') && (value & ENTRY.large) !== 0n);

const named = ({ level, value }: Entry): string => `the ${level} entry ${hex(value)}`;

interface Why {
  readonly says: string;
  readonly sure: Sure;
  readonly because?: string;
}

const absent = ({ die }: KernelReport, last: Entry | undefined): Why | undefined => {
  if (last === undefined) return undefined;
  if ((last.value & ENTRY.present) !== 0n)
    return isPage(last)
      ? {
          says: `${named(last)} is of a page that is present now, and was not when it trapped`,
          sure: 'likely',
        }
      : undefined;
  const span = SPAN[last.level];
  if (last.value === 0n)
    return {
      says: `nothing is mapped there: the ${last.level} entry is 0${span === '' || span === 'page' ? '' : `, for all ${span} around it`}`,
      sure: 'certain',
    };
  return die?.flags.includes('DEBUG_PAGEALLOC') === true
    ? {
        says: `${named(last)} is not empty: DEBUG_PAGEALLOC unmaps a page when it is freed`,
        sure: 'likely',
        because: 'the die line has DEBUG_PAGEALLOC',
      }
    : {
        says: `${named(last)} is not empty: a page was there and was made not present, as a guard page or a freed one is`,
        sure: 'possible',
      };
};

const isImage = (address: Addr): boolean => address >= 0xffffffff80000000n && address < 0xffffffffff000000n;

const refusedWrite = (entries: readonly Entry[], fault: Addr | undefined): Why => {
  const readOnly = entries.find(
    ({ value }) => (value & ENTRY.present) !== 0n && (value & ENTRY.writable) === 0n,
  );
  const where =
    fault !== undefined && isImage(fault)
      ? ', as the text and the constants of the kernel and of modules are'
      : '';
  if (readOnly !== undefined)
    return {
      says: `the page is read-only${where}`,
      sure: 'certain',
      because: `${named(readOnly)} has the writable bit clear`,
    };
  return {
    says: `the page is present and does not allow it: mostly it is read-only${where}`,
    sure: 'likely',
  };
};

const refused = (
  report: KernelReport,
  registers: RegisterSet,
  code: number,
  fault: Addr | undefined,
): Why | undefined => {
  const entries = report.pageFault?.tables?.entries ?? [];
  const last = entries.at(-1);
  const cr4 = registers.control.get('cr4');
  const flags = registers.values.get('rflags');
  const isLow = fault !== undefined && fault >> 63n === 0n;
  if ((code & PF.reserved) !== 0)
    return {
      says: `an entry of the page tables has a reserved bit set: the page tables are damaged${last === undefined ? '' : `, or hold what this CPU does not know; the walk ended at ${named(last)}`}`,
      sure: 'likely',
    };
  // The RMP is asked after the page tables. Source: AMD APM vol. 2, 15.36.10, publication 24593
  if ((code & PF.rmp) !== 0)
    return {
      says: 'SEV-SNP refuses it, after the page tables allowed it: the reverse map table (RMP) gives the page to another owner, mostly a guest',
      sure: 'likely',
      because: 'the error code has bit 31 set, RMP violation',
    };
  if ((code & PF.key) !== 0)
    return {
      says: 'a protection key refuses it: PKRU, or IA32_PKRS for pages of the kernel',
      sure: 'certain',
    };
  if ((code & PF.shadowStack) !== 0) return { says: 'it was an access to a shadow stack', sure: 'certain' };
  if ((code & PF.sgx) !== 0)
    return { says: 'SGX refuses it, after the page tables allowed it', sure: 'certain' };
  if ((code & PF.fetch) !== 0) {
    if (isLow && cr4 !== undefined && (cr4 & SMEP) !== 0n)
      return {
        says: 'SMEP: the kernel may not execute pages of user space',
        sure:
          last !== undefined && isPage(last) && (last.value & ENTRY.noExecute) === 0n ? 'certain' : 'likely',
        because: 'CR4 has SMEP set',
      };
    const marked = entries.find(
      ({ value }) => (value & ENTRY.present) !== 0n && (value & ENTRY.noExecute) !== 0n,
    );
    return marked === undefined
      ? { says: 'the page is present and may not be executed', sure: 'likely' }
      : {
          says: 'the page may not be executed (NX)',
          sure: 'certain',
          because: `${named(marked)} has the NX bit set`,
        };
  }
  if (isLow && cr4 !== undefined && (cr4 & SMAP) !== 0n && flags !== undefined && (flags & AC) === 0n) {
    const isUser = entries.length > 0 && entries.every(({ value }) => (value & ENTRY.user) !== 0n);
    const allowed = (code & PF.write) === 0 || entries.every(({ value }) => (value & ENTRY.writable) !== 0n);
    return {
      says: 'SMAP: the kernel may not access pages of user space outside copy_from_user() and its like',
      sure: isUser && allowed ? 'certain' : 'likely',
      because: 'CR4 has SMAP set, and EFLAGS.AC is clear',
    };
  }
  return (code & PF.write) !== 0 ? refusedWrite(entries, fault) : undefined;
};

const KIND = {
  read: 'a read',
  write: 'a write',
  fetch: 'an instruction fetch',
} as const;

/** What the error code says, and why the access was refused. */
export const pageFaultStatements = (report: KernelReport, registers: RegisterSet): Statement[] => {
  const { errorCode: code, faultAddress } = report;
  if (code === undefined || !isPageFault(report)) return [];
  const fault = faultAddress ?? registers.control.get('cr2');
  const kind = (code & PF.fetch) !== 0 ? KIND.fetch : (code & PF.write) !== 0 ? KIND.write : KIND.read;
  const isPresent = (code & PF.present) !== 0;
  const by = (code & PF.user) === 0 ? 'kernel mode' : 'user mode';
  const page = isPresent ? 'a page that is present' : 'a page that is not present';
  const facts = {
    errorCode: code,
    present: isPresent,
    access: kind.replace(/^an? /u, ''),
    user: (code & PF.user) !== 0,
  };
  const of = kind === KIND.fetch ? 'from' : kind === KIND.read ? 'of' : 'to';
  const said = means(
    'page-fault',
    'certain',
    `The error code ${hex(code)} means ${kind} ${of} ${page}, in ${by}`,
    facts,
  );
  // That nothing is mapped at NULL, or at an error code, goes without saying.
  const isPlain = fault !== undefined && (fault < 0x1000n || fault > 0xfffffffffffff000n);
  const why = isPresent
    ? refused(report, registers, code, fault)
    : isPlain
      ? undefined
      : absent(report, report.pageFault?.tables?.entries.at(-1));
  if (why === undefined) return [said];
  const sentence = `${why.says[0]!.toUpperCase()}${why.says.slice(1)}`;
  return [said, means('page-table', why.sure, sentence, {}, why.because === undefined ? [] : [why.because])];
};
