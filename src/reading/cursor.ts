// A cursor on a recording and where it can go: forward, back, over calls, out of them, to writes of a place.
// Indices are built once, in typed arrays: a million instructions are nothing.

import { type Addr, PAGE_SIZE, pageStart } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import { greatest, smallest } from '../base/long-lists.js';
import { fetchCode } from '../x86/fetch.js';
import { decodeOne } from '../x86/disasm.js';
import type { RecordedState } from '../recording/state.js';
import type { RecordedAccess } from '../recording/accesses.js';
import type { Recording } from '../recording/recording.js';
import { REGISTER_INDEX, type RegisterName } from '../x86/registers.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { Case } from './case.js';

// One instruction of the code that ran, whichever time it ran.
interface Site {
  readonly address: Addr;
  /** With single blanks: `mov 0x8(%rbx),%rbp`. */
  readonly text: string;
  readonly isCall: boolean;
  readonly isReturn: boolean;
}

// The first index in [from, to) that holds, or `to`.
const firstIn = (from: number, to: number, holds: (index: number) => boolean): number => {
  for (let index = from; index < to; index += 1) if (holds(index)) return index;
  return to;
};

/**
 * A cursor on the states of a recording: state `n` lies before instruction `n`, state `instructions` at the end.
 *
 * Motions give whether the cursor moved. A call that the sandbox did itself, a stub, is one instruction; a call of the
 * sandbox is a *segment*, and no motion but plain steps and jumps leaves it.
 */
export class Navigator {
  readonly recording: Recording;
  readonly symbols: SymbolTable;
  /** By their number, in the order in which they first ran. */
  readonly sites: readonly Site[];
  /** The number of the site of each instruction. */
  readonly siteAt: Int32Array;
  #at = 0;
  readonly #depths: Int32Array; //   of each state: calls that are open in its segment
  readonly #segments: Int32Array; // first states of segments, and the end
  readonly #siteOf: ReadonlyMap<Addr, number>;
  readonly #writes: ReadonlyMap<Addr, readonly number[]>; // indices of accesses by page, in order
  readonly #changes = new Map<RegisterName, readonly number[]>();

  constructor(run: Case) {
    const { recording, symbols } = run;
    this.recording = recording;
    this.symbols = symbols;
    const starts = recording.header.steps.map(({ from }) => from);
    this.#segments = Int32Array.from(new Set([0, ...starts, recording.instructions])).sort((a, b) => a - b);
    const { sites, siteAt, siteOf, depths } = this.#index(run.stateAt(0));
    this.sites = sites;
    this.siteAt = siteAt;
    this.#siteOf = siteOf;
    this.#depths = depths;
    this.#writes = indexWrites(recording);
  }

  #index(memory: RecordedState) {
    const { recording, symbols } = this;
    const { instructions } = recording;
    const sites: Site[] = [];
    const siteOf = new Map<Addr, number>();
    const siteAt = new Int32Array(instructions);
    const depths = new Int32Array(instructions + 1);
    const starts = new Set(this.#segments);
    const { rip, rsp } = REGISTER_INDEX;
    let row = 0;
    let before: Site | undefined;
    let stack = 0n; // RSP before that instruction
    for (const registers of recording.registerRows()) {
      if (!starts.has(row)) {
        const depth = depths[row - 1]!;
        // The return address of a call that was entered is still on the stack.
        if (before!.isCall && stack - 8n === registers[rsp]) depths[row] = depth + 1;
        else if (before!.isReturn) depths[row] = Math.max(0, depth - 1);
        else depths[row] = depth;
      }
      if (row < instructions) {
        const address = registers[rip]!;
        let number = siteOf.get(address);
        if (number === undefined) {
          number = sites.push(readSite(memory, address, symbols)) - 1;
          siteOf.set(address, number);
        }
        siteAt[row] = number;
        before = sites[number];
        stack = registers[rsp]!;
      }
      row += 1;
    }
    return { sites, siteOf, siteAt, depths };
  }

  get at(): number {
    return this.#at;
  }

  get end(): number {
    return this.recording.instructions;
  }

  /** What runs next; absent at the end. */
  get site(): Site | undefined {
    return this.siteBefore(this.#at);
  }

  /** The instruction that a state lies before; absent at the end. */
  siteBefore(state: number): Site | undefined {
    return state < this.end ? this.sites[this.siteAt[state]!] : undefined;
  }

  /** How many calls are open in a state, from the function that the sandbox called: 0. */
  depthAt(state: number): number {
    return this.#depths[state]!;
  }

  /** First and last state of the call of the sandbox that a state belongs to; the last is the next one's first. */
  segmentAt(state: number): { readonly from: number; readonly to: number } {
    let index = 0;
    while (index + 2 < this.#segments.length && this.#segments[index + 1]! <= state) index += 1;
    return { from: this.#segments[index]!, to: this.#segments[index + 1] ?? this.#segments[index]! };
  }

  /** @throws {RangeError} when there is no such state */
  goTo(state: number): boolean {
    if (!Number.isInteger(state) || state < 0 || state > this.end) throw new RangeError(`no state ${state}`);
    const moved = state !== this.#at;
    this.#at = state;
    return moved;
  }

  #maybe(state: number | undefined): boolean {
    return state !== undefined && this.goTo(state);
  }

  step(): boolean {
    return this.#at < this.end && this.goTo(this.#at + 1);
  }

  back(): boolean {
    return this.#at > 0 && this.goTo(this.#at - 1);
  }

  /** One instruction, or a call and all that it calls; to the end of the segment if it does not return. */
  stepOver(): boolean {
    if (this.#at === this.end) return false;
    const { to } = this.segmentAt(this.#at);
    const depth = this.depthAt(this.#at);
    return this.goTo(firstIn(this.#at + 1, to, (state) => this.depthAt(state) <= depth));
  }

  /** One instruction back, or to before the call that returned here. */
  backOver(): boolean {
    const { from } = this.segmentAt(this.#at);
    if (this.#at === from) return this.back();
    const depth = this.depthAt(this.#at);
    let state = this.#at - 1;
    while (state > from && this.depthAt(state) > depth) state -= 1;
    return this.goTo(state);
  }

  /** To after the return of this function; to the end of the segment if it does not return. */
  finish(): boolean {
    if (this.#at === this.end) return false;
    const { to } = this.segmentAt(this.#at);
    const depth = this.depthAt(this.#at);
    return this.goTo(firstIn(this.#at + 1, to, (state) => this.depthAt(state) < depth));
  }

  /** To the call of this function; to its first instruction where the sandbox called it. */
  reverseFinish(): boolean {
    const { from } = this.segmentAt(this.#at);
    const depth = this.depthAt(this.#at);
    let state = this.#at;
    while (state > from && this.depthAt(state) >= depth) state -= 1;
    return this.goTo(state);
  }

  /** To where the code at an address runs next. */
  runTo(address: Addr): boolean {
    const number = this.#siteOf.get(address);
    if (number === undefined) return false;
    const state = firstIn(this.#at + 1, this.end, (one) => this.siteAt[one] === number);
    return state < this.end && this.goTo(state);
  }

  /** To where the code at an address ran last. */
  runBackTo(address: Addr): boolean {
    const number = this.#siteOf.get(address);
    if (number === undefined) return false;
    for (let state = this.#at - 1; state >= 0; state -= 1)
      if (this.siteAt[state] === number) return this.goTo(state);
    return false;
  }

  /**
   * To the next instruction that writes into an address range, before it does so; for what the sandbox writes, to the
   * state that has it.
   *
   * @param size bytes
   */
  nextWrite(address: Addr, size: number): boolean {
    const found = this.#parts(address, size).map(([list, start, end]) => {
      let index = firstWhere(list.length, (one) => this.#instructionOf(list[one]!) > this.#at);
      while (index < list.length && !this.#touches(list[index]!, start, end)) index += 1;
      return index < list.length ? this.#instructionOf(list[index]!) : Infinity;
    });
    const state = smallest(found);
    return state !== Infinity && this.goTo(state);
  }

  /** Likewise to the one before. */
  previousWrite(address: Addr, size: number): boolean {
    const found = this.#parts(address, size).map(([list, start, end]) => {
      let index = firstWhere(list.length, (one) => this.#instructionOf(list[one]!) >= this.#at) - 1;
      while (index >= 0 && !this.#touches(list[index]!, start, end)) index -= 1;
      return index >= 0 ? this.#instructionOf(list[index]!) : -1;
    });
    const state = greatest(found);
    return state >= 0 && this.goTo(state);
  }

  /** The last write into a range that a state has. */
  lastWrite(address: Addr, size: number, state = this.#at): RecordedAccess | undefined {
    const limit = this.recording.accessesBefore(state);
    const found = this.#parts(address, size).map(([list, start, end]) => {
      let index = firstWhere(list.length, (one) => list[one]! >= limit) - 1;
      while (index >= 0 && !this.#touches(list[index]!, start, end)) index -= 1;
      return index >= 0 ? list[index]! : -1;
    });
    const last = greatest(found);
    return last < 0 ? undefined : this.recording.access(last);
  }

  // The range page by page: the page's writes, and the part as words to compare with: no bigint in a loop.
  #parts(address: Addr, size: number): (readonly [list: readonly number[], start: number, end: number])[] {
    const parts: [readonly number[], number, number][] = [];
    const end = address + BigInt(size);
    for (let page = pageStart(address); page < end; page += BigInt(PAGE_SIZE)) {
      const first = address > page ? address : page;
      const length = Number((end < page + BigInt(PAGE_SIZE) ? end : page + BigInt(PAGE_SIZE)) - first);
      const start = Number(BigInt.asUintN(32, first));
      parts.push([this.#writes.get(page) ?? [], start, length]);
    }
    return parts;
  }

  #instructionOf(access: number): number {
    return this.recording.accesses.instruction(access);
  }

  // Whether an access of the page touches `length` bytes from the address whose low word is `start`.
  #touches(access: number, start: number, length: number): boolean {
    const { accesses } = this.recording;
    const distance = (accesses.lowAddress(access) - start) | 0;
    return distance < length && distance + accesses.size(access) > 0;
  }

  /** To the next instruction that changes a register, before it does so. */
  nextChange(register: RegisterName): boolean {
    const states = this.#changesOf(register);
    return this.#maybe(states[firstWhere(states.length, (index) => states[index]! > this.#at)]);
  }

  /** Likewise to the one before. */
  previousChange(register: RegisterName): boolean {
    const states = this.#changesOf(register);
    return this.#maybe(states[firstWhere(states.length, (index) => states[index]! >= this.#at) - 1]);
  }

  #changesOf(register: RegisterName): readonly number[] {
    const known = this.#changes.get(register);
    if (known !== undefined) return known;
    const index = REGISTER_INDEX[register];
    const found: number[] = [];
    let row = 0;
    let last = 0n;
    for (const registers of this.recording.registerRows()) {
      if (row > 0 && registers[index] !== last) found.push(row - 1);
      last = registers[index]!;
      row += 1;
    }
    this.#changes.set(register, found);
    return found;
  }

  /** The accesses of an instruction, in order; none at the end. */
  accessesOf(state: number): RecordedAccess[] {
    if (state >= this.end) return [];
    const found: RecordedAccess[] = [];
    const first = this.recording.accessesBefore(state);
    for (let index = first; index < this.recording.accessCount; index += 1) {
      const access = this.recording.access(index);
      if (access.host || access.instruction !== state) break;
      found.push(access);
    }
    return found;
  }
}

const readSite = (memory: RecordedState, address: Addr, symbols: SymbolTable): Site => {
  const bytes = fetchCode(memory, address);
  if (bytes.length === 0) return { address, text: '(not mapped)', isCall: false, isReturn: false };
  const { text, flow } = decodeOne(bytes, address, symbols);
  return {
    address,
    text: text.replaceAll(/ +/gu, ' '),
    isCall: flow === 'call' || flow === 'indirect call',
    isReturn: flow === 'return',
  };
};

const indexWrites = ({ accesses }: Recording): Map<Addr, number[]> => {
  const pages = new Map<Addr, number[]>();
  let page = -1n;
  let list: number[] = [];
  for (let index = 0; index < accesses.count; index += 1) {
    if (!accesses.isDone(index)) continue;
    const address = accesses.address(index);
    const last = address + BigInt(Math.max(1, accesses.size(index))) - 1n;
    for (let one = pageStart(address); one <= last; one += BigInt(PAGE_SIZE)) {
      // Neighbours mostly write to the same page.
      if (one !== page) {
        page = one;
        list = pages.get(page) ?? [];
        pages.set(page, list);
      }
      list.push(index);
    }
  }
  return pages;
};
