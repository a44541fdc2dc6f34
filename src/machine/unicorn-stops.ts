// Where runs of Unicorn end: the library knows some places, and learns of others when code that leads to them is about to
// run for the first time.

import { type Addr, PAGE_SIZE, isCanonical, pageStart, u64 } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import { MAX_INSTRUCTION, fetchCode } from '../x86/fetch.js';
import { straightLine } from '../x86/straight-line.js';
import { type CodeEnds, findCodeEnds } from './code-ends.js';
import type { EngineOptions, Stop, StopReason } from './engine.js';
import type { UnicornCpu } from './unicorn-cpu.js';
import { endsProcess } from './unicorn-limits.js';

const MAX_STOP_PAGES = 64;
const MAX_ENTRIES = 10_000;
// Bytes of a block: the library ends one with the instruction that reaches 32 bytes less than a page, whatever page that
// is on.
const MAX_BLOCK = PAGE_SIZE - 32 + MAX_INSTRUCTION;
// The end address of a run that must end by a stop: no guest has anything there.
const NEVER: Addr = 0x8000_0000_0000_0000n;

// What was found about code that is about to run.
interface Ahead {
  readonly changed: boolean; // it must be translated anew
  readonly next: Addr | undefined; // where it goes on without going elsewhere
}

/** The places where runs of one CPU end. */
export class UnicornStops {
  readonly #memory: PagedMemory;
  readonly #cpu: UnicornCpu;
  readonly #finds: boolean;
  readonly #comesTo: EngineOptions['comesTo'];
  readonly #codeEnds: CodeEnds;
  readonly #pages = new Set<Addr>(); // of invalid instructions, at expected stops
  #filler: Uint8Array | undefined; // the library holds on to it
  // Where a run ends before an instruction.
  readonly #stops = new Map<Addr, StopReason>();
  // Those that the library knows of: it translates nothing there. Each costs a translation in every run where a block
  // contains the byte before it, so what may run again learns of the others when code that leads to them is translated.
  readonly #exits = new Set<Addr>();
  readonly #entries = new Set<Addr>(); // whose code was looked at
  #exitsChanged = false;
  readonly #toForget = new Set<Addr>(); // where a translation may be of other places to stop at
  #lastUntil: Addr | undefined;
  #end: Addr = 0n;

  /**
   * @param finds whether the library learns of a stop when code that leads to it runs, and not before
   * @param comesTo as in EngineOptions
   */
  constructor(memory: PagedMemory, cpu: UnicornCpu, finds: boolean, comesTo: EngineOptions['comesTo']) {
    this.#memory = memory;
    this.#cpu = cpu;
    this.#finds = finds;
    this.#comesTo = comesTo;
    this.#codeEnds = findCodeEnds(memory);
    for (const address of this.#codeEnds.faults.keys()) this.#addExit(address);
  }

  /**
   * That makes the stop cost a quarter: the library gets a page of invalid instructions there, and whatever the guest
   * does with it is reported as a fault all the same.
   */
  expect(address: Addr): void {
    const page = pageStart(address);
    const known = this.#pages.has(page) || this.#pages.size >= MAX_STOP_PAGES;
    if (known || !isCanonical(address)) return;
    if (this.#memory.isMapped(page, 1) || this.#memory.isMapped(u64(page - 1n), 1)) return;
    this.#filler ??= new Uint8Array(PAGE_SIZE).fill(NO_INSTRUCTION);
    this.#cpu.mapCode(page, this.#filler);
    this.#pages.add(page);
    this.#lastUntil = undefined;
  }

  /** End each run before the instruction at `address`. */
  add(address: Addr, reason: StopReason): void {
    this.#stops.set(address, reason);
    if (!this.#finds || this.#codeEnds.isNear(address) || endsProcess(fetchCode(this.#memory, address)))
      this.#addExit(address); // before the library translates anything there: it would end the process, or fault
  }

  #addExit(address: Addr): void {
    this.#exits.add(address);
    this.#toForget.add(address);
    this.#exitsChanged = true;
  }

  get #looksAhead(): boolean {
    return this.#stops.size > 0 || this.#comesTo !== undefined;
  }

  /**
   * Look at the code that is about to run.
   *
   * @returns whether it was translated as it must not run
   */
  comesTo(pc: () => Addr): boolean {
    return this.#looksAhead && this.#lookAhead(pc()).changed;
  }

  // Look at the code at `pc`, one block of it: the stops that it leads to become exits.
  #lookAhead(pc: Addr): Ahead {
    const { offsets, end, goesOn } = straightLine(this.#blockAt(pc));
    const at = (offset: number): Addr => u64(pc + BigInt(offset));
    const boundaries = [...offsets, end].map(at);
    const before = this.#exits.size;
    for (const address of boundaries.slice(0, -1))
      if (this.#stops.has(address) && !this.#exits.has(address)) this.#addExit(address);
    const others = this.#comesTo?.(boundaries) ?? [];
    for (const address of others) this.#toForget.add(address);
    return {
      changed: others.length > 0 || this.#exits.size > before,
      next: goesOn === undefined || goesOn === 0 ? undefined : at(goesOn),
    };
  }

  // As much of the code at `pc` as the library can take for one block.
  #blockAt(pc: Addr): Uint8Array {
    let size = MAX_BLOCK;
    if (!this.#memory.isMapped(pc, size)) size = PAGE_SIZE - Number(pc - pageStart(pc)); // pages are mapped as a whole
    return this.#memory.isMapped(pc, size) ? this.#memory.read(pc, size) : new Uint8Array(0);
  }

  /** Other bytes may be where code was looked at. */
  lookAgain(): void {
    this.#entries.clear();
  }

  /**
   * Tell the library where the next run ends.
   *
   * @param isFirst whether nothing has run yet
   * @returns the end address to start it with
   */
  prepare(pc: Addr, until: Addr, isFirst: boolean): Addr {
    if (until !== this.#lastUntil) this.#chooseEnd(until);
    if (this.#finds && !this.#entries.has(pc)) this.#enter(pc);
    if (this.#exitsChanged) {
      this.#exitsChanged = false;
      this.#cpu.setExits([...this.#exits, this.#end]);
    }
    if (this.#toForget.size > 0) this.#forgetOldEnds(isFirst);
    return this.#end;
  }

  // Where the library must end a run: reaching an end costs more than trapping at it.
  #chooseEnd(until: Addr): void {
    this.#lastUntil = until;
    const before = this.#end;
    this.#end = this.#pages.has(pageStart(until)) ? NEVER : until;
    if (this.#end === before) return;
    for (const end of [before, this.#end]) if (end !== NEVER) this.#toForget.add(end);
    if (this.#exits.size > 0) this.#exitsChanged = true;
  }

  // What an engine runs first is translated without a word, up to the end of the first block that does not leave the
  // library's loop, as pause does.
  #enter(pc: Addr): void {
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear();
    this.#entries.add(pc);
    if (!this.#looksAhead) return;
    for (let at: Addr | undefined = pc; at !== undefined;) {
      const ahead: Ahead = this.#lookAhead(at);
      if (!ahead.changed) at = ahead.next;
    }
  }

  // Code that has run may have been translated without the new places, or with an end that is none any more. Before
  // the first run there is none, and a flush is not cheap: the library clears all of its 1 GiB.
  #forgetOldEnds(isFirst: boolean): void {
    if (!isFirst) for (const address of this.#toForget) this.#cpu.forget(address);
    this.#toForget.clear();
  }

  /** What ended a run at `pc`, where the library sees no more than an end. */
  stopAt(pc: Addr): StopReason | Stop | undefined {
    const reason = this.#stops.get(pc);
    if (reason !== undefined) return reason;
    const fault = this.#codeEnds.faults.get(pc);
    return fault === undefined ? undefined : { ...fault, pc };
  }

  /** Whether a run that the library ended at `pc` fetched from where nothing is mapped. */
  isExpected(pc: Addr, isEnd: boolean): boolean {
    if (this.#pages.size === 0) return false;
    return (isEnd && this.#pages.has(pageStart(pc))) || (pc === NEVER && this.#end === NEVER);
  }
}
