// A recording of a counterexample, as reports look at it: the checked step, its allocations, places in code, call traces.

import { type Addr, hex } from '../../base/address.js';
import { fetchCode } from '../../x86/fetch.js';
import { decodeOne } from '../../x86/disasm.js';
import type { RecordedEvent, RecordedStep, Recording } from '../../recording/recording.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import { sourceAt } from '../../kernel/symbols.js';
import { Case } from '../../reading/case.js';
import { type TraceEntry, findCaller, unwindFrom } from '../../kernel/stack.js';
import type { ReportedAllocation, ReportedInstruction, ReportedPlace } from './report-facts.js';
import type { Subject } from '../world/subject.js';

const MOST_CALLERS = 8;

/** An allocation of the checked call, with its place in the recording. */
export interface OwnAllocation {
  readonly start: Addr;
  readonly requested: number; // bytes
  readonly made: number; // instruction that comes after it
  readonly freed: number | undefined;
  /** With the call traces, which take a walk of the stack each. */
  readonly report: () => ReportedAllocation;
}

/** One recording, looked at for a report. */
export class ReportScene extends Case {
  readonly step: RecordedStep;
  /** The allocations of the checked call, in order. */
  readonly own: readonly OwnAllocation[];
  readonly #returnTo: string | undefined;

  /** @throws {TypeError} when the recording is of another scenario, without that step */
  constructor(
    recording: Recording,
    readonly subject: Subject,
  ) {
    super(recording);
    this.step = this.findStep(subject.step);
    const state = this.stateAt(this.step.from);
    const slot = subject.rsp - 8n;
    this.#returnTo = state.isMapped(slot, 8) ? hex(state.readU64(slot)) : undefined;
    this.own = this.#allocations();
  }

  /** @throws {TypeError} when the recording has no such step */
  findStep(name: string): RecordedStep {
    const found = this.recording.header.steps.find(({ step }) => step === name);
    if (found === undefined) throw new TypeError(`the recording has no step "${name}"`);
    return found;
  }

  /** A place in code; one that is returned to is named as the kernel names it. */
  place(address: Addr, returned = false): ReportedPlace {
    const { symbols } = this;
    const found = returned ? findCaller(symbols, address) : symbols.findLocation(address);
    if (found === undefined) return { address: hex(address), at: null, functionSize: null, source: null };
    const { symbol, offset } = found;
    return {
      address: hex(address),
      at: `${symbol.name}+${hex(offset)}`,
      functionSize: symbol.size === 0 ? null : symbol.size,
      source: sourceAt(symbol, returned ? offset - 1 : offset) ?? null,
    };
  }

  /** The instruction at an address, before instruction `at` of the recording. */
  instruction(address: Addr, at: number): ReportedInstruction {
    const bytes = fetchCode(this.stateAt(at), address);
    const decoded = bytes.length === 0 ? undefined : decodeOne(bytes, address, this.symbols);
    return { ...this.place(address), text: decoded?.text.replaceAll(/\s+/gu, ' ') ?? null };
  }

  /** The callers of the function of instruction `at`, innermost first. */
  callers(at: number): ReportedPlace[] {
    const registers = this.recording.registersAt(at);
    return this.callersFrom(at, registers[REGISTER_INDEX.rip]!, registers[REGISTER_INDEX.rsp]!);
  }

  /** The same with given registers, such as those that a trap saved. */
  callersFrom(at: number, rip: Addr, rsp: Addr): ReportedPlace[] {
    const state = this.stateAt(at);
    const { entries } = unwindFrom(state, this.symbols, { rip, rsp }, MOST_CALLERS);
    const places = entries.map(({ address, user }: TraceEntry) => this.place(address, !user));
    // Last comes where the step's call returns to, which is only a number in scenarios that give no symbol.
    const last = places.at(-1);
    return last?.at === null && last.address === this.#returnTo ? places.slice(0, -1) : places;
  }

  // A stub has returned when instruction `at` comes: its caller is where RIP is.
  #stubTrace(symbol: string, at: number): ReportedPlace[] {
    const known = this.symbols.findSymbol(symbol);
    const rip = this.recording.registersAt(at)[REGISTER_INDEX.rip]!;
    return [
      ...(known === undefined ? [] : [this.place(known.address)]),
      this.place(rip, true),
      ...this.callers(at),
    ];
  }

  // The allocation that a stub returned: an event of the same moment, before it.
  #madeBy(
    { at, result }: Extract<RecordedEvent, { kind: 'stub' }>,
    index: number,
  ): Extract<RecordedEvent, { kind: 'allocate' }> | undefined {
    const { events } = this.recording.header;
    for (let before = index - 1; events[before]?.at === at; before -= 1) {
      const event = events[before]!;
      if (event.kind === 'stub') return undefined;
      if (event.kind === 'allocate' && event.address === result) return event;
    }
    return undefined;
  }

  // A stub that allocates returns the address. Allocations by a rule meanwhile are not the call's.
  #allocations(): OwnAllocation[] {
    const { events } = this.recording.header;
    const { from, to } = this.step.events;
    const own: OwnAllocation[] = [];
    for (let index = from; index < to; index += 1) {
      const stub = events[index]!;
      if (stub.kind !== 'stub') continue;
      const made = this.#madeBy(stub, index);
      if (made === undefined) continue;
      const freedAt = events.slice(index + 1, to).find((event, offset, later) => {
        if (event.kind !== 'free' || event.address !== made.address) return false;
        // The frees by which a rule makes room are followed by the stub that allocates.
        const next = later.slice(offset).find(({ kind }) => kind === 'stub');
        return next?.kind === 'stub' && next.result === null;
      })?.at;
      const { address, requested, cache, objectSize } = made;
      own.push({
        start: BigInt(address),
        requested,
        made: stub.at,
        freed: freedAt,
        report: () => ({
          address,
          requested,
          cache,
          objectSize,
          madeBy: this.#stubTrace(stub.symbol, stub.at),
          freedBy: freedAt === undefined ? null : this.#stubTrace('kfree', freedAt),
        }),
      });
    }
    return own;
  }

  /** The call's allocation that an address is nearest to, of those made before instruction `at`. */
  nearestOwn(address: Addr, at: number): OwnAllocation | undefined {
    const distance = ({ start, requested }: OwnAllocation): bigint => {
      if (address < start) return start - address;
      const end = start + BigInt(requested);
      return address < end ? 0n : address - end;
    };
    return this.own
      .filter(({ made }) => made <= at)
      .toSorted((a, b) => (distance(a) < distance(b) ? -1 : distance(a) > distance(b) ? 1 : 0))[0];
  }

  /** The instruction of the checked step that did an access; `undefined` when there is none. */
  findAccess(pc: Addr, address: Addr, access: 'read' | 'write'): number | undefined {
    const { recording, step } = this;
    for (let index = recording.accessesBefore(step.from); index < recording.accessCount; index += 1) {
      const one = recording.access(index);
      if (one.instruction >= step.to) break;
      if (one.host || one.kind !== access) continue;
      if (address < one.address || address >= one.address + BigInt(one.size)) continue;
      if (recording.registersAt(one.instruction)[REGISTER_INDEX.rip] === pc) return one.instruction;
    }
    return undefined;
  }

  /** The last instruction of the checked step that wrote a byte. */
  lastWrite(address: Addr): number | undefined {
    const { recording, step } = this;
    for (let index = recording.accessesBefore(step.to) - 1; index >= 0; index -= 1) {
      const one = recording.access(index);
      if (one.instruction < step.from) break;
      if (one.host || one.kind !== 'write' || one.faulted) continue;
      if (address >= one.address && address < one.address + BigInt(one.size)) return one.instruction;
    }
    return undefined;
  }
}
