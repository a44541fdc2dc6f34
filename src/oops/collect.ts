// The kernel's report of a trap, made from guest memory as the kernel makes it from its own.

import { type Addr, PAGE_OFFSET, u64 } from '../base/address.js';
import { BUGFLAG_WARNING, type BugLookup, lookUpBug } from '../kernel/bugtable.js';
import { InputError } from '../base/errors.js';
import { type Fields, decode } from '../kernel/layout.js';
import type { Memory } from '../kernel/memory.js';
import {
  type CodePoint,
  type OopsCode,
  type OopsFields,
  type OopsHead,
  type OopsRegister,
} from './fields.js';
import { formatParsed } from './format.js';
import { type GivenFacts, taintFact } from './given.js';
import { type OopsWord, type Origin, type ProvenanceQuery, originsOf, wordsOf } from './words.js';
import { CURRENT_TASK_OFFSET, THREAD_SIZE, pt_regs, thread_info } from '../kernel/structs/task.js';
import type { Location, SymbolTable } from '../kernel/symbols.js';
import { type CallTrace, findCaller, unwind } from '../kernel/stack.js';

/** Bytes of the `Code:` line, and how many of them lie before RIP. Source: arch/x86/kernel/dumpstack_64.c, v3.0.101 */
const CODE_BYTES = 64;
const CODE_PROLOGUE = (CODE_BYTES * 43) / 64;

/** Words of the stack. Source: kstack_depth_to_print, arch/x86/kernel/dumpstack.c, v3.0.101 */
const STACK_WORDS = 12;

/** Longest comm. Source: TASK_COMM_LEN less the NUL, include/linux/sched.h, v3.0.101 */
const COMM_LENGTH = 15;

export interface OopsInput {
  readonly memory: Memory;
  readonly symbols: SymbolTable;
  /** Guest address of the trap's pt_regs. */
  readonly regs: Addr;
  readonly trap: {
    readonly kind: 'invalid opcode' | 'page fault' | 'general protection fault';
    readonly errorCode: number;
    /** CR2 of a page fault. */
    readonly address?: Addr;
  };
  readonly gsBase: Addr;
  readonly given: GivenFacts;
  readonly provenance: ProvenanceQuery;
}

/** An oops with the origin of each value, and the state of the stack and the bug table that were read. */
export interface OopsReport {
  readonly fields: OopsFields;
  /** By the keys of the text's segments. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Its `end` says whether the stack was whole. */
  readonly trace: CallTrace;
  /** The answer of the bug table; null where the kernel does not search it. */
  readonly bug: BugLookup | null;
}

// Given text cannot break lines or hold characters that a console would not print.
const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]/gu, '?');
const oneWord = (text: string): string => oneLine(text).replaceAll(' ', '_');

const point = (address: Addr, location: Location | undefined): CodePoint => ({
  address,
  symbol:
    location === undefined
      ? null
      : {
          name: location.symbol.name,
          offset: location.offset,
          size: location.symbol.size,
          module: location.symbol.module ?? null,
        },
});

// The bytes around RIP; and the address of the first one.
const readCode = (memory: Memory, rip: Addr): OopsCode & { readonly start: Addr } => {
  const readable = (address: Addr): boolean => address >= PAGE_OFFSET && memory.isMapped(address, 1);
  const early = u64(rip - BigInt(CODE_PROLOGUE));
  const [start, length] = readable(early) ? [early, CODE_BYTES] : [rip, CODE_BYTES - CODE_PROLOGUE + 1];
  const bytes: number[] = [];
  let trap: number | null = null;
  for (let index = 0; index < length; index += 1) {
    const address = u64(start + BigInt(index));
    if (!readable(address)) return { start, bytes, trap, bad: true };
    if (address === rip) trap = index;
    bytes.push(memory.readU8(address));
  }
  return { start, bytes, trap, bad: false };
};

// The words from RSP up, to the end of the stack at most. Source: show_stack_log_lvl(), dumpstack_64.c, v3.0.101
const readStack = (memory: Memory, rsp: Addr): bigint[] => {
  const words: bigint[] = [];
  for (let index = 0; index < STACK_WORDS; index += 1) {
    const address = u64(rsp + BigInt(index * 8));
    if (address % BigInt(THREAD_SIZE) === 0n) break;
    if (!memory.isMapped(address, 8)) break;
    words.push(memory.readU64(address));
  }
  return words;
};

// Source: is_valid_bugaddr(), arch/x86/kernel/dumpstack_64.c and report_bug(), lib/bug.c, v3.0.101
const readHead = ({ memory, symbols, trap, given }: OopsInput, rip: Addr): [OopsHead, BugLookup | null] => {
  if (trap.kind === 'page fault') {
    const line = oneLine(given.pageTable ?? 'PGD 0 ');
    const pageTable = /^(?:PGD |BAD$)/u.test(line) ? line : `PGD ${line}`;
    return [{ kind: 'page fault', address: trap.address ?? given.cr2, pageTable }, null];
  }
  if (trap.kind !== 'invalid opcode') return [{ kind: 'none' }, null];
  const ud2 = rip >= PAGE_OFFSET && memory.isMapped(rip, 2) && memory.readU16(rip) === 0x0b0f;
  if (!ud2) return [{ kind: 'none' }, null];
  const bug = lookUpBug(memory, symbols, rip);
  if (bug.kind !== 'found' || bug.file.kind !== 'text') return [{ kind: 'unknown bug', address: rip }, bug];
  if ((bug.flags & BUGFLAG_WARNING) !== 0) return [{ kind: 'none' }, bug];
  return [{ kind: 'bug', file: bug.file.text, line: bug.line }, bug];
};

const savedRegisters = (saved: Fields<typeof pt_regs>): Record<OopsRegister, bigint> => {
  const { ax, bx, cx, dx, si, di, bp } = saved;
  const { r8, r9, r10, r11, r12, r13, r14, r15 } = saved;
  return {
    rax: ax,
    rbx: bx,
    rcx: cx,
    rdx: dx,
    rsi: si,
    rdi: di,
    rbp: bp,
    r8,
    r9,
    r10,
    r11,
    r12,
    r13,
    r14,
    r15,
  };
};

const taintOf = ({ taint }: GivenFacts): string => {
  if (taintFact.read(taint) !== undefined) return taint;
  throw new InputError(`should be ${taintFact.should}, found ${JSON.stringify(taint)}`, { field: 'taint' });
};

const givenFields = (given: GivenFacts) => ({
  dieCounter: given.dieCounter ?? 1,
  preempt: given.preempt ?? false,
  smp: given.smp ?? true,
  modules: given.modules.filter((name) => name !== '').map(oneWord),
  lastUnloaded: (given.lastUnloaded ?? '') === '' ? null : oneWord(given.lastUnloaded!),
  supported: given.supported === undefined ? null : oneLine(given.supported),
  pid: given.pid,
  comm: oneLine(given.comm).slice(0, COMM_LENGTH),
  taint: taintOf(given),
  release: oneWord(given.release),
  version: oneLine(given.version).split(' ')[0]!,
  hardware: oneLine(`${given.vendor} ${given.product}${given.board === undefined ? '' : `/${given.board}`}`),
  fs: u64(given.fs),
  fsIndex: (given.fsIndex ?? 0) & 0xffff,
  gsIndex: (given.gsIndex ?? 0) & 0xffff,
  knlGs: u64(given.knlGs),
  cs: (given.cs ?? 0x10) & 0xffff,
  ds: given.ds & 0xffff,
  es: given.es & 0xffff,
  endTrace: given.endTrace === undefined ? null : u64(given.endTrace),
});

/**
 * Make the report of a trap.
 *
 * @throws {InputError} when the given taint is not one
 * @throws {UnmappedError} when the pt_regs are not mapped; whatever else cannot be read is left out as the kernel would
 *
 * Differs: pid and comm are given, not read from the task; an unreadable thread_info prints CPU 0, an unreadable
 * `current` prints `(null)`; the leftover of an interrupted call trace is not searched for return addresses.
 */
export const collectOops = (input: OopsInput): OopsReport => {
  const { memory, symbols, trap, given, gsBase, provenance } = input;
  const saved = decode(pt_regs, memory.read(input.regs, pt_regs.size));
  const { ip, sp } = saved;
  const [head, bug] = readHead(input, ip);
  const trace = unwind(memory, symbols, input.regs);
  const threadinfo = sp & ~BigInt(THREAD_SIZE - 1);
  const info = memory.isMapped(threadinfo, thread_info.size)
    ? decode(thread_info, memory.read(threadinfo, thread_info.size))
    : undefined;
  const current = u64(gsBase + CURRENT_TASK_OFFSET);
  const { start, ...code } = readCode(memory, ip);
  const faults = head.kind === 'page fault';
  const fields: OopsFields = {
    ...givenFields(given),
    cutHere: head.kind === 'bug' || head.kind === 'unknown bug',
    head,
    trap: trap.kind === 'page fault' ? 'Oops' : trap.kind,
    errorCode: trap.errorCode & 0xffff,
    cpu: info?.cpu ?? 0,
    rip: point(ip, findCaller(symbols, ip)),
    rsp: sp,
    eflags: saved.flags,
    frameCs: Number(saved.cs & 0xffffn),
    frameSs: saved.ss,
    registers: savedRegisters(saved),
    gs: gsBase,
    control: {
      cr0: u64(given.cr0),
      cr2: u64(faults ? head.address : given.cr2),
      cr3: u64(given.cr3),
      cr4: u64(given.cr4),
    },
    debug: {
      dr0: u64(given.dr0),
      dr1: u64(given.dr1),
      dr2: u64(given.dr2),
      dr3: u64(given.dr3),
      dr6: u64(given.dr6),
      dr7: u64(given.dr7),
    },
    threadinfo,
    task: memory.isMapped(current, 8) ? memory.readU64(current) : 0n,
    stack: readStack(memory, sp),
    trace: trace.entries.map(({ address, location }) => point(address, location)),
    code,
  };

  const origins = originsOf(fields, provenance, {
    current,
    codeStart: start,
    slots: trace.entries.map(({ slot }) => slot),
    threadInfoRead: info !== undefined,
  });
  return { fields, origins, trace, bug };
};

const shown = ({ fields }: OopsReport, full: boolean | undefined): OopsFields =>
  full === true ? fields : { ...fields, cutHere: false, endTrace: null };

/**
 * The text of a report, from the line that names the trap to ` RSP <…>`, or to the `CR2:` of a page fault.
 *
 * @param options `full`: with the lines `cut here` and `end trace`
 */
export const formatOops = (report: OopsReport, options: { readonly full?: boolean } = {}): string =>
  formatParsed(shown(report, options.full));

/** Each word of the text with its origin. */
export const oopsWords = (report: OopsReport, options: { readonly full?: boolean } = {}): OopsWord[] =>
  wordsOf(shown(report, options.full), report.origins);
