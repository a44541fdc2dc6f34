// Collects the register sets of a report: which line belongs to which set.

import { defined } from '../../base/defined.js';
import type { FoundRegisters, FoundRip } from './register-line.js';
import { type SetPlace, type SetReport, assertsAt, kernelRole } from './register-role.js';
import type { CodeBytes, Inlined, RegisterSet } from './report.js';

export const MAX_SETS = 32;
const MAX_INLINES = 32; // at one place

// The registers that begin the lines of a set, in the order of the lines.
const LINES = ['rsp', 'rax', 'rdx', 'rbp', 'r10', 'r13', 'fs', 'cr0', 'cr2', 'dr0', 'dr3', 'pkru'];

interface OpenSet {
  line: number;
  place: SetPlace;
  /** Index of the last line that it took. */
  last: number;
  rip?: RegisterSet['rip'];
  cs?: number;
  code?: CodeBytes;
  origRax?: bigint;
  readonly values: Map<string, bigint>;
  readonly selectors: Map<string, number>;
  readonly control: Map<string, bigint>;
}

// A kernel under Xen PV runs at level 3 with the stack segment of its programs, and prints CS without the level.
// Source: FLAT_RING3_SS64, xen/include/public/arch-x86/xen-x86_64.h
const XEN_STACK = 0xe02b;

// The privilege level of a selector. Source: Intel SDM vol. 3, 3.4.2
const ofUser = (selector: number): boolean => (selector & 3) === 3;

// RIP of user mode is after the instruction that entered the kernel: syscall, sysenter or int $0x80.
const isSystemCall = ({ bytes, marked = 0 }: CodeBytes): boolean => {
  const [first, second] = bytes.subarray(Math.max(0, marked - 2), marked);
  return (first === 0x0f && (second === 0x05 || second === 0x34)) || (first === 0xcd && second === 0x80);
};

const isUser = ({ cs, selectors, values, rip }: OpenSet): boolean => {
  const selector = cs ?? selectors.get('ss');
  if (selector !== undefined && selector !== XEN_STACK) return ofUser(selector);
  const place = rip?.address ?? (rip === undefined ? (values.get('rip') ?? values.get('rsp')) : undefined);
  return place !== undefined && place !== 0n && place >> 47n === 0n && rip?.symbol === undefined;
};

export class RegisterSets {
  readonly #sets: OpenSet[] = [];
  readonly #inlines: Inlined[] = [];
  #held: CodeBytes | undefined; // a Code: line whose set is not known yet
  /** Sets that were left out because there were too many. */
  dropped = 0;

  get count(): number {
    return this.#sets.length;
  }

  /** Whether a set is not of user mode; the registers of user mode alone are what is left of a report, or of none. */
  get kernel(): boolean {
    return this.#sets.some((set) => !isUser(set) && (set.rip !== undefined || set.values.has('rsp')));
  }

  /** Whether a set has most of the general registers. */
  get general(): boolean {
    return this.#sets.some(({ values }) => values.size >= 6);
  }

  /** Whether a set is one that no other architecture prints. */
  get whole(): boolean {
    return this.#sets.some(({ rip, values }) => rip !== undefined || values.size >= 3);
  }

  /** Whether the line with CR2 is the next of the last set. */
  get awaitsCr2(): boolean {
    const last = this.#sets.at(-1);
    return last === undefined || (last.control.has('cr0') && !last.control.has('cr2'));
  }

  /** A function that was inlined at the RIP whose line follows. */
  inlined(one: Inlined): void {
    if (this.#inlines.length < MAX_INLINES) this.#inlines.push(one);
  }

  /** Start the set of a `RIP:` line. */
  rip({ location, selector }: FoundRip, line: number, place: () => SetPlace): void {
    this.#release();
    const set = this.#open(line, place);
    const inlines = this.#inlines.splice(0);
    if (location !== undefined) {
      set.rip = inlines.length === 0 ? location.location : { ...location.location, inlines };
      if (location.location.address !== undefined) set.values.set('rip', location.location.address);
    }
    if (selector !== undefined) set.cs = selector;
    if (selector !== undefined) set.selectors.set('cs', selector);
  }

  /** Add a line's registers to the first set that can still take them. */
  registers(found: FoundRegisters, line: number, place: () => SetPlace): void {
    this.#inlines.length = 0;
    const stack = found.selectors.get('ss');
    const takes = (set: OpenSet): boolean =>
      !(stack !== undefined && stack !== XEN_STACK && set.cs !== undefined && ((stack ^ set.cs) & 3) === 3) &&
      [...found.values].every(([name]) => !set.values.has(name)) &&
      [...found.control].every(([name]) => !set.control.has(name));
    // Lines of two CPUs may stand between each other: of two sets, the one that lacks the fewest lines before this one.
    const at = LINES.findIndex((name) => found.values.has(name) || found.control.has(name));
    const lacking = (set: OpenSet): number => (set.last < at ? at - set.last : LINES.length);
    const [before, last] = this.#sets.length > 1 ? this.#sets.slice(-2) : [undefined, this.#sets[0]];
    const candidates = [last, before].filter((set) => set !== undefined).filter(takes);
    const set =
      candidates.toSorted((one, other) => lacking(one) - lacking(other))[0] ?? this.#open(line, place);
    const begins = set.last < 0;
    set.last = Math.max(set.last, at);
    for (const [name, value] of found.values) set.values.set(name, value);
    for (const [name, value] of found.control) set.control.set(name, value);
    // The CS of the line `CS: DS: ES:` is in use while the report is printed; RIP's line has the one at the trap.
    for (const [name, value] of found.selectors) {
      if (name !== 'cs' || !set.selectors.has('cs')) set.selectors.set(name, value);
    }
    if (found.origRax !== undefined) set.origRax = found.origRax;
    // The code of a set whose own RIP line cannot be read stands before the first line of its registers.
    if (begins && this.#held !== undefined && (isUser(set) || !isSystemCall(this.#held))) {
      set.code ??= this.#held;
      this.#held = undefined;
    }
  }

  /**
   * Give a `Code:` line to its set: since 4.18 it follows RIP; before, it follows the trace and is that of the set before
   * the trace. Code of user mode is never given to a set of the kernel.
   *
   * @param afterRip whether the line before was a RIP line
   */
  code(code: CodeBytes, afterRip: boolean): void {
    this.#release();
    const last = this.#sets.at(-1);
    if (afterRip && last !== undefined && last.code === undefined) last.code = code;
    else this.#held = code;
  }

  // No registers follow the code: it is of a set that came before.
  #release(): void {
    const code = this.#held;
    this.#held = undefined;
    if (code === undefined) return;
    const free = this.#sets.filter((set) => set.code === undefined);
    const kernel = free.filter((set) => !isUser(set) && !set.place.inTrace).at(-1);
    const user = free.findLast(isUser);
    const set = isSystemCall(code) ? user : (kernel ?? (this.#sets.every(isUser) ? user : undefined));
    if (set !== undefined) set.code = code;
  }

  /** An entry of a trace follows that no title opened: the last set stands between the entries. */
  resume(): void {
    const last = this.#sets.at(-1);
    if (last !== undefined) last.place = { ...last.place, resumed: true };
  }

  /** The sets, in the order of the text. */
  finish(report: SetReport): RegisterSet[] {
    this.#release();
    return this.#sets.map((set) => {
      const { line, values, selectors, control, rip, origRax, code, place } = set;
      const mode = isUser(set) ? 'user' : 'kernel';
      const role = mode === 'user' ? 'user' : kernelRole({ ...place, asserts: assertsAt(code) }, report);
      return defined({ line, mode, role, values, selectors, control, rip, origRax, code });
    });
  }

  #open(line: number, place: () => SetPlace): OpenSet {
    const set: OpenSet = {
      line,
      place: place(),
      last: -1,
      values: new Map(),
      selectors: new Map(),
      control: new Map(),
    };
    if (this.#sets.length < MAX_SETS) this.#sets.push(set);
    else this.dropped += 1; // the set takes lines and is forgotten
    return set;
  }
}

/** The set that a report is about: of the trap; without one, of the interrupted context; else of user mode. */
export const principalSet = (sets: readonly RegisterSet[]): RegisterSet | undefined =>
  sets.find(({ role }) => role === 'trap') ?? sets.find(({ role }) => role === 'interrupted') ?? sets[0];
