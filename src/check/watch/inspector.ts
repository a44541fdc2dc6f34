// Looks on while one world runs, and notes what it breaks. Which world that is, and what becomes of the findings, is not
// known here.
// Over 300 lines because all properties are judged from one state of one run.

import { type Addr, PAGE_SIZE, fromHalves, pageStart, u64 } from '../../base/address.js';
import type { AccessObserver } from '../../machine/engine.js';
import type { Watcher } from '../../run/fast-replay.js';
import type { CallResult } from '../../machine/machine.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { PlacedObject } from '../../scenario/values.js';
import type { World } from '../../run/world.js';
import { type CallEffect, contentsOf } from '../world/reference.js';
import { READ, Shadow, WRITE } from './shadow.js';
import type { Subject } from '../world/subject.js';
import { type BadAccess, type PropertyName, type Violation, isSlack } from '../property/violation.js';

/** How many bytes of the caller's stack must be as they were after the call. */
const CALLERS_STACK = 256;

// Longest text that is looked at as a result.
const LONGEST_TEXT = PAGE_SIZE;

interface Allocation {
  readonly address: Addr;
  readonly requested: number;
}

const none: readonly Violation[] = [];

/**
 * One per machine. `violations` holds what the last run broke: at most one of each property, in the order in which it
 * happened.
 */
export class Inspector implements Watcher {
  readonly accesses: AccessObserver;
  /** What the promised text is computed from; set before each run. */
  parameters: Parameters = new Map();
  /** Whether the steps after the checked call run too when it broke nothing; set before each run. */
  goesOn = true;
  readonly #world: World;
  readonly #subject: Subject;
  readonly #expected: ((parameters: Parameters) => CallEffect | undefined) | undefined;
  readonly #shadow: Shadow;
  readonly #stackTop: Addr;
  readonly #callersStack: Uint8Array;
  readonly #nowStack: Uint8Array;
  #violations: Violation[] = [];
  #broken = new Set<PropertyName>();
  #step = '';
  #watching = false;
  #live = new Map<Addr, Allocation>();
  #findings: string[] = [];
  #objects: ReadonlyMap<string, PlacedObject> = new Map();
  #first: Uint8Array | bigint | undefined;

  /**
   * @param expected what a trusted version does, where the check names one
   * @param watched false to be told of no access of the guest's
   */
  constructor(
    world: World,
    subject: Subject,
    expected?: (parameters: Parameters) => CallEffect | undefined,
    watched = true,
  ) {
    this.#world = world;
    this.#subject = subject;
    this.#expected = expected;
    this.#stackTop = subject.rsp;
    const room = Number(pageStart(u64(subject.rsp + BigInt(PAGE_SIZE))) - subject.rsp);
    this.#callersStack = new Uint8Array(Math.min(CALLERS_STACK, room));
    this.#nowStack = new Uint8Array(this.#callersStack.length);
    const shadowed = shadowedRanges(world, subject.rsp);
    this.#shadow = new Shadow(shadowed);
    this.accesses = {
      ranges: watched ? watchedRanges(world, subject.rsp, shadowed) : [],
      read: (low, high, size, pc) => {
        if (this.#watching) this.#read(low, high, size, pc);
      },
      write: (low, high, size, valueLow, valueHigh, pc) => {
        if (this.#watching) this.#write(low, high, size, valueLow, valueHigh, pc);
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
    this.#step = this.#subject.steps[0]!;
    this.#shadow.clear();
    if (this.#live.size > 0) this.#live.clear();
    if (this.#findings.length > 0) this.#findings = [];
    this.#first = undefined;
  }

  calls(objects: ReadonlyMap<string, PlacedObject>): void {
    this.#objects = objects;
    const { step, reads, writes } = this.#subject;
    if (this.#step !== step) return;
    for (const name of reads) this.#grant(objects.get(name), READ);
    for (const name of writes) this.#grant(objects.get(name), WRITE);
    this.#world.memory.readInto(this.#callersStack, this.#stackTop, this.#callersStack.length);
    this.#watching = true;
  }

  #grant(object: PlacedObject | undefined, rights: typeof READ | typeof WRITE): void {
    if (object !== undefined) this.#shadow.grant(object.address, object.size, rights);
  }

  allocated(address: Addr, requested: number): void {
    if (!this.#watching || this.#world.allocations.preparing) return;
    this.#live.set(address, { address, requested });
    this.#shadow.grant(address, requested, WRITE);
  }

  freed(address: Addr): void {
    if (!this.#watching || this.#world.allocations.preparing) return;
    const allocation = this.#live.get(address);
    if (allocation === undefined) return; // an input
    this.#live.delete(address);
    this.#shadow.revoke(address, allocation.requested);
  }

  found(message: string): void {
    this.#findings.push(message);
  }

  ended(step: string, result: CallResult | undefined): boolean {
    const { steps } = this.#subject;
    this.#watching = false;
    if (step === this.#subject.step) this.#judge(result);
    else if (this.#first !== undefined && step === this.#subject.again) this.#judgeAgain(result);
    else if (result !== undefined && result.kind !== 'returned') {
      this.#note({ property: 'readers', step, result });
    } else if (this.#findings.length > 0) {
      this.#note({ property: 'readers', step, result, finding: this.#findings[0]! });
    }
    if (this.#findings.length > 0) this.#findings = [];
    this.#step = steps[steps.indexOf(step) + 1] ?? '';
    return this.goesOn || this.#violations.length > 0;
  }

  #note(violation: Violation): void {
    if (this.#broken.has(violation.property)) {
      // The first that hits somebody takes the place of one that does not.
      const index = this.#violations.findIndex(({ property }) => property === violation.property);
      const known = this.#violations[index];
      if (known !== undefined && isSlack(known) && !isSlack(violation)) this.#violations[index] = violation;
      return;
    }
    this.#broken.add(violation.property);
    if (this.#violations === none) this.#violations = [];
    this.#violations.push(violation);
  }

  #read(low: number, high: number, size: number, pc: () => Addr): void {
    const good = this.#shadow.allowed(low, high, size, READ);
    if (good < size && !this.#hasHit('reads-inside')) {
      const bad = this.#bad('read', fromHalves(low, high), size, good, pc, undefined);
      this.#note({ property: 'reads-inside', bad });
    }
  }

  #write(low: number, high: number, size: number, valueLow: number, valueHigh: number, pc: () => Addr): void {
    const good = this.#shadow.allowed(low, high, size, WRITE);
    if (good === size) return;
    const input = this.#shadow.allowed(low, high, size, READ) === size;
    const property = input ? 'inputs-unchanged' : 'writes-inside';
    if (this.#hasHit(property)) return;
    const value = fromHalves(valueLow, valueHigh);
    const bad = this.#bad('write', fromHalves(low, high), size, good, pc, value);
    this.#note({ property, bad });
  }

  // Whether it is known already that somebody was hit.
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
    value: bigint | undefined,
  ): BadAccess {
    const address = u64(start + BigInt(good));
    const left = size - good;
    const { memory } = this.#world;
    const old = memory.isMapped(address, left) ? memory.read(address, left) : new Uint8Array(0);
    const now = value === undefined ? old : storedBytes(value, size).subarray(good);
    return { access, pc: pc(), address, size: left, old, now, slack: this.#isSlack(address, left) };
  }

  #isSlack(address: Addr, size: number): boolean {
    const { heap } = this.#world;
    return [...this.#live.keys()].some((start) => {
      const cache = heap.cacheOfFrame(start);
      const end = cache === undefined ? start : start + BigInt(heap.objectSize(cache));
      return address >= start && address + BigInt(size) <= end;
    });
  }

  // After the checked call.
  #judge(result: CallResult | undefined): void {
    const failed = this.#world.allocations.failed;
    if (result === undefined) return;
    if (result.kind !== 'returned') {
      this.#note({ property: failed ? 'allocation-failure' : 'ends', result });
      return;
    }
    this.#judgeStack();
    const { value } = result;
    if (failed) {
      if (value !== 0n) this.#note({ property: 'allocation-failure', result });
      this.#judgeLeaks(undefined);
      return;
    }
    const { promised, again } = this.#subject;
    this.#judgeLeaks(value);
    if (this.#expected !== undefined) this.#judgeEffect(this.#expected(this.parameters), value);
    if (promised !== undefined) this.#first = this.#judgeText(promised(this.parameters), value);
    else if (again !== undefined) this.#first = value;
  }

  #judgeStack(): void {
    const { memory } = this.#world;
    memory.readInto(this.#nowStack, this.#stackTop, this.#nowStack.length);
    const at = this.#nowStack.findIndex((byte, index) => byte !== this.#callersStack[index]);
    if (at >= 0) this.#note({ property: 'writes-inside', smashed: this.#stackTop + BigInt(at) });
  }

  #judgeLeaks(result: bigint | undefined): void {
    const [finding] = this.#findings;
    const leaked = [...this.#live.keys()].filter((address) => address !== result);
    if (leaked.length === 0 && finding === undefined) return;
    this.#note({ property: 'no-leak', leaked, ...(finding === undefined ? {} : { finding }) });
  }

  // Against a trusted version; where that one does not return, nothing is promised.
  #judgeEffect(expected: CallEffect | undefined, value: bigint): void {
    if (expected === undefined) return;
    if (expected.value !== value) {
      this.#note({ property: 'result', expected: expected.value, found: value, why: 'differs' });
      return;
    }
    const found = contentsOf(this.#world, this.#objects, this.#subject.writes);
    const at = found.findIndex((bytes, index) => !sameBytes(bytes, expected.contents[index]!));
    if (at >= 0) {
      const [wanted, left] = [expected.contents[at], found[at]];
      this.#note({ property: 'result', expected: wanted, found: left, why: 'contents differ' });
    }
  }

  #judgeText(expected: Uint8Array, value: bigint): Uint8Array | undefined {
    const allocation = this.#live.get(value);
    const note = (why: 'no address' | 'not its own' | 'not terminated' | 'differs', found?: Uint8Array) =>
      this.#note({ property: 'result', expected, found, why });
    if (allocation === undefined) return void note(value === 0n ? 'no address' : 'not its own');
    const { memory } = this.#world;
    const bytes = memory.read(value, Math.min(allocation.requested, LONGEST_TEXT));
    const end = bytes.indexOf(0);
    const text = end < 0 ? bytes : bytes.subarray(0, end);
    if (end < 0) note('not terminated', text);
    else if (!sameBytes(text, expected)) note('differs', text);
    return text;
  }

  #judgeAgain(result: CallResult | undefined): void {
    if (result?.kind !== 'returned') {
      if (result !== undefined) this.#note({ property: 'readers', step: this.#subject.again!, result });
      return;
    }
    const first = this.#first!;
    const { memory } = this.#world;
    if (typeof first === 'bigint') {
      if (result.value !== first)
        this.#note({ property: 'same-twice', expected: first, found: result.value, why: 'differs' });
      return;
    }
    const size = first.length + 1;
    const found = memory.isMapped(result.value, size) ? memory.read(result.value, size) : undefined;
    if (found !== undefined && found[size - 1] === 0 && sameBytes(found.subarray(0, -1), first)) return;
    this.#note({
      property: 'same-twice',
      expected: first,
      found,
      why: found === undefined ? 'no address' : 'differs',
    });
  }

  /** Objects as the checked call met them, and as later steps left them. */
  get objects(): ReadonlyMap<string, PlacedObject> {
    return this.#objects;
  }
}

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
};

const storedBytes = (value: bigint, size: number): Uint8Array => {
  const bytes = new Uint8Array(Math.max(size, 8));
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes.subarray(0, size);
};

interface Range {
  readonly start: Addr;
  readonly size: number;
}

const isOwn = (world: World, rsp: Addr, { start, size }: Range): boolean => {
  const end = start + BigInt(size);
  const isStack = rsp - 8n >= start && rsp - 8n < end;
  const isPerCpu = start <= world.gsBase + 0x10000n && end > world.gsBase;
  return isStack || isPerCpu;
};

// All that the guest may write but the stack of the call, which is its own, and the per-CPU area.
const shadowedRanges = (world: World, rsp: Addr): Range[] => {
  const kept = world.memory.regions
    .filter((region) => region.protection === 'read-write' && !isOwn(world, rsp, region))
    .toSorted((a, b) => (a.start < b.start ? -1 : 1));
  const ranges: { start: Addr; size: number }[] = [];
  for (const { start, size } of kept) {
    const last = ranges.at(-1);
    if (last !== undefined && last.start + BigInt(last.size) === start) last.size += size;
    else ranges.push({ start, size });
  }
  return ranges;
};

// Few ranges that hold all of those: each one costs every access of the guest a comparison.
const watchedRanges = (world: World, rsp: Addr, shadowed: readonly Range[]): Range[] => {
  const own = world.memory.regions.filter((region) => isOwn(world, rsp, region)).map(({ start }) => start);
  const joined: { start: Addr; size: number }[] = [];
  for (const { start, size } of shadowed) {
    const last = joined.at(-1);
    const end = start + BigInt(size);
    const joins = last !== undefined && !own.some((address) => address > last.start && address < start);
    if (joins && end - last.start <= BigInt(Number.MAX_SAFE_INTEGER)) last.size = Number(end - last.start);
    else joined.push({ start, size });
  }
  return joined;
};
