// Looks on while one world runs, and notes which properties it breaks.

import { type Addr, fromHalves, u64 } from '../../base/address.js';
import type { AccessObserver } from '../../machine/engine.js';
import type { CallResult, Machine } from '../../machine/machine.js';
import type { Watcher } from '../../run/fast-replay.js';
import type { Request } from '../../run/ruled-allocations.js';
import type { World } from '../../run/world.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { PlacedObject } from '../../scenario/values.js';
import { READ, Shadow, WRITE } from '../../shadow/rights.js';
import type { BadAccess } from '../property/access.js';
import { PROPERTY_TABLE, type PropertyName, type Violation, isSlack } from '../property/properties.js';
import type {
  AllocationRequest,
  FirstResult,
  ForeignFree,
  KeptState,
  StepEnd,
  WatchedRun,
} from '../property/property.js';
import { firstResultOf } from '../property/promise-kept.js';
import { gotNoMemory } from '../property/shortage.js';
import { type ResultType, resultTypeOf } from '../world/result-type.js';
import type { CallEffect } from '../world/effect.js';
import type { Subject } from '../world/subject.js';
import { CallersState } from './callers-state.js';
import { type Twin, TwinRecorder } from './twins.js';
import { shadowedRanges, watchedRanges } from './watched-ranges.js';

// Smaller objects are not worth the trouble.
const MUCH = 48; // bytes

const none: readonly Violation[] = [];
const noRequests: AllocationRequest[] = [];
const noFrees: ForeignFree[] = [];
const nothingLost: readonly KeptState[] = [];

// How many bad accesses of a run are looked at, and how many once the worst that an access can break is broken: a copy that
// has run wild can make millions.
const MOST_BREACHES = 8192;
const MOST_OF_WORST = 256;

// In the order of the table.
const JUDGES = PROPERTY_TABLE.flatMap(({ judge }) => judge ?? []);

const WORST = PROPERTY_TABLE.find(({ forbids }) => forbids !== undefined)!.name;

/** Ends a run from within: what it has broken is enough. */
export class EnoughBreaches extends Error {}

/**
 * One per machine. `violations` holds what the last run broke: at most one of each property, in the order in which it
 * happened.
 */
export class Inspector implements Watcher, WatchedRun {
  readonly accesses: AccessObserver;
  parameters: Parameters = new Map(); // set before each run
  /** Whether the steps after the checked call run too when it broke nothing; set before each run. */
  goesOn = true;
  /** Whether `effect` is wanted; set before each run. */
  wantsEffect = false;
  /** What the checked call did, where it was wanted. */
  effect: Twin | undefined;
  /** Whether the checked call got a slot that it had freed before. */
  reusedSlot = false;
  readonly #freed = new Set<Addr>(); // by the checked call
  readonly live = new Map<Addr, number>();
  objects: ReadonlyMap<string, PlacedObject> = new Map();
  findings: string[] = [];
  first: FirstResult | undefined;
  returned: bigint | undefined;
  foreign = noFrees;
  requests = noRequests;
  lost = nothingLost;
  readonly type: ResultType;
  readonly #expected: ((parameters: Parameters) => CallEffect | undefined) | undefined;
  readonly #shadow: Shadow;
  readonly #callers: CallersState;
  readonly #effects: TwinRecorder;
  #violations: Violation[] = [];
  #broken = new Set<PropertyName>();
  #step = '';
  #watching = false;
  #machine: Machine | undefined;
  readonly #gone = new Set<Addr>(); // objects of the scenario that the call freed
  #breaches = 0; // of the present run

  /**
   * @param expected what a trusted version does, where the check names one
   * @param watched false to leave the guest's accesses unwatched
   */
  constructor(
    readonly world: World,
    readonly subject: Subject,
    expected?: (parameters: Parameters) => CallEffect | undefined,
    watched = true,
  ) {
    this.#expected = expected;
    this.type = resultTypeOf(world.symbols.findSymbol(subject.function)?.prototype, subject.result);
    for (const property of PROPERTY_TABLE) property.open?.(world, subject);
    this.#callers = new CallersState(world, subject.rsp);
    this.#effects = new TwinRecorder(world, subject, this.type);
    const shadowed = shadowedRanges(world, subject.rsp);
    this.#shadow = new Shadow(shadowed, world.memory.bytes.length);
    const isWatching = (): boolean => watched && this.#watching;
    this.accesses = {
      ranges: watched ? watchedRanges(world, subject.rsp, shadowed) : [],
      rights: this.#shadow,
      get watching() {
        return isWatching();
      },
      read: (low, high, size, pc) => {
        if (!this.#watching) return;
        const good = this.#shadow.allowed(low, high, size, READ);
        if (good < size)
          this.#breach('read', false, () => this.#bad('read', fromHalves(low, high), size, good, pc));
      },
      write: (low, high, size, valueLow, valueHigh, pc) => {
        if (!this.#watching) return;
        const good = this.#shadow.allowed(low, high, size, WRITE);
        if (good === size) return;
        const value = fromHalves(valueLow, valueHigh);
        const isInput = this.#shadow.allowed(low, high, size, READ) === size;
        this.#breach('write', isInput, () =>
          this.#bad('write', fromHalves(low, high), size, good, pc, value),
        );
      },
    };
  }

  /** What the last run broke. */
  get violations(): readonly Violation[] {
    return this.#violations;
  }

  begins(): void {
    this.#violations = none as Violation[];
    if (this.#broken.size > 0) this.#broken.clear();
    this.#watching = false;
    this.#breaches = 0;
    this.#step = this.subject.steps[0]!;
    this.#shadow.clear();
    if (this.live.size > 0) this.live.clear();
    if (this.#freed.size > 0) this.#freed.clear();
    this.reusedSlot = false;
    if (this.findings.length > 0) this.findings = [];
    this.foreign = noFrees;
    this.requests = noRequests;
    this.lost = nothingLost;
    this.effect = undefined;
    this.first = undefined;
    this.returned = undefined;
  }

  calls(objects: ReadonlyMap<string, PlacedObject>): void {
    this.objects = objects;
    const { step, reads, writes } = this.subject;
    if (this.#step !== step) return;
    for (const name of reads) this.#grant(objects.get(name), READ);
    for (const name of writes) this.#grant(objects.get(name), WRITE);
    this.#callers.keep();
    if (this.wantsEffect) this.#effects.begin(objects);
    if (this.#gone.size > 0) this.#gone.clear();
    this.#skip();
    this.#watching = true;
  }

  #grant(object: PlacedObject | undefined, rights: typeof READ | typeof WRITE): void {
    if (object !== undefined) this.#shadow.grant(object.address, object.size, rights);
  }

  attached(machine: Machine): void {
    this.#callers.machine = machine;
    this.#machine = machine;
  }

  // What the call may read or write need not be reported, but for what may leave it.
  #skip(): void {
    const machine = this.#machine;
    if (machine === undefined || this.#shadow.isLookedUp) return;
    const { reads, writes } = this.subject;
    const ranges = (names: readonly string[]): PlacedObject[] =>
      names.flatMap((name) => {
        const object = this.objects.get(name);
        return object === undefined || object.size < MUCH || this.#gone.has(object.address) ? [] : [object];
      });
    const own = [...this.live].flatMap(([start, size]) => (size < MUCH ? [] : [{ start, size }]));
    const both = [...own, ...ranges(writes).map(({ address, size }) => ({ start: address, size }))];
    machine.skip('write', both);
    machine.skip('read', [...both, ...ranges(reads).map(({ address, size }) => ({ start: address, size }))]);
  }

  allocated(address: Addr, requested: number): void {
    if (!this.#watching || this.world.allocations.preparing) return;
    this.live.set(address, requested);
    if (this.#freed.has(address)) this.reusedSlot = true;
    this.#shadow.grant(address, requested, WRITE);
    if (requested >= MUCH) this.#skip();
  }

  requested({ size, flags, address, failed }: Request, site: Addr): void {
    if (!this.#watching) return;
    if (this.requests === noRequests) this.requests = [];
    const interruptsOff = this.#callers.interruptsOff;
    this.requests.push({ size: Number(size), flags, address, failed, site, interruptsOff });
  }

  freed(address: Addr, site: Addr): void {
    if (!this.#watching || this.world.allocations.preparing) return;
    this.#freed.add(address);
    const requested = this.live.get(address);
    if (requested !== undefined) {
      this.live.delete(address);
      this.#shadow.revoke(address, requested);
      return this.#skip();
    }
    // An object of the scenario, or a stranger's: gone all the same.
    const object = this.#objectAt(address);
    if (this.foreign === noFrees) this.foreign = [];
    this.foreign.push({ address, object: object?.name, site });
    if (object === undefined) return;
    this.#shadow.revoke(object.address, object.size);
    this.#gone.add(object.address);
    this.#skip();
  }

  #objectAt(address: Addr): PlacedObject | undefined {
    const { reads, writes } = this.subject;
    const own = [...reads, ...writes].flatMap((name) => this.objects.get(name) ?? []);
    const begins = ({ address: start, header }: PlacedObject): boolean =>
      start === address || start - BigInt(header) === address;
    const holds = ({ address: start, size }: PlacedObject): boolean =>
      address >= start && address < start + BigInt(size);
    const all = [...own, ...this.objects.values()];
    return all.find(begins) ?? all.find(holds);
  }

  found(message: string): void {
    this.findings.push(message);
  }

  ended(step: string, result: CallResult | undefined): boolean {
    const { steps } = this.subject;
    this.#watching = false;
    const end: StepEnd = { step, phase: this.#phaseOf(step), result };
    if (end.phase === 'checked' && result?.kind === 'returned') {
      this.returned = result.value;
      this.lost = this.#callers.lost();
      if (!gotNoMemory(this)) this.first = firstResultOf(this, result.value);
    }
    for (let index = 0; index < JUDGES.length; index += 1) {
      const violation = JUDGES[index]!(this, end);
      if (violation !== undefined) this.#note(violation);
    }
    if (end.phase === 'checked' && this.wantsEffect)
      this.effect = this.#effects.end(this, result, this.#violations);
    if (this.findings.length > 0) this.findings = [];
    this.#step = steps[steps.indexOf(step) + 1] ?? '';
    return this.goesOn || this.#violations.length > 0;
  }

  #phaseOf(step: string): StepEnd['phase'] {
    if (step === this.subject.step) return 'checked';
    return this.first !== undefined && step === this.subject.again ? 'again' : 'later';
  }

  smashed(): Addr | undefined {
    return this.#callers.smashed();
  }

  expected(): CallEffect | undefined {
    return this.#expected?.(this.parameters);
  }

  #note(violation: Violation): void {
    if (this.#broken.has(violation.property)) {
      // The first that leaves the call's own slab object takes the place of one that does not.
      const index = this.#violations.findIndex(({ property }) => property === violation.property);
      const known = this.#violations[index];
      if (known !== undefined && isSlack(known) && !isSlack(violation)) this.#violations[index] = violation;
      return;
    }
    this.#broken.add(violation.property);
    if (this.#violations === none) this.#violations = [];
    this.#violations.push(violation);
  }

  #breach(access: 'read' | 'write', isInput: boolean, bad: () => BadAccess): void {
    this.#breaches += 1;
    if (this.#breaches > (this.#hasHit(WORST) ? MOST_OF_WORST : MOST_BREACHES)) throw new EnoughBreaches();
    for (const { name, forbids } of PROPERTY_TABLE)
      if (forbids?.(access, isInput) === true && !this.#hasHit(name))
        this.#note({ property: name, bad: bad() } as Violation);
  }

  // Whether a violation is known already that left the call's own slab object.
  #hasHit(property: PropertyName): boolean {
    return (
      this.#broken.has(property) &&
      this.#violations.some((violation) => violation.property === property && !isSlack(violation))
    );
  }

  #bad(
    access: 'read' | 'write',
    start: Addr,
    size: number,
    good: number,
    pc: () => Addr,
    value?: bigint,
  ): BadAccess {
    const address = u64(start + BigInt(good));
    const left = size - good;
    const { memory } = this.world;
    const old = memory.isMapped(address, left) ? memory.read(address, left) : new Uint8Array(0);
    const now = value === undefined ? old : storedBytes(value, size).subarray(good);
    return { access, pc: pc(), address, size: left, old, now, slack: this.#isSlack(address, left) };
  }

  #isSlack(address: Addr, size: number): boolean {
    const { heap } = this.world;
    return [...this.live.keys()].some((start) => {
      const cache = heap.cacheOfFrame(start);
      const end = cache === undefined ? start : start + BigInt(heap.objectSize(cache));
      return address >= start && address + BigInt(size) <= end;
    });
  }
}

const storedBytes = (value: bigint, size: number): Uint8Array => {
  const bytes = new Uint8Array(Math.max(size, 8));
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes.subarray(0, size);
};
