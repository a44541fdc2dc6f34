// The one opening of a recording: memory, symbols, heap, objects, damage, lineage and report of a run, each made when
// it is first needed. Stepper, crash prompt, story, lessons, reports, charts and the page are views of it.

import type { Addr } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import { InputError } from '../base/errors.js';
import type { Memory, Region } from '../kernel/memory.js';
import { type HeapInMemory, walkHeap } from '../kernel/slab.js';
import type { Structs } from '../kernel/structs/all.js';
import { type SymbolTable, lineAt } from '../kernel/symbols.js';
import { type Lineage, lineageOf } from '../lineage/lineage.js';
import type { View } from '../lineage/state.js';
import type { OopsReport } from '../oops/collect.js';
import type { NamedObject, Recording } from '../recording/recording.js';
import { recordedStructs } from '../recording/structs.js';
import { RecordedState, recordedRegions } from '../recording/state.js';
import { type TrapEvent, finalRegisters, findTrap, recordedSymbols, reportOf } from '../recording/trap.js';
import { type Release, loadRelease } from '../release/snippet.js';
import { Objects } from './objects.js';
import { DamageMap } from './damage.js';
import { type Finding, findingsOf } from './findings.js';
import { type LocatedOutOfBounds, type Misuse, locateMisuse } from './out-of-bounds.js';
import { type LocatedUndefinedFlag, locateUndefinedFlags } from './undefined-flags.js';

interface Allocated {
  readonly event: number; // index; -1 for the world's
  readonly name: string | null;
}

// By address: names are looked up once per event or access, of which a run may have a million.
const allocationsOf = ({
  header: { world, events },
}: Recording): ReadonlyMap<string, readonly Allocated[]> => {
  const allocations = new Map(
    world.toReversed().map(({ address, name }): [string, Allocated[]] => [address, [{ event: -1, name }]]),
  );
  events.forEach((event, index) => {
    if (event.kind !== 'allocate') return;
    const entry = { event: index, name: event.name };
    const known = allocations.get(event.address);
    if (known === undefined) allocations.set(event.address, [entry]);
    else known.push(entry);
  });
  return allocations;
};

export class Case {
  readonly #lineages = new Map<View, Lineage>();
  #state: RecordedState | undefined;
  #end: RecordedState | undefined;
  #symbols: SymbolTable | undefined;
  #regions: readonly Region[] | undefined;
  #objects: Objects | undefined;
  #allocations: ReadonlyMap<string, readonly Allocated[]> | undefined;
  #byName: ReadonlyMap<string, NamedObject> | undefined;
  #misuse: Misuse | undefined;
  #damage: DamageMap | undefined;
  #findings: readonly Finding[] | undefined;
  #undefinedFlags: readonly LocatedUndefinedFlag[] | undefined;
  #release: { readonly found: Release | undefined } | undefined;

  /** @param libraries folders with user snippets */
  constructor(
    readonly recording: Recording,
    readonly libraries: readonly string[] = [],
  ) {}

  /**
   * Memory before instruction `at`; with `recording.instructions`, at the end. There is one such memory: the next call
   * moves it, also where the result of this call is still held.
   *
   * @throws {RangeError} outside the recording
   */
  stateAt(at: number): RecordedState {
    this.#state ??= new RecordedState(this.recording);
    return this.#state.at === at ? this.#state : this.#state.seek(at);
  }

  /** Memory at the end, to be kept: `stateAt` does not move it. */
  get end(): RecordedState {
    return (this.#end ??= new RecordedState(this.recording).end());
  }

  get symbols(): SymbolTable {
    return (this.#symbols ??= recordedSymbols(this.recording));
  }

  /**
   * The source line that the code at an address comes from, with its text where the recording has the source.
   *
   * @param address of the first byte of an instruction; of a return address that of the call, which is before it
   */
  sourceLine(
    address: Addr,
  ): { readonly file: string; readonly line: number; readonly text: string | null } | undefined {
    const location = this.symbols.findLocation(address);
    const rule = location && lineAt(location.symbol, location.offset);
    if (rule?.line === undefined) return undefined;
    const { file, line } = rule;
    const source = this.recording.header.code?.text.find((one) => one.file === file);
    return { file, line, text: source?.lines[line - 1] ?? null };
  }

  /** The layouts that names of structs mean. */
  get structs(): Structs {
    return recordedStructs(this.recording.header);
  }

  get regions(): readonly Region[] {
    return (this.#regions ??= recordedRegions(this.recording));
  }

  /** The slab heap before instruction `at`, walked at each call. */
  heapAt(at: number): HeapInMemory {
    return walkHeap(this.stateAt(at), BigInt(this.recording.header.cacheChain));
  }

  /** The slab heap in a memory with the regions of this run, and as findings the slab pages that no list leads to. */
  heapIn(memory: Memory): HeapInMemory {
    return walkHeap(memory, BigInt(this.recording.header.cacheChain), this.regions);
  }

  /** Accesses outside of allocations, in the order in which they happened. */
  get outOfBounds(): readonly LocatedOutOfBounds[] {
    return this.#misused.outOfBounds;
  }

  get #misused(): Misuse {
    return (this.#misuse ??= locateMisuse(this.recording));
  }

  /** The out-of-bounds accesses of the instructions from `from` up to, not including, `to`. */
  outOfBoundsIn(from: number, to: number): readonly LocatedOutOfBounds[] {
    const all = this.outOfBounds;
    const first = (at: number): number => firstWhere(all.length, (index) => all[index]!.instruction >= at);
    return all.slice(first(from), first(to));
  }

  /**
   * What the run did to memory that no correct code does: uses after free, double and invalid frees, accesses out of
   * bounds. In the order in which they first happened; an instruction that does the same to one object many times is
   * one finding.
   */
  get findings(): readonly Finding[] {
    return (this.#findings ??= findingsOf(this.recording, this.symbols, this.#misused));
  }

  /** The findings of the instructions from `from` up to, not including, `to`. */
  findingsIn(from: number, to: number): readonly Finding[] {
    const all = this.findings;
    const first = (at: number): number => firstWhere(all.length, (index) => all[index]!.instruction >= at);
    return all.slice(first(from), first(to));
  }

  /** The bytes that writes out of bounds, or through stale pointers, have left. */
  get damage(): DamageMap {
    return (this.#damage ??= new DamageMap(this.recording, this.outOfBounds));
  }

  /** Instructions that acted by a flag which the manual leaves undefined, in the order of their first time. */
  get undefinedFlags(): readonly LocatedUndefinedFlag[] {
    return (this.#undefinedFlags ??= locateUndefinedFlags(this.recording, this.end, this.symbols));
  }

  /** What ended the run, if that was a trap. */
  get trapEvent(): TrapEvent | undefined {
    return findTrap(this.recording);
  }

  /** The state before the instruction that trapped; absent when nothing trapped. */
  get trap(): number | undefined {
    const event = this.trapEvent;
    return event === undefined ? undefined : Math.max(0, event.at - 1);
  }

  /** The state that a reader looks at first: before the instruction that trapped, otherwise the end. */
  get last(): number {
    return this.trap ?? this.recording.instructions;
  }

  /** Guest address of the registers that the trap saved; absent without a trap, or if the stack could not take them. */
  get savedRegisters(): Addr | undefined {
    const regs = this.trapEvent?.regs;
    return regs == null ? undefined : BigInt(regs);
  }

  /** Registers at the end, in the order of REGISTERS: the ones that the trap saved, otherwise the ones of the CPU. */
  get finalRegisters(): BigUint64Array {
    return finalRegisters(this.recording, this.end);
  }

  /**
   * The kernel's report; `undefined` when nothing trapped, or the stack could not take the trap's registers.
   *
   * @param options.memory in place of the memory at the end
   * @param options.provenance determine for each word whether it was computed or carried
   * @throws {InputError} when a given fact is not what the report prints there
   */
  oops(options: { readonly provenance?: boolean; readonly memory?: Memory } = {}): OopsReport | undefined {
    return reportOf(this.recording, { symbols: this.symbols, memory: this.end, ...options });
  }

  get objects(): Objects {
    return (this.#objects ??= new Objects(this.recording, this.symbols));
  }

  /** Objects that the scenario names, at the start and at the end, each once. */
  get namedObjects(): readonly NamedObject[] {
    const { objects, world } = this.recording.header;
    const all = [...world, ...objects].map((object) => [`${object.name} ${object.address}`, object] as const);
    return [...new Map(all).values()];
  }

  /** The object of a name, with its address at the end if it is allocated only then. */
  findNamed(name: string): NamedObject | undefined {
    const { world, objects } = this.recording.header;
    this.#byName ??= new Map([...world, ...objects].map((object) => [object.name, object]));
    return this.#byName.get(name);
  }

  /** The name that the last allocation before event `index`, or the world, gives an address. */
  nameAt(address: string, index: number): string | null {
    this.#allocations ??= allocationsOf(this.recording);
    const allocations = this.#allocations.get(address) ?? [];
    const last = allocations[firstWhere(allocations.length, (one) => allocations[one]!.event >= index) - 1];
    return last?.name ?? null;
  }

  /** @throws {InputError} at an instruction that cannot be followed */
  lineageIn(view: View): Lineage {
    const { libraries } = this;
    const lineage = this.#lineages.get(view) ?? lineageOf(this.recording, { view, libraries });
    this.#lineages.set(view, lineage);
    return lineage;
  }

  /** Snippets and layouts of the kernel that ran; absent where that release is not installed. */
  get release(): Release | undefined {
    this.#release ??= { found: this.#findRelease() };
    return this.#release.found;
  }

  #findRelease(): Release | undefined {
    try {
      return loadRelease(this.recording.header.release, this.libraries);
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }
}
