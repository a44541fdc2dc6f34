// A recording of a counterexample, as reports look at it: the checked step, its allocations, places in code, call traces.

import { type Addr, hex } from '../../base/address.js';
import type { FieldPath } from '../../base/check-form.js';
import { shownPath } from '../../candidate/debug-info.js';
import { HEADER_FILE } from '../../candidate/header.js';
import { fetchCode } from '../../x86/fetch.js';
import { decodeOne } from '../../x86/disasm.js';
import type { NamedObject, RecordedStep, Recording } from '../../recording/recording.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import { sourceAt } from '../../kernel/symbols.js';
import { Case } from '../../reading/case.js';
import { type TraceEntry, findCaller, unwindFrom } from '../../kernel/stack.js';
import type { ReportedAllocation, ReportedInstruction, ReportedPlace } from './report-facts.js';
import { formatResult, resultTypeOf } from '../world/result-type.js';
import type { Subject } from '../world/subject.js';
import { type RecordedFree, allocationsIn, freesIn } from './call-allocations.js';

const MOST_CALLERS = 8;

/** An allocation in the recording. */
export interface SceneAllocation {
  readonly start: Addr; // of the slab object
  readonly requested: number; // bytes from there
  /** The instruction after the checked call freed it; undefined while it is allocated. */
  readonly freed: number | undefined;
  /** With the call traces, which take a walk of the stack each. */
  readonly report: () => ReportedAllocation;
}

/** An allocation of the checked call. */
interface OwnAllocation extends SceneAllocation {
  readonly made: number; // instruction that comes after it
}

/** An object of the scenario. */
interface ObjectAllocation extends SceneAllocation {
  readonly object: NamedObject;
}

const isHeaders = (source: string | null | undefined): boolean =>
  source === HEADER_FILE || source?.startsWith(`${HEADER_FILE}:`) === true;

/** One recording, looked at for a report. */
export class ReportScene extends Case {
  readonly step: RecordedStep;
  /** What the checked call freed, in order. */
  readonly frees: readonly RecordedFree[];
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
    this.frees = freesIn(recording, this.step);
    this.own = this.#ownAllocations();
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

  /** Instruction `at` of the recording. */
  instructionAt(at: number): ReportedInstruction {
    return this.instruction(this.recording.registersAt(at)[REGISTER_INDEX.rip]!, at);
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

  /** The caller of a stub that has returned when instruction `at` comes, where RIP is; innermost first. */
  callersOfStub(at: number): ReportedPlace[] {
    const rip = this.recording.registersAt(at)[REGISTER_INDEX.rip]!;
    return [this.place(rip, true), ...this.callers(at)].flatMap((place) => this.#byAuthor(place) ?? []);
  }

  // A caller as its author wrote it: a function of the header is left out, and where one is inlined the author's line is
  // not known, since the line table has the header's.
  #byAuthor(place: ReportedPlace): ReportedPlace | undefined {
    if (!isHeaders(place.source)) return place;
    const symbol = this.symbols.findLocation(BigInt(place.address))?.symbol;
    const isInlined = symbol === undefined || !isHeaders(sourceAt(symbol, 0));
    return isInlined ? { ...place, source: null } : undefined;
  }

  #stubTrace(symbol: string, at: number): ReportedPlace[] {
    const known = this.symbols.findSymbol(symbol);
    return [...(known === undefined ? [] : [this.place(known.address)]), ...this.callersOfStub(at)];
  }

  /** When a stub of the checked step first returned to an address. */
  returnOfStub(site: Addr): number | undefined {
    const { from, to } = this.step.events;
    return this.recording.header.events
      .slice(from, to)
      .find(({ kind, at }) => kind === 'stub' && this.recording.registersAt(at)[REGISTER_INDEX.rip] === site)
      ?.at;
  }

  /** When heap or stubs complained in the checked step, in these words. */
  findingAt(message: string): number | undefined {
    const { from, to } = this.step.events;
    return this.recording.header.events
      .slice(from, to)
      .find((event) => event.kind === 'finding' && event.message === message)?.at;
  }

  #ownAllocations(): OwnAllocation[] {
    return allocationsIn(this.recording, this.step, this.frees).map(({ made, symbol, at, free }) => ({
      start: BigInt(made.address),
      requested: made.requested,
      made: at,
      freed: free?.at,
      report: () => ({
        address: made.address,
        requested: made.requested,
        object: null,
        cache: made.cache,
        objectSize: made.objectSize,
        madeBy: this.#stubTrace(symbol, at),
        madeIn: null,
        freedBy: free === undefined ? null : this.#stubTrace(free.symbol, free.at),
      }),
    }));
  }

  /** Where a field of the scenario stands: `conn-teardown.yaml:29`. */
  sourceOf(path: FieldPath): string | null {
    const place = this.subject.scenario.placeOf(path);
    return place === undefined ? null : `${shownPath(place.file)}:${place.line}`;
  }

  /** An object of the scenario as the call met it; `undefined` for what has no such name. */
  objectAllocation(name: string): ObjectAllocation | undefined {
    const { declared } = this.subject;
    const object = this.namedObjects.find((one) => one.name === name);
    if (object === undefined) return undefined;
    const start = BigInt(object.address) - BigInt(object.header);
    const free = this.frees.find(({ address }) => address === start);
    const origin = declared.get(name);
    const requested = object.size + object.header;
    return {
      object,
      start,
      requested,
      freed: free?.at,
      report: () => ({
        address: hex(start),
        requested,
        object: name,
        cache: object.cache,
        objectSize: this.#objectSize(start) ?? requested,
        madeBy: [],
        madeIn: origin === undefined ? null : { what: origin.made, source: this.sourceOf(origin.path) },
        freedBy: free === undefined ? null : this.#stubTrace(free.symbol, free.at),
      }),
    };
  }

  #objectSize(start: Addr): number | undefined {
    const { events } = this.recording.header;
    const address = hex(start);
    const made = events.find((event) => event.kind === 'allocate' && event.address === address);
    return made?.kind === 'allocate' ? made.objectSize : undefined;
  }

  /** The scenario's object around an address that the call had freed before instruction `at`. */
  freedObject(address: Addr, at: number): ObjectAllocation | undefined {
    const isTaken = (start: Addr, freed: number): boolean =>
      this.own.some((one) => one.start === start && one.made > freed && one.made <= at);
    for (const { name } of this.namedObjects) {
      const one = this.objectAllocation(name);
      if (one?.freed === undefined || one.freed > at || isTaken(one.start, one.freed)) continue;
      if (address >= one.start && address < one.start + BigInt(one.requested)) return one;
    }
    return undefined;
  }

  /** What an address lies in: an allocation of the call made before instruction `at`, or an object of the scenario. */
  allocationAround(address: Addr, at: number): SceneAllocation | undefined {
    const isAround = ({ start, requested }: SceneAllocation): boolean =>
      address >= start && address < start + BigInt(Math.max(1, requested));
    const own = this.own.findLast((one) => one.made <= at && isAround(one));
    if (own !== undefined) return own;
    const named = this.namedObjects.map(({ name }) => this.objectAllocation(name));
    return named.find((one) => one !== undefined && isAround(one));
  }

  /** How a step ended that returned, with the value as its type is written; null where it did not. */
  returnedText({ call, returned }: RecordedStep = this.step): string | null {
    if (returned === null) return null;
    const { symbols, subject } = this;
    if (call !== subject.function) return `returned ${returned}`;
    const type = resultTypeOf(symbols.findSymbol(subject.function)?.prototype, subject.result);
    return type.kind === 'void' ? 'returned' : `returned ${formatResult(type, BigInt(returned))}`;
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
