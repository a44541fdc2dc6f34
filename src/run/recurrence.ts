// Whether a run that used up its budget can ever end: it cannot when a state of the CPU and of memory comes back.
// Brent's algorithm, on the run itself: one earlier state is kept, and replaced after 1, 2, 4, … instructions.

import type { Addr } from '../base/address.js';
import type { Parameters } from '../scenario/parameters.js';
import type { PagedMemory } from '../kernel/memory.js';
import { DEFAULT_BUDGET, type MachineObserver } from '../machine/machine.js';
import type { Scenario } from '../scenario/scenario.js';
import { isConfined } from '../x86/confined.js';
import { fetchCode } from '../x86/fetch.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { FastReplay, type Watcher } from './fast-replay.js';
import type { World } from './world.js';

// Instructions that are looked at unless a budget is given; about half a second.
const RECURRENCE_BUDGET = 1_000_000;

/** A state that came back: from it on the run goes round for ever. */
interface Recurrence {
  /** The step whose call does not end. */
  readonly step: string;
  /** The instruction at which the state was met twice. */
  readonly at: Addr;
  /** Instructions of the call before it was met first, at most: the kept states are not consecutive. */
  readonly from: number;
  /** Instructions from one time to the next. */
  readonly period: number;
}

// Ends a run from within: the answer is known.
class Known extends Error {}

const RIP_LOW = REGISTER_INDEX.rip * 2;

/**
 * Compares each state of a call with a kept one. All of memory that anybody can write takes part: the guest's writes are
 * reported before they happen, so the bytes they touch are compared at the next instruction; host writes are reported by
 * the memory. Registers that the engine does not show (vector, x87, segment bases) are not compared: a state counts only
 * when the round that follows it consists of instructions that cannot touch them.
 */
class StateObserver implements MachineObserver {
  found: Recurrence | undefined;
  /** Instructions of the present call. */
  count = 0;
  /** Instructions since the last stub. */
  sinceStub = 0;
  #isLooking = false; // not while a start is prepared
  #left = Number.MAX_SAFE_INTEGER;
  #step = '';
  readonly #memory: PagedMemory;
  readonly #hidden: () => string;
  // The kept state.
  readonly #image: Uint8Array;
  readonly #kept = new Uint32Array(REGISTER_COUNT * 2);
  #keptHidden = '';
  #keptAt = 0;
  // Which bytes of memory differ from the kept state, and how many.
  readonly #differs: Uint8Array;
  #differing = 0;
  #pending: number[] = []; // offset and size, by turns
  #view: Uint32Array | undefined;
  // Brent: the present distance from the kept state, and the distance at which it is replaced.
  #distance = 0;
  #reach = 1;
  // A round that is gone through once more: its length, and where its instructions are.
  #round = 0;
  readonly #places = new Set<bigint>();

  constructor({ memory, allocations }: World) {
    this.#memory = memory;
    this.#hidden = () => allocations.standing();
    this.#image = new Uint8Array(memory.writableSize);
    this.#differs = new Uint8Array(memory.writableSize);
    memory.onHostWrite = (address, bytes) => this.#touch(address, bytes.length);
  }

  get room(): number {
    return this.#left;
  }

  /** A run begins, or starts over. */
  start(budget: number): void {
    this.found = undefined;
    this.#left = budget;
    this.#isLooking = true;
  }

  /** Let runs pass. */
  stop(): void {
    this.#left = Number.MAX_SAFE_INTEGER;
    this.#isLooking = false;
  }

  /** A step begins: the states of another call do not count. */
  begin(step: string): void {
    this.#step = step;
    this.#pending = [];
    this.count = 0;
    this.sinceStub = 0;
    this.#distance = 0;
    this.#reach = 0; // the first instruction is kept
    this.#round = 0;
  }

  instruction(registers: BigUint64Array): void {
    if (!this.#isLooking) return undefined;
    this.#settle();
    this.#left -= 1;
    this.count += 1;
    this.sinceStub += 1;
    if (this.#view?.buffer !== registers.buffer)
      this.#view = new Uint32Array(registers.buffer, registers.byteOffset, REGISTER_COUNT * 2);
    this.#distance += 1;
    if (this.#round > 0) return this.#goRound(registers);
    if (this.#differing === 0 && this.#reach > 0 && this.#isKept()) this.#startRound();
    else if (this.#distance >= this.#reach) this.#keep(Math.max(1, this.#reach * 2));
    return undefined;
  }

  #isKept(): boolean {
    const view = this.#view!;
    const kept = this.#kept;
    if (view[RIP_LOW] !== kept[RIP_LOW]) return false;
    for (let word = 0; word < kept.length; word += 1) if (view[word] !== kept[word]) return false;
    return this.#hidden() === this.#keptHidden;
  }

  #keep(reach: number): void {
    this.#image.set(this.#memory.bytes.subarray(0, this.#image.length));
    this.#kept.set(this.#view!);
    this.#keptHidden = this.#hidden();
    this.#keptAt = this.count - 1;
    this.#differs.fill(0);
    this.#differing = 0;
    this.#distance = 0;
    this.#reach = reach;
  }

  // The same again, with all of its instructions looked at.
  #startRound(): void {
    this.#round = this.#distance;
    this.#places.clear();
    this.#places.add(BigInt(this.#kept[RIP_LOW]!) | (BigInt(this.#kept[RIP_LOW + 1]!) << 32n));
    this.#keep(this.#reach);
  }

  #goRound(registers: BigUint64Array): void {
    const at = registers[REGISTER_INDEX.rip]!;
    if (this.#distance < this.#round) {
      this.#places.add(at);
      return;
    }
    const { bytes } = this.#memory;
    const same = this.#isKept() && this.#image.every((byte, offset) => byte === bytes[offset]);
    if (!same || !this.#isConfined()) throw new Known();
    const from = Math.max(0, this.#keptAt - this.#round);
    this.found = { step: this.#step, at, from, period: this.#round };
    throw new Known();
  }

  #isConfined(): boolean {
    return [...this.#places].every((at) => isConfined(fetchCode(this.#memory, at), at));
  }

  read(): void {
    // changes nothing
  }

  write(low: number, high: number, size: number): void {
    this.#touch((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), size);
  }

  #touch(address: Addr, size: number): void {
    if (!this.#isLooking) return;
    for (let done = 0; done < size;) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const length = Math.min(size - done, 0x1000 - Number(at & 0xfffn));
      const offset = this.#memory.locate(at);
      if (offset >= 0 && offset < this.#image.length) this.#pending.push(offset, length);
      done += length;
    }
  }

  // Compare the bytes that were touched since the last instruction.
  #settle(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    const { bytes } = this.#memory;
    for (let index = 0; index < pending.length; index += 2) {
      const end = pending[index]! + pending[index + 1]!;
      for (let offset = pending[index]!; offset < end; offset += 1) {
        const now = bytes[offset] === this.#image[offset] ? 0 : 1;
        this.#differing += now - this.#differs[offset]!;
        this.#differs[offset] = now;
      }
    }
    this.#pending = [];
  }

  stub(): void {
    // its effects are memory, registers and the count of allocations
  }

  stubReturned(): void {
    this.sinceStub = 0;
  }

  trap(): void {
    // ends the call
  }
}

const nothing = (): void => undefined;

/** A scenario, ready to be looked at in world after world. */
export class RecurrenceSearch {
  readonly #replay: FastReplay;
  #observer: StateObserver | undefined;
  #budget = 0;

  /**
   * @param scenario with the code in it that is to be run
   * @param from the step that each run starts with
   * @param libraries folders with user snippets
   * @throws {InputError} when the scenario is wrong, or has no such step
   * @throws {LibraryError} when the engine cannot be loaded
   */
  constructor(scenario: Scenario, from: string, libraries: readonly string[]) {
    const steps = Object.keys(scenario.spec.steps);
    const watcher: Watcher = {
      accesses: { ranges: [], read: nothing, write: nothing },
      begins: () => {
        this.#observer?.start(this.#budget);
        this.#observer?.begin(from);
      },
      calls: nothing,
      allocated: nothing,
      freed: nothing,
      found: nothing,
      ended: (step, result) => {
        const goesOn = result === undefined || result.kind === 'returned';
        if (goesOn) this.#observer?.begin(steps[steps.indexOf(step) + 1] ?? '');
        return goesOn;
      },
    };
    this.#replay = new FastReplay(scenario, {
      from,
      libraries,
      watcher: () => watcher,
      observer: (world) => (this.#observer = new StateObserver(world)),
    });
  }

  /**
   * Look whether a run comes back to a state that it was in: then it never ends. Only equal states count: all registers,
   * all memory, and what decides about allocations.
   *
   * @param parameters all of them
   * @param budget instructions to look at, of all steps together
   * @returns `undefined` when no state came back within the budget, or none that could be compared as a whole
   * @throws {InputError} when a step cannot be done with the parameters
   */
  find(parameters: Parameters, budget = RECURRENCE_BUDGET): Recurrence | undefined {
    // A short stretch leaves a call the most stubs; a call with few stubs may need a longer one.
    const stretch = Math.min(budget, DEFAULT_BUDGET);
    const found = this.#look(parameters, stretch, budget);
    if (found !== undefined || stretch === budget || (this.#observer?.sinceStub ?? 0) < stretch) return found;
    return this.#look(parameters, budget, budget);
  }

  // With so many instructions for each stretch from one stub to the next, and so many in all.
  #look(parameters: Parameters, stretch: number, budget: number): Recurrence | undefined {
    this.#budget = budget;
    try {
      this.#replay.watch(parameters, stretch);
    } catch (error) {
      if (!(error instanceof Known)) throw error;
    } finally {
      this.#observer?.stop();
    }
    return this.#observer?.found; // of the machine that ran
  }

  close(): void {
    this.#replay.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
