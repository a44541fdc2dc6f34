// Follows every pointer of a recording to the allocation that it was made for, instruction by instruction, once.
//
// A pointer is born where an allocator returns it, where the sandbox passes or stores one, and where memory of the
// start is read: there, what it points into at that time says what it was made for. Copies keep it, byte for byte; so
// do sums, differences and masks that stay near. Everything else makes a number of it, and an access through a number
// is judged by where it goes.
// Assumption: a pointer of the start points into its own object. One past the end of an object that is adjacent to
// another is taken for a pointer to either.

import { PAGE_SIZE } from '../base/address.js';
import type { Allocation } from '../recording/live-allocations.js';
import { ACCESS } from '../recording/accesses.js';
import type { RecordedEvent, Recording } from '../recording/recording.js';
import { ARGUMENT_REGISTERS, CALLER_SAVED, REGISTER_INDEX } from '../x86/registers.js';
import { InstructionAccesses } from './accesses.js';
import { EFFECTS, foundValue } from './effects.js';
import { pointerOf } from './operands.js';
import type { Site } from './sites.js';
import { WalkState } from './state.js';
import { Unwritten, type UnwrittenUse } from './unwritten.js';

/** What a walk tells. All of it happens before the state has changed. */
export interface LifetimeObserver {
  /**
   * An access that does not lie inside a live allocation that its pointer was made for.
   *
   * @param access index in the recording
   * @param allocation what the pointer was made for, dead or alive; undefined where it was a number
   */
  outside(state: WalkState, access: number, allocation: Allocation | undefined): void;
  /** Bits that nobody wrote were used by the present instruction. */
  unwritten?(state: WalkState, use: UnwrittenUse): void;
  /**
   * A free by an address whose pointer was made for `meant`; not called where it is freed.
   *
   * @param event index of the event that tells of it
   * @param freed what was freed in its place; undefined where nothing was
   */
  wrongFree?(event: number, meant: Allocation | undefined, freed: Allocation | undefined): void;
}

const { rip: RIP, rax: RAX, rdi: RDI, rsi: RSI } = REGISTER_INDEX;
// Functions whose first argument decides what the allocator does.
const ALLOCATOR = /^(?:__)?k[mz]?alloc$|^kz?free$|^ksize$|^kmem_cache_/u;
const GENERAL = 16;
const MAY_CHANGE = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);
const ARGUMENTS = ARGUMENT_REGISTERS.map((name) => REGISTER_INDEX[name]);

class Walk {
  readonly state: WalkState;
  readonly #access: InstructionAccesses;
  readonly #unwritten: Unwritten;
  #isInCall = false; // of the guest
  #made: Allocation | undefined; // by the stub that runs
  readonly #inStub: Allocation[] = []; // made by it
  #named: Allocation | undefined; // by the sandbox, for the free that comes next
  readonly #stepStarts: ReadonlySet<number>; // events

  constructor(
    readonly recording: Recording,
    readonly observer: LifetimeObserver,
  ) {
    this.state = new WalkState(recording);
    this.#access = new InstructionAccesses(recording.accesses);
    this.#unwritten = new Unwritten(this.state, (use) => observer.unwritten?.(this.state, use));
    this.#stepStarts = new Set(recording.header.steps.map(({ events }) => events.from));
  }

  run(): WalkState {
    const { state } = this;
    const { instructions } = this.recording;
    let site: Site | undefined;
    this.#nextRow();
    this.#sandbox();
    for (let step = 0; step < instructions; step += 1) {
      state.before.set(state.registers);
      site = state.sites.at(state.before[RIP * 2]!, state.before[RIP * 2 + 1]!, site);
      const first = state.access;
      const end = this.#endOfAccesses(step);
      const changed = this.#nextRow();
      state.step = step;
      for (let access = first; access < end; access += 1) this.#judge(site, access, access - first);
      if (!this.#didNotHappen(site)) {
        state.endOfAccesses = end;
        this.#access.begin(first, end);
        const load = end > first ? this.#access.firstRead() : Number.NaN;
        this.#unwritten.before(site, load, end > first);
        EFFECTS[site.transfer.kind](state, site, this.#access);
        this.#unwritten.after(site, load, end > first ? this.#access.firstWrite() : Number.NaN);
        if (site.transfer.kind === 'refused') this.#lookUpRegisters(changed);
      }
      for (let access = first; access < end; access += 1) this.#apply(access);
      state.access = end;
      this.#sandbox();
    }
    return state;
  }

  // Apply the next register row. Gives a mask of what it changed.
  #nextRow(): number {
    const { state } = this;
    const { registers: rows } = this.recording.data;
    const { registers } = state;
    const mask = rows[state.row]!;
    let offset = state.row + 1;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest);
      registers[index * 2] = rows[offset]!;
      registers[index * 2 + 1] = rows[offset + 1]!;
      offset += 2;
    }
    state.row = offset;
    return mask;
  }

  #endOfAccesses(step: number): number {
    const { accesses } = this.recording;
    let end = this.state.access;
    while (end < accesses.count && accesses.instruction(end) === step && !accesses.isHost(end)) end += 1;
    return end;
  }

  // --- accesses ------------------------------------------------------------------------------------------------

  #judge(site: Site, access: number, nth: number): void {
    const { state } = this;
    const { allocations } = state;
    const flags = this.recording.accesses.flags(access);
    const size = flags & 0xff;
    const address = state.addressOf(access);
    const pointer = pointerOf(state, site, (flags & ACCESS.write) !== 0, address, nth);
    const meant = pointer === 0 ? undefined : state.pointers.allocationOf(pointer, address);
    if (meant?.live === true) {
      if (address >= meant.at && address + size <= meant.at + meant.requested) return;
      return this.observer.outside(state, access, meant);
    }
    if (meant === undefined && !state.mayBeSlab(address)) return;
    const there = allocations.findAt(address);
    const isInside = there !== undefined && address + size <= there.at + there.requested;
    if (meant === undefined) {
      if (!isInside) this.observer.outside(state, access, there);
      return;
    }
    // A pointer to what is gone: used, unless arithmetic took it to somebody else's object.
    const isThere = address + size > meant.at && address < meant.at + meant.room;
    if (isThere || !isInside) this.observer.outside(state, access, meant);
  }

  #apply(access: number): void {
    const { accesses } = this.recording;
    if (!accesses.isDone(access)) return;
    const { state } = this;
    const { bytes } = state.memory;
    const address = state.addressOf(access);
    const size = Math.min(8, accesses.size(access));
    for (let index = 0; index < size; index += 1) {
      const at = state.locations.find(address + index);
      if (at >= 0) bytes[at] = accesses.newByte(access, index);
    }
  }

  #trapsHere(): boolean {
    const next = this.recording.header.events[this.state.event];
    return next?.kind === 'trap' && next.at === this.state.step + 1;
  }

  // A fault, or an instruction that the run ended in.
  #didNotHappen(site: Site): boolean {
    const { state } = this;
    if (this.#trapsHere()) return !site.transfer.kind.startsWith('string');
    const isLast = state.step + 1 === this.recording.instructions;
    return isLast && state.registers[RIP * 2] === site.low && site.transfer.kind !== 'none';
  }

  // --- the sandbox ---------------------------------------------------------------------------------------------

  // What it did before the next instruction: events and writes, in their order.
  #sandbox(): void {
    const { state } = this;
    const { events } = this.recording.header;
    for (;;) {
      const event = events[state.event];
      const due = event !== undefined && event.at <= state.step + 1;
      if (due && event.accesses <= state.access) {
        state.event += 1;
        this.#event(event, state.event - 1);
      } else if (!this.#hostAccess()) {
        if (!due) return;
        state.event += 1; // only in a file that no recorder wrote does an event follow accesses that do not exist
        this.#event(event, state.event - 1);
      }
    }
  }

  #hostAccess(): boolean {
    const { state } = this;
    const log = this.recording.accesses;
    const index = state.access;
    if (index >= log.count || log.instruction(index) > state.step + 1 || !log.isHost(index)) return false;
    state.access += 1;
    this.#apply(index);
    const address = state.addressOf(index);
    const size = log.size(index);
    const { at, id, room } = this.#made ?? { at: Number.NaN, id: 0, room: 0 };
    // What a stub writes is the allocator's: array caches hold no pointers of the kernel.
    if (this.#isInCall) state.values.plainMemory(address, size);
    else foundValue(state, address, size);
    // What a stub writes to an object before it returns it is zeroes, or stands for what lay there.
    if (this.#isInCall && address >= at && address < at + room && this.#isFilling(index, size))
      this.#unwritten.allocated(id, address, size);
    return true;
  }

  #isFilling(access: number, size: number): boolean {
    for (let index = 0; index < size; index += 1)
      if (this.recording.accesses.newByte(access, index) !== 0) return true;
    return false;
  }

  #event(event: RecordedEvent, index: number): void {
    const { state } = this;
    const { values, allocations } = state;
    if (this.#stepStarts.has(index)) this.#isInCall = false;
    const meant =
      event.kind === 'free' || event.kind === 'finding'
        ? (this.#named ?? this.#argumentAt(event.address))
        : undefined;
    this.#named = undefined;
    const changed = allocations.apply(event);
    switch (event.kind) {
      case 'call':
        this.#isInCall = true;
        this.#unwritten.called();
        return this.#lookUpRegisters(-1);
      case 'allocate':
        this.#made = this.#isInCall ? changed : undefined;
        if (changed !== undefined) this.#unwritten.allocated(changed.id, changed.at, changed.room);
        if (this.#isInCall && changed !== undefined) this.#inStub.push(changed);
        return undefined;
      case 'free':
        if (meant !== undefined && meant !== changed) this.observer.wrongFree?.(index, meant, changed);
        return undefined;
      case 'finding':
        if (event.problem !== undefined && event.problem !== 'corrupted management')
          this.observer.wrongFree?.(index, meant, undefined);
        return undefined;
      case 'stale':
        return this.#stale(event);
      case 'stub': {
        if (ALLOCATOR.test(event.symbol)) this.#unwritten.argument(RDI);
        if (event.symbol === 'kmem_cache_free') this.#unwritten.argument(RSI);
        for (const register of MAY_CHANGE) values.plainRegister(register * 8, 8);
        const result = state.after(RAX);
        if (event.result !== null)
          values.setPointer(RAX, this.#made?.at === result ? this.#made.id : state.pointers.lookUp(result));
        this.#made = undefined;
        // What the sandbox allocated besides is a world that it prepares.
        for (const { id, at, room } of this.#inStub.splice(0))
          if (event.result !== null && at === result) state.guests.add(id);
          else values.markMemory(at, Math.min(room, PAGE_SIZE), 0);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #stale({ name, made, register, address }: Extract<RecordedEvent, { kind: 'stale' }>): void {
    const { allocations, values } = this.state;
    const isMeant = (one: Allocation): boolean => one.made === made && (made >= 0 || one.name === name);
    const meant = allocations.all.find(isMeant);
    if (meant === undefined) return;
    if (register !== null && REGISTER_INDEX[register] < GENERAL)
      values.setPointer(REGISTER_INDEX[register], meant.id);
    if (address !== null) {
      values.setTaken(meant.id);
      values.takenDefined();
      values.putMemory(Number(BigInt.asIntN(64, BigInt(address))), 8);
    }
    if (register === null && address === null) this.#named = meant;
  }

  // What the argument of the stub that runs was made for, where it is the address given.
  #argumentAt(text: string | undefined): Allocation | undefined {
    const { state } = this;
    if (!this.#isInCall || text === undefined) return undefined;
    const address = Number(BigInt.asIntN(64, BigInt(text)));
    for (const register of ARGUMENTS) {
      const pointer = state.values.pointers[register]!;
      if (pointer !== 0 && state.prior(register) === address)
        return state.pointers.allocationOf(pointer, address);
    }
    return undefined;
  }

  // Every register of a mask that points into an allocation is a pointer to it.
  #lookUpRegisters(mask: number): void {
    const { state } = this;
    for (let register = 0; register < GENERAL; register += 1) {
      if ((mask & (1 << register)) === 0) continue;
      state.values.plainRegister(register * 8, 8);
      state.values.setPointer(register, state.pointers.lookUp(state.after(register)));
    }
  }
}

/** Walk a recording from its start to its end. @returns the state at the end */
export const walkLifetimes = (recording: Recording, observer: LifetimeObserver): WalkState =>
  new Walk(recording, observer).run();
