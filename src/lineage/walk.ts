// Follows every byte of registers and memory once over a recording, instruction by instruction, and keeps the ledger.
// Two views: `run` sees all that ran, `analyst` only published instructions. Text for people is made elsewhere.
// Over 300 lines because both views share the state of one walk: what a call, a stub or the sandbox does to it.

import { type Addr, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import { fetchCode } from '../x86/fetch.js';
import { Accesses, MissingAccessError } from './accesses.js';
import type { CodeFacts, CodeIndex } from './code.js';
import { Effects } from './effects.js';
import { HOW, ORIGIN } from './ledger.js';
import { type Frame, RANK } from './names.js';
import { GENERAL, RAX, RBP, RIP, RSP, type Site, TRAP_SETS, type View } from './operands.js';
import { PLAIN, REGISTER_BYTES, UNKNOWN } from './tags.js';
import { sizeOfType } from './types.js';
import type { AccessLog } from '../recording/accesses.js';
import type { RecordedEvent, Recording } from '../recording/recording.js';
import { ARGUMENT_REGISTERS, CALLER_SAVED, REGISTERS, REGISTER_INDEX } from '../x86/registers.js';
import { PT_REGS_ORDER } from '../kernel/pt_regs.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { MEMORY, decodeTransfer } from '../x86/transfer.js';

const ARGUMENTS = ARGUMENT_REGISTERS.map((name) => REGISTER_INDEX[name]);
const MAY_CHANGE = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);
const MUST_SURVIVE = [REGISTER_INDEX.rbx, RBP, 12, 13, 14, 15];
/** Below this a value is a number rather than an address, and equal ones need not be the same. */
const LEAST_ADDRESS = 4096n;

/** Walks one recording. */
export class LineageWalk extends Effects {
  /** Which instruction ran at each step: an index of `sites`. */
  readonly siteAt: Int32Array;
  readonly sites: Site[] = [];
  readonly #code: CodeIndex;
  readonly #accesses: AccessLog;
  readonly #siteNumbers = new Map<number, number>();
  readonly #lost: number[][] = Array.from({ length: GENERAL }, () => []);
  #row = 0; // offset of the next register row
  #access = 0; // next recorded access
  #known = true; // analyst: whether what runs is published
  #trapFrame: Addr | undefined;
  #calls = 0; // calls of the sandbox
  #inStub = false;

  constructor(recording: Recording, code: CodeIndex, symbols: SymbolTable, view: View) {
    super(recording, symbols, view);
    this.#code = code;
    this.#accesses = recording.accesses;
    this.siteAt = new Int32Array(recording.instructions + 1).fill(-1);
    if (view === 'analyst') this.tags.onRegister = (register, step) => this.#settle(register, step);
  }

  /** @throws {InputError} at the first instruction that is not supported, by its name */
  run(): this {
    const { instructions } = this.recording;
    this.#nextRow();
    this.#hostBefore(0);
    if (this.#calls === 0) this.#seed(0, []);
    for (let step = 0; step < instructions; step += 1) {
      this.before.set(this.registers);
      const site = this.#siteOf(this.before[RIP]!);
      this.siteAt[step] = site.number;
      const first = this.#access;
      this.#access = this.#endOfAccesses(first, step);
      const changed = this.#nextRow();
      if (this.view === 'run' || this.#follow(step, site)) this.#instruction(step, site, first, changed);
      this.#applyWrites(first, this.#access, step);
      this.#hostBefore(step + 1);
    }
    this.siteAt[instructions] = this.#siteOf(this.registers[RIP]!).number;
    return this;
  }

  // Apply the next register row to the registers. Gives a mask of what it changed.
  #nextRow(): number {
    const { registers } = this.recording.data;
    const mask = registers[this.#row]!;
    let offset = this.#row + 1;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest);
      this.halves[index * 2] = registers[offset]!;
      this.halves[index * 2 + 1] = registers[offset + 1]!;
      offset += 2;
    }
    this.#row = offset;
    return mask;
  }

  #endOfAccesses(first: number, step: number): number {
    let end = first;
    for (; end < this.#accesses.count; end += 1)
      if (this.#accesses.instruction(end) !== step || this.#accesses.isHost(end)) break;
    return end;
  }

  #siteOf(rip: Addr): Site {
    // Canonical addresses differ within 53 bits, which a number holds exactly.
    const key = Number(BigInt.asUintN(53, rip));
    const known = this.#siteNumbers.get(key);
    if (known !== undefined) return this.sites[known]!;
    const fetched = fetchCode(this.memory, rip);
    const bytes = fetched.length === 0 ? Uint8Array.of(NO_INSTRUCTION) : fetched;
    const facts = this.#code.find(rip);
    const offset = facts === undefined ? 0 : Number(rip - facts.start);
    const transfer = decodeTransfer(bytes, rip);
    const site: Site = {
      number: this.sites.length,
      address: rip,
      transfer,
      facts,
      offset,
      published: facts?.isPublished(offset, offset + transfer.length) ?? false,
      arrivals: facts?.arrivals.filter((arrival) => arrival.offset === offset) ?? [],
    };
    this.sites.push(site);
    this.#siteNumbers.set(key, site.number);
    return site;
  }

  // --- the sandbox ---------------------------------------------------------------------------------------------

  // What the sandbox did before an instruction: events and writes, in their order.
  #hostBefore(step: number): void {
    const { events } = this.recording.header;
    for (;;) {
      const event = events[this.event];
      const due = event !== undefined && event.at <= step;
      if (due && event.accesses <= this.#access) {
        this.event += 1;
        this.#apply(event, step);
      } else if (!this.#hostAccess(step)) {
        if (!due) break;
        // Only a file that no recorder wrote has an event behind accesses that are not there.
        this.event += 1;
      }
    }
    if (this.#trapFrame !== undefined) this.#trapDelivered(step);
  }

  #hostAccess(step: number): boolean {
    const index = this.#access;
    if (index >= this.#accesses.count || this.#accesses.instruction(index) > step) return false;
    if (!this.#accesses.isHost(index)) return false;
    this.#access += 1;
    const { address, size } = this.recording.access(index);
    this.eachPart(address, size, (location, length) => {
      const stub = this.view === 'analyst' && !this.#known;
      this.tags.end(location, length, step - 1, stub ? HOW['may be lost'] : HOW.destroyed, this.#hostCause());
      this.tags.hostWrote(location, length, step);
    });
    this.#applyWrites(index, index + 1, step);
    if (this.#trapFrame !== undefined) this.#savedByTrap(address, step);
    return true;
  }

  // Within a stub it is the call instruction that did it.
  #hostCause(): number {
    return this.#inStub ? 0 : this.ledger.causeNumber('the sandbox');
  }

  #apply(event: RecordedEvent, step: number): void {
    switch (event.kind) {
      case 'call':
        this.#calls += 1;
        this.#seed(step, event.arguments);
        break;
      case 'stub':
        this.#stubReturned(step, event);
        break;
      case 'free':
        this.#freed(step, BigInt(event.address));
        break;
      case 'trap':
        this.#trapFrame = event.regs === null ? undefined : BigInt(event.regs);
        break;
      default:
    }
  }

  // The sandbox calls a function: every register is new. A register that holds the same pointer as an argument, or as
  // one before it, holds the same value: the caller kept it there.
  #seed(step: number, given: readonly string[]): void {
    const registers = this.registers;
    const cause = this.ledger.causeNumber('the sandbox calls a function');
    const shared = new Map<bigint, number>();
    const order = [
      ...ARGUMENTS.slice(0, given.length),
      ...Array.from({ length: GENERAL }, (_, index) => index),
    ];
    const done = new Set<number>();
    const rsp = registers[RSP]!;
    const back = this.memory.isMapped(rsp, 8) ? this.memory.readU64(rsp) : 0n;
    const caller = this.symbols.findLocation(back)?.symbol.name;
    for (const register of order) {
      if (done.has(register)) continue;
      done.add(register);
      const bits = registers[register]!;
      const halves = [this.halves[register * 2]!, this.halves[register * 2 + 1]!] as const;
      const known = bits >= LEAST_ADDRESS ? shared.get(bits) : undefined;
      const value = known ?? this.ledger.addValue(ORIGIN.register, 8, ...halves, step, register);
      if (known === undefined) {
        shared.set(bits, value);
        const name = `${REGISTERS[register]} of ${caller ?? 'the caller'}`;
        if (bits !== 0n) this.names.give(value, { name, type: '' }, RANK.caller, step);
      }
      this.tags.end(register * 8, 8, step - 1, HOW.destroyed, cause);
      this.tags.begin(register * 8, 8, value, 0, step, 0);
    }
    // Time has passed: what an analyst knew of memory may be long gone.
    if (this.view === 'analyst') {
      this.tags.loseMemory(() => false, step - 1, this.ledger.causeNumber('other code runs in between'));
      this.tags.unseenSince = step;
    }
    this.#known = true;
    this.frames = [];
    this.#enter(step, this.#code.find(registers[RIP]!), -1, rsp, back);
  }

  #enter(step: number, facts: CodeFacts | undefined, call: number, rsp: Addr, returnTo: Addr): void {
    const frame: Frame = {
      facts,
      locals: new Map(),
      rsp,
      returnTo,
      entry: this.tags.snapshot(),
      call,
    };
    this.frames.push(frame);
    if (this.frames.length > 10_000) this.frames.shift();
    this.#nameArguments(step, frame);
  }

  #nameArguments(step: number, frame: Frame): void {
    const parts = frame.facts?.prototype?.arguments ?? [];
    for (const [index, { name, type }] of parts.entries()) {
      const register = ARGUMENTS[index];
      if (register === undefined) break;
      this.#nameRegister(register, { name, type }, step, frame);
    }
  }

  #nameRegister(
    register: number,
    typed: { readonly name: string; readonly type: string },
    step: number,
    frame: Frame,
  ): void {
    const size = sizeOfType(typed.type);
    const place = this.tags.placeIn(register, size);
    const value = place > 0 ? this.ledger.value(place) : this.assembly.at(register * 8, size, step);
    this.names.give(value, typed, RANK.source, step, frame);
  }

  // A stub has done its work and returned.
  #stubReturned(step: number, event: Extract<RecordedEvent, { kind: 'stub' }>): void {
    this.#inStub = false;
    if (this.view === 'analyst' && !this.#known) return; // what it may have done was said at its call
    const cause = 0; // the call instruction
    const facts = this.#code.named(event.symbol);
    for (const register of MAY_CHANGE) {
      this.tags.end(register * 8, 8, step - 1, HOW.destroyed, cause);
      this.tags.blank(register, PLAIN);
    }
    const frame = this.frames.at(-1);
    if (frame?.facts === facts) this.frames.pop();
    this.moveStack(step, 8n, this.registers[RSP]!, -1);
    if (event.result !== null) this.#result(step, facts, BigInt(event.result), step - 1);
  }

  // What a function returned that was not followed.
  #result(step: number, facts: CodeFacts | undefined, bits: bigint, call: number): void {
    const low = Number(BigInt.asIntN(32, bits));
    const value = this.ledger.addValue(
      ORIGIN.result,
      8,
      low,
      Number(BigInt.asIntN(32, bits >> 32n)),
      step,
      call,
    );
    this.tags.begin(RAX * 8, 8, value, 0, step, 0);
    if (facts !== undefined) this.#nameResult(step, facts, value);
  }

  #nameResult(step: number, callee: CodeFacts, value: number): void {
    const frame = this.frames.at(-1);
    const variable = frame?.facts?.results.get(callee.name);
    const plain = { name: `${callee.name}()`, type: callee.prototype?.returns ?? '' };
    const known = this.names.get(value);
    // A value that has a name keeps it: only the source's own variable adds one.
    if (variable === undefined && known !== undefined && known.rank >= RANK.source) return;
    this.names.give(value, variable ?? plain, RANK.source, step, frame);
  }

  // What was in a freed object goes on as stale bytes of a free one.
  #freed(step: number, address: Addr): void {
    if (this.view === 'analyst' && !this.#known) return;
    const size = this.#sizes().get(address) ?? 0;
    const number = this.#hostCause();
    for (let offset = 0; offset < size; offset += 1) {
      const at = this.memory.locate(address + BigInt(offset));
      if (at < 0) continue;
      const place = this.tags.get(at + REGISTER_BYTES);
      if (place <= 0 || this.ledger.from(place) > step - 1) continue;
      const { ledger } = this;
      const length = Math.min(size - offset, ledger.start(place) + ledger.size(place) - at - REGISTER_BYTES);
      const first = ledger.first(place) + at + REGISTER_BYTES - ledger.start(place);
      this.tags.end(at + REGISTER_BYTES, length, step - 1, HOW.freed, number);
      this.tags.begin(at + REGISTER_BYTES, length, ledger.value(place), first, step, place);
      offset += length - 1;
    }
  }

  #objectSizes: Map<Addr, number> | undefined;

  // Bytes of each allocation, from its start. An address that is allocated again has a size of the same cache.
  #sizes(): Map<Addr, number> {
    if (this.#objectSizes !== undefined) return this.#objectSizes;
    const { world, events } = this.recording.header;
    const sizes = new Map<Addr, number>();
    for (const { address, header, size } of world) sizes.set(BigInt(address) - BigInt(header), size + header);
    for (const event of events)
      if (event.kind === 'allocate') sizes.set(BigInt(event.address), event.objectSize);
    this.#objectSizes = sizes;
    return sizes;
  }

  // A word of pt_regs: a copy of the register that it saves.
  #savedByTrap(address: Addr, step: number): void {
    const word = Number((address - this.#trapFrame!) / 8n);
    const name = address < this.#trapFrame! ? undefined : PT_REGS_ORDER[word];
    const location = this.memory.locate(address);
    if (name === undefined || name === null || location < 0) return;
    const register = REGISTER_INDEX[name];
    if (register >= GENERAL) return;
    this.tags.take(register * 8, 8);
    this.tags.put(location + REGISTER_BYTES, 8, step);
  }

  #trapDelivered(step: number): void {
    this.#trapFrame = undefined;
    const cause = this.ledger.causeNumber('the delivery of the trap');
    for (const register of TRAP_SETS) {
      this.#lost[register] = []; // the handler's own: nothing that the code did
      this.tags.end(register * 8, 8, step - 1, HOW.destroyed, cause);
      this.tags.blank(register, PLAIN);
    }
  }

  // --- what an analyst can follow ------------------------------------------------------------------------------

  // Whether an instruction is followed; comes back from code that is not published, and goes there.
  #follow(step: number, site: Site): boolean {
    if (site.published) {
      if (!this.#known) this.#comeBack(step, site);
      return true;
    }
    if (this.#known) {
      const frame = this.frames.at(-1);
      this.#lose(
        step,
        frame?.rsp ?? this.before[RSP]!,
        Array.from({ length: GENERAL }, (_, one) => one),
        0,
      );
    }
    return false;
  }

  // Into published code: behind a call whose callee was not followed, or anywhere else.
  #comeBack(step: number, site: Site): void {
    this.#known = true;
    this.tags.unseenSince = step;
    const rsp = this.before[RSP]!;
    const at = this.frames.findLastIndex(
      (frame) => frame.returnTo === site.address && frame.rsp + 8n === rsp,
    );
    if (at < 0) {
      const after = this.registers.slice();
      this.registers.set(this.before);
      this.frames = [];
      if (site.offset === 0) this.#seed(step, []);
      this.registers.set(after);
      return;
    }
    const callee = this.frames[at]!;
    this.frames.length = at;
    for (const register of [...MUST_SURVIVE, RSP]) this.#survived(step, register, callee.entry);
    // rsp at the entry was below the return address.
    this.moveStack(step, 8n, rsp, -1);
    if (callee.facts !== undefined && returnsValue(callee.facts)) {
      this.#result(step, callee.facts, this.before[RAX]!, callee.call);
    }
  }

  // A register that the ABI lets nobody change has what it had at the call.
  #survived(step: number, register: number, entry: Int32Array): void {
    const { ledger, tags } = this;
    if (tags.get(register * 8) === entry[register * 8]) return;
    tags.end(register * 8, 8, step - 1, HOW['may be lost'], 0);
    tags.blank(register, UNKNOWN);
    for (let index = 0; index < 8;) {
      const place = entry[register * 8 + index]!;
      const length = place > 0 ? Math.min(8 - index, ledger.size(place)) : 1;
      if (place > 0) {
        const first = ledger.first(place) + register * 8 + index - ledger.start(place);
        tags.begin(register * 8 + index, length, ledger.value(place), first, step, place);
      } else tags.set(register * 8 + index, place);
      index += length;
    }
  }

  // Code that is not published runs: it may write registers, the heap, and the stack below `keep`.
  #lose(step: number, keep: Addr, registers: readonly number[], cause: number): void {
    for (const register of registers) {
      for (let index = 0; index < 8; index += 1) {
        const place = this.tags.get(register * 8 + index);
        if (place > 0 && !this.#lost[register]!.includes(place)) this.#lost[register]!.push(place);
      }
      const kept = this.#lost[register]!;
      this.#lost[register] = [];
      this.tags.end(register * 8, 8, step, HOW['may be lost'], cause);
      this.tags.blank(register, UNKNOWN);
      this.#lost[register] = kept;
    }
    const [low, high] = this.#stackAbove(keep);
    this.tags.loseMemory((location) => location >= low && location < high, step, cause);
    this.tags.unseenSince = step + 1;
    this.#known = false;
  }

  // Locations of the stack from an address to the end of its region.
  #stackAbove(address: Addr): readonly [low: number, high: number] {
    const region = this.memory.regions.find(
      ({ start, size }) => address >= start && address < start + BigInt(size),
    );
    const offset = this.memory.locate(address);
    if (region === undefined || offset < 0) return [0, 0];
    const low = offset + REGISTER_BYTES;
    return [low, low + Number(region.start + BigInt(region.size) - address)];
  }

  #settle(register: number, step: number): void {
    const lost = this.#lost[register]!;
    if (lost.length === 0) return;
    for (const place of lost) this.ledger.settle(place, step);
    this.#lost[register] = [];
  }

  // A call to code that is not published: what the ABI allows it to change may be lost.
  #unknownCall(step: number, facts: CodeFacts | undefined): void {
    const frame = this.frames.at(-1)!;
    const changes = MAY_CHANGE.filter((register) => register !== RAX);
    if (facts !== undefined && returnsValue(facts)) {
      this.tags.end(RAX * 8, 8, step, HOW.destroyed, 0);
      this.tags.blank(RAX, UNKNOWN);
    } else changes.push(RAX);
    this.#lose(step, frame.rsp + 8n, changes, 0);
  }

  // --- instructions --------------------------------------------------------------------------------------------

  // A fault, or an instruction that the run ended in: it did not happen.
  #didNotHappen(step: number, site: Site): boolean {
    const { transfer, address } = site;
    const next = this.recording.header.events[this.event];
    if (next?.kind === 'trap' && next.at === step + 1) return !transfer.kind.startsWith('string');
    const last = step + 1 === this.recording.instructions;
    return last && this.registers[RIP] === address && transfer.kind !== 'none';
  }

  #instruction(step: number, site: Site, first: number, changed: number): void {
    const { transfer } = site;
    this.touched = 0;
    this.#arrive(step, site);
    const refused = transfer.kind === 'refused';
    if (refused && !this.#endsHere(step)) this.#refuse(step, site, 'this instruction');
    if (refused || this.#didNotHappen(step, site)) return;
    const access = new Accesses(this.#accesses, first, this.#access);
    try {
      this.#transfer(step, site, access);
    } catch (error) {
      if (!(error instanceof MissingAccessError)) throw error;
      const at = this.symbols.formatLocation(site.address);
      const what = `${error.message} by ${site.transfer.operation} at ${at} (instruction ${step})`;
      throw new InputError(`the recording lacks ${what}; record it again`, { field: at });
    }
    this.#check(step, site, changed, access);
  }

  // Bytes that are no instruction end a run.
  #endsHere(step: number): boolean {
    const next = this.recording.header.events[this.event];
    return (next?.kind === 'trap' && next.at === step + 1) || step + 1 === this.recording.instructions;
  }

  // What the instruction is known for must account for every register and byte that changed.
  #check(step: number, site: Site, changed: number, access: Accesses): void {
    const general = changed & 0xffff & ~this.touched;
    if (general !== 0) {
      const next = this.recording.header.events[this.event];
      const host = next !== undefined && next.at <= step + 1;
      const register = REGISTERS[31 - Math.clz32(general)];
      if (!host && site.transfer.kind !== 'return' && step + 1 < this.recording.instructions)
        this.#refuse(step, site, `a change of ${register} by this instruction`);
    }
    if (access.unusedWrite()) this.#refuse(step, site, 'a write to memory by this instruction');
  }

  #refuse(step: number, site: Site, what: string): never {
    const at = this.symbols.formatLocation(site.address);
    const { operation } = site.transfer;
    throw new InputError(`lineage does not support ${what}: ${operation} at ${at} (instruction ${step})`, {
      field: at,
    });
  }

  // Where control and C variables are before an instruction.
  #arrive(step: number, site: Site): void {
    const { facts, arrivals } = site;
    let frame = this.frames.at(-1);
    if (frame === undefined) {
      this.#enter(step, facts, -1, this.before[RSP]!, 0n);
      frame = this.frames.at(-1)!;
    } else if (frame.facts !== facts && facts !== undefined && site.offset === 0) {
      // A jump to another function's start: that function returns in this one's place.
      frame.facts = facts;
      frame.locals.clear();
      frame.entry = this.tags.snapshot();
      this.#nameArguments(step, frame);
    }
    for (const { register, name, type } of arrivals)
      this.#nameRegister(register, { name, type }, step, frame);
  }

  #transfer(step: number, site: Site, access: Accesses): void {
    const { transfer } = site;
    switch (transfer.kind) {
      case 'copy':
        return this.copy(step, site, access);
      case 'choose':
        return this.choose(step, site, access);
      case 'push':
        return this.push(step, site, access);
      case 'pop':
        return this.pop(step, site, access);
      case 'call':
        return this.#call(step, site, access);
      case 'return':
        return this.#return(step, site, access);
      case 'leave':
        this.touched |= 1 << RBP;
        this.tags.take(RBP * 8, 8);
        this.put(step, RSP * 8, 8);
        return this.pop(step, { ...site, transfer: { ...transfer, destination: RBP * 8, width: 8 } }, access);
      case 'exchange':
        return this.exchange(step, site, access);
      case 'exchange-add':
        return this.exchangeAdd(step, site, access);
      case 'compare-exchange':
        return this.compareExchange(step, site, access);
      case 'string-move':
      case 'string-store':
      case 'string-load':
      case 'string-scan':
        return this.string(step, site, access);
      case 'compute':
        return this.compute(step, site, access);
      default:
        return undefined;
    }
  }

  #call(step: number, site: Site, access: Accesses): void {
    const rsp = u64(this.before[RSP]! - 8n);
    if (site.transfer.indirect && site.transfer.base >= 0 && access.hasReads())
      this.#nameIndirect(step, site, access);
    const target = access.writeAt(rsp, 8);
    const returnTo = u64(site.address + BigInt(site.transfer.length));
    this.fresh(step, MEMORY, target, 8, 8, ORIGIN.constant, returnTo, site.number);
    this.moveStack(step, -8n, rsp, site.number);
    const stub = this.#stubBefore(step + 1);
    this.#inStub = stub !== undefined;
    const facts = stub === undefined ? this.#code.find(this.registers[RIP]!) : this.#code.named(stub);
    this.#enter(step + 1, facts, step, rsp, returnTo);
    if (this.view !== 'analyst') return;
    if (stub !== undefined || !this.#siteOf(this.registers[RIP]!).published) this.#unknownCall(step, facts);
  }

  #nameIndirect(step: number, site: Site, access: Accesses): void {
    const from = access.read();
    this.eachPart(from, 8, (location, length) => this.tags.see(location, length));
    this.nameLoad(step, site, from, 8);
  }

  // The stub that returns before an instruction, if one does.
  #stubBefore(step: number): string | undefined {
    const { events } = this.recording.header;
    for (let index = this.event; (events[index]?.at ?? Infinity) <= step; index += 1) {
      const event = events[index]!;
      if (event.kind === 'stub') return event.symbol;
      if (event.kind === 'call') return undefined;
    }
    return undefined;
  }

  #return(step: number, site: Site, access: Accesses): void {
    const from = access.read();
    const rsp = this.#rspAfter(step, from);
    this.moveStack(step, BigInt.asIntN(64, rsp - this.before[RSP]!), rsp, site.number);
    const callee = this.frames.at(-1);
    while (this.frames.length > 0 && this.frames.at(-1)!.rsp < rsp) this.frames.pop();
    if (this.frames.length > 0 && callee?.facts !== undefined && returnsValue(callee.facts)) {
      const place = this.tags.placeIn(RAX, sizeOfType(callee.facts.prototype!.returns));
      if (place > 0) this.#nameResult(step + 1, callee.facts, this.ledger.value(place));
    }
    return undefined;
  }

  // `ret` with a number drops that many bytes more; what the sandbox did since is no part of it.
  #rspAfter(step: number, from: Addr): Addr {
    const next = this.recording.header.events[this.event];
    const own = next === undefined || next.at > step + 1;
    const after = this.registers[RSP]!;
    return own && after >= from + 8n && after - from < 0x10000n ? after : u64(from + 8n);
  }

  // Memory as the instruction, or the sandbox, left it.
  #applyWrites(first: number, end: number, step: number): void {
    const accesses = this.#accesses;
    for (let index = first; index < end; index += 1) {
      if (!accesses.isDone(index)) continue;
      const address = accesses.address(index);
      const size = Math.min(8, accesses.size(index));
      this.eachPart(address, size, (location, length, done) => {
        const at = location - REGISTER_BYTES;
        for (let byte = 0; byte < length; byte += 1)
          this.memory.bytes[at + byte] = accesses.newByte(index, done + byte);
        // Code that is not followed writes where somebody's value was thought safe.
        if (this.view === 'analyst' && !this.#known && !accesses.isHost(index))
          this.#scribbled(location, length, step);
      });
    }
  }

  #scribbled(location: number, length: number, step: number): void {
    this.tags.end(location, length, step, HOW['may be lost'], 0);
    this.tags.hostWrote(location, length, step + 1);
  }
}

const returnsValue = ({ prototype }: CodeFacts): boolean =>
  prototype !== undefined && prototype.returns !== 'void';
