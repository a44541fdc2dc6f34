// What an instruction's operands are to lineage: taking up what lies in one, putting it down in another, values that
// are new, and names for what is loaded. No instructions: those are effects.ts.

import { type Addr, IN_PAGE, PAGE_SIZE, hex, pageOffset, u64 } from '../base/address.js';
import { Assembly } from './assembly.js';
import type { CodeFacts } from './code.js';
import { HOW, Ledger, ORIGIN } from './ledger.js';
import { type Frame, Names, RANK } from './names.js';
import { PLAIN, REGISTER_BYTES, TagMap } from './tags.js';
import { PagedMemory } from '../kernel/memory.js';
import { recordedRegions } from '../recording/state.js';
import type { Recording } from '../recording/recording.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { MEMORY, type Transfer } from '../x86/transfer.js';

/** What is followed: everything that ran, or what somebody can who has the published bytes only. */
export type View = 'run' | 'analyst';

/** An instruction of the code, decoded once. */
export interface Site {
  readonly number: number;
  readonly address: Addr;
  readonly transfer: Transfer;
  readonly facts: CodeFacts | undefined;
  readonly offset: number; // from the function's start
  readonly published: boolean;
  /** C variables that arrive before it. */
  readonly arrivals: CodeFacts['arrivals'];
}

export const RSP = REGISTER_INDEX.rsp;
export const RBP = REGISTER_INDEX.rbp;
export const RAX = REGISTER_INDEX.rax;
export const RIP = REGISTER_INDEX.rip;
export const RFLAGS = REGISTER_INDEX.rflags;
export const GENERAL = 16;
/** The registers that the delivery of a trap sets. */
export const TRAP_SETS = [RSP, REGISTER_INDEX.rdi, REGISTER_INDEX.rsi];

/** The state of one walk, and what operands do to it. */
export abstract class Operands {
  readonly ledger = new Ledger();
  readonly names = new Names(this.ledger);
  readonly memory: PagedMemory;
  readonly tags: TagMap;
  readonly assembly: Assembly;
  protected readonly recording: Recording;
  protected readonly symbols: SymbolTable;
  protected readonly view: View;
  protected readonly registers = new BigUint64Array(REGISTER_COUNT); // before the instruction, then after it
  protected readonly halves = new Uint32Array(this.registers.buffer);
  protected readonly before = new BigUint64Array(REGISTER_COUNT);
  protected event = 0; // next event of the recording
  protected frames: Frame[] = [];
  protected touched = 0; // registers that the instruction may have changed, a bit each

  constructor(recording: Recording, symbols: SymbolTable, view: View) {
    this.recording = recording;
    this.symbols = symbols;
    this.view = view;
    this.memory = new PagedMemory(recordedRegions(recording));
    this.memory.bytes.set(recording.data.memory);
    this.tags = new TagMap(this.ledger, this.memory);
    this.assembly = new Assembly(this.ledger, this.tags);
  }

  // Call with each run of locations of an operand in memory: two where it crosses into another page.
  protected eachPart(
    address: Addr,
    size: number,
    visit: (location: number, length: number, done: number) => void,
  ): void {
    const at = this.memory.locate(address);
    const room = PAGE_SIZE - pageOffset(address);
    if (at >= 0) visit(at + REGISTER_BYTES, Math.min(size, room), 0);
    if (size <= room) return;
    const rest = this.memory.locate(u64(address + BigInt(room)));
    if (rest >= 0) visit(rest + REGISTER_BYTES, size - room, room);
  }

  // Take up an operand: a register byte, or MEMORY at `address`.
  protected take(operand: number, address: Addr, size: number): void {
    if (operand !== MEMORY) return this.tags.take(operand, size);
    return this.eachPart(address, size, (location, length, done) => this.tags.take(location, length, done));
  }

  // End `width` bytes of a register and put down what was taken on the first `size` of them.
  protected put(step: number, at: number, size: number, width = size, how = 0): void {
    this.touched |= 1 << (at >> 3);
    if (this.tags.isThere(at, size)) {
      if (width > size) this.tags.end(at + size, width - size, step, HOW.destroyed, 0);
    } else {
      const saved = this.frames.at(-1)?.entry[at] ?? 0;
      const restored = how !== 0 && this.tags.wasThere(saved, 8) && size === 8;
      this.tags.end(at, width, step, restored ? how : HOW.destroyed, 0);
      this.tags.put(at, size, step + 1);
    }
    for (let index = size; index < width; index += 1) this.tags.set(at + index, PLAIN);
  }

  protected putMemory(step: number, address: Addr, size: number): void {
    this.eachPart(address, size, (location, length, done) => {
      if (this.tags.isThere(location, length, done)) return;
      this.tags.end(location, length, step, HOW.destroyed, 0);
      this.tags.put(location, length, step + 1, done);
    });
  }

  // A new value in a register or in memory, which nothing was taken for.
  protected fresh(
    step: number,
    at: number,
    address: Addr,
    size: number,
    width: number,
    origin: number,
    bits: bigint,
    site: number,
  ): number {
    const low = Number(BigInt.asIntN(32, bits));
    const high = Number(BigInt.asIntN(32, bits >> 32n));
    const value = this.ledger.addValue(origin, size, low, high, step + 1, site);
    if (at === MEMORY) {
      this.eachPart(address, size, (location, length, done) => {
        this.tags.end(location, length, step, HOW.destroyed, 0);
        this.tags.begin(location, length, value, done, step + 1, 0);
      });
      return value;
    }
    this.touched |= 1 << (at >> 3);
    this.tags.end(at, width, step, HOW.destroyed, 0);
    this.tags.begin(at, size, value, 0, step + 1, 0);
    for (let index = size; index < width; index += 1) this.tags.set(at + index, PLAIN);
    return value;
  }

  // rsp is the old one plus a constant. `bits`: what it is then.
  protected moveStack(step: number, distance: bigint, bits: bigint, site: number): void {
    const old = this.tags.get(RSP * 8);
    const from = site < 0 ? step - 1 : step; // the sandbox's own moves are done before the step
    const value = this.fresh(from, RSP * 8, 0n, 8, 8, ORIGIN.computed, bits, site);
    if (old <= 0) return;
    this.ledger.addParent(value, this.ledger.value(old));
    this.ledger.setOffset(value, distance);
  }

  // Name what a load gives by the pointer behind it.
  protected nameLoad(step: number, site: Site, address: Addr, size: number): void {
    const frame = this.frames.at(-1);
    const at = this.memory.locate(address);
    if (at < 0) return;
    const value = this.valueAt(at + REGISTER_BYTES, size, step);
    if (value === 0) return;
    const { base, index } = site.transfer;
    if (base < 0 && index < 0) {
      this.nameGlobal(step, value, address);
      return;
    }
    if (frame?.locals.has(value) === true) return;
    for (const register of [base, index]) {
      if (register < 0 || register === RSP) continue;
      const pointer = this.tags.placeIn(register, 8);
      if (pointer <= 0) continue;
      const held = this.ledger.value(pointer);
      this.names.loaded(value, held, address - this.before[register]!, size, step, frame);
    }
  }

  // The value that lies whole at a location of memory; where parts of several lie, the value that they make up.
  protected valueAt(location: number, size: number, step: number): number {
    const { ledger } = this;
    const place = this.tags.get(location);
    if (place <= 0) return 0;
    if (ledger.first(place) === 0 && ledger.start(place) === location && ledger.size(place) >= size)
      return ledger.value(place);
    if (size === 1 || ((location - REGISTER_BYTES) & IN_PAGE) + size > PAGE_SIZE) return 0;
    return this.assembly.at(location, size, step);
  }

  protected nameGlobal(step: number, value: number, address: Addr): void {
    if (this.names.get(value) !== undefined) return;
    const found = this.symbols.findLocation(address);
    if (found?.symbol.kind !== 'data') return;
    const name = found.offset === 0 ? found.symbol.name : `${found.symbol.name}+${hex(found.offset)}`;
    this.names.give(value, { name, type: '' }, RANK.source, step);
  }

  protected valuesOf(operand: number, address: Addr, size: number): number[] {
    const values: number[] = [];
    const visit = (value: number): void => {
      values.push(value);
    };
    if (operand !== MEMORY) this.tags.eachValue(operand, size, visit);
    else this.eachPart(address, size, (location, length) => this.tags.eachValue(location, length, visit));
    return values;
  }

  protected halvesBefore(register: number): number {
    return Number(BigInt.asUintN(32, this.before[register]!));
  }

  protected clear(step: number, at: number, size: number): void {
    this.touched |= 1 << (at >> 3);
    this.tags.end(at, size, step, HOW.destroyed, 0);
    for (let index = 0; index < size; index += 1) this.tags.set(at + index, PLAIN);
  }

  // Tags of an operand, to be taken after the operand has changed.
  protected keep(operand: number, address: Addr, size: number): ReturnType<TagMap['taken']> {
    this.take(operand, address, size);
    return this.tags.taken(size);
  }

  protected takeKept(kept: ReturnType<TagMap['taken']>): void {
    this.tags.takeAgain(kept);
  }

  protected bitsAfter(at: number): bigint {
    return this.registers[at >> 3]! >> BigInt((at & 7) * 8);
  }
}
