// What lies where nobody wrote before a checked call: the stack below it, registers that are no arguments, flags of
// arithmetic, bytes after a NUL, heap bytes. A real CPU and a real heap hold anything there.

import { type Addr, fromHalves } from '../base/address.js';
import { thread_info } from '../kernel/structs/task.js';
import { ARGUMENT_REGISTERS, REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { repeatInto } from './ruled-allocations.js';
import type { World } from './world.js';

/** A thing that nobody wrote. */
type UnwrittenKind = 'stack' | 'heap' | 'field' | 'register' | 'flag';

/** Which of the things that nobody wrote hold the complement of what they would hold. */
export interface Twist {
  /** Whether all do; then `twists` is not asked. */
  readonly all: boolean;
  /** @param place the address of a byte, or the number of a register (REGISTER_INDEX), or 0 for the flags */
  twists(kind: UnwrittenKind, place: Addr): boolean;
}

/** Everything that nobody wrote holds its complement. */
export const EVERYTHING: Twist = { all: true, twists: () => true };

/** CF, PF, AF, ZF, SF, OF. Source: Intel SDM vol. 1, 3.4.3.1 "Status Flags" */
const STATUS_FLAGS = 0x8d5;
const KEPT_FLAGS = 0x202;
const RFLAGS = REGISTER_INDEX.rflags;

interface Range {
  readonly start: Addr;
  readonly size: number; // bytes
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

interface FreeStack {
  /** Parts below the return address that hold nothing: not thread_info at the end, and nothing that the world placed. */
  readonly below: readonly Range[];
  /** Parts above it: the frames of callers, which are not the function's to look at. */
  readonly above: readonly Range[];
}

// What is left of a range without some others.
const without = (
  from: Addr,
  to: Addr,
  kept: readonly { readonly start: Addr; readonly end: Addr }[],
): Range[] => {
  const free: Range[] = [];
  let at = from;
  for (const { start, end } of [...kept, { start: to, end: to }]) {
    const stop = start < to ? start : to;
    if (stop > at) free.push({ start: at, size: Number(stop - at) });
    if (end > at) at = end;
  }
  return free;
};

const freeStack = ({ memory, objects, scenario }: World, top: Addr): FreeStack => {
  const region = memory.regions.find(
    ({ start, size, protection }) =>
      protection === 'read-write' && top >= start && top < start + BigInt(size),
  );
  if (region === undefined) return { below: [], above: [] };
  const kept = [
    { start: region.start, end: region.start + BigInt(thread_info.size) },
    ...[...objects.values()].map(({ address, size }) => ({ start: address, end: address + BigInt(size) })),
    ...(scenario.spec.world.words ?? []).flatMap(({ at }) =>
      String(at).startsWith('0x') ? [{ start: BigInt(at), end: BigInt(at) + 8n }] : [],
    ),
  ].toSorted((a, b) => (a.start < b.start ? -1 : 1));
  return {
    below: without(region.start, top, kept),
    above: without(top + 8n, region.start + BigInt(region.size), kept),
  };
};

const complement = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff);

/** Fills what nobody wrote, step by step. */
export class Unwritten {
  readonly #world: World;
  readonly #free = new Map<Addr, FreeStack>();
  readonly #cpu = new BigUint64Array(REGISTER_COUNT);
  readonly #cpuBytes = new Uint8Array(this.#cpu.buffer);
  /** Set to give some of the things the complement of what they would hold. */
  twist: Twist | undefined;
  #fill: Uint8Array | undefined;
  #plain: Uint8Array = new Uint8Array(64); // the filling, repeated over a stack
  #isPlain = false; // whether it is
  #twisted: Uint8Array = new Uint8Array(64); // its complement
  #isTwisted = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** A step begins. @param fill undefined, or all zero, to leave everything as it is */
  begin(fill: Uint8Array | undefined): void {
    const wanted = fill === undefined || (isZero(fill) && this.twist === undefined) ? undefined : fill;
    if (wanted !== this.#fill) {
      this.#isPlain = false;
      this.#isTwisted = false;
    }
    this.#fill = wanted;
    const { allocations } = this.#world;
    allocations.unwritten = wanted;
    allocations.twist =
      wanted === undefined || this.twist === undefined
        ? undefined
        : (address, bytes) => this.twisted('heap', address, bytes);
  }

  /** The step's call has ended. */
  end(): void {
    this.#world.allocations.unwritten = undefined;
    this.#world.allocations.twist = undefined;
  }

  /** What bytes at an address become: their complement where that is wanted. */
  twisted(kind: UnwrittenKind, start: Addr, bytes: Uint8Array): Uint8Array {
    const { twist } = this;
    if (twist === undefined || this.#fill === undefined) return bytes;
    if (twist.all) return complement(bytes);
    return bytes.map((byte, index) => (twist.twists(kind, start + BigInt(index)) ? byte ^ 0xff : byte));
  }

  // Bytes for a range.
  #bytes(kind: UnwrittenKind, start: Addr, size: number): Uint8Array {
    if (this.twist?.all === true) {
      if (this.#twisted.length < size) this.#twisted = new Uint8Array(size);
      else if (this.#isTwisted) return this.#twisted.subarray(0, size);
      repeatInto(this.#twisted, complement(this.#fill!));
      this.#isTwisted = true;
      return this.#twisted.subarray(0, size);
    }
    if (this.#plain.length < size || !this.#isPlain) {
      if (this.#plain.length < size) this.#plain = new Uint8Array(size);
      repeatInto(this.#plain, this.#fill!);
      this.#isPlain = true;
    }
    const plain = this.#plain.subarray(0, size);
    return this.twist === undefined ? plain : this.twisted(kind, start, plain);
  }

  /** Fill the stack below `top`, the return address's place; of what is above, only complements are made. */
  fillStack(top: Addr): void {
    if (this.#fill === undefined) return;
    const { memory } = this.#world;
    let free = this.#free.get(top);
    if (free === undefined) {
      free = freeStack(this.#world, top);
      this.#free.set(top, free);
    }
    for (const { start, size } of free.below) memory.write(start, this.#bytes('stack', start, size));
    if (this.twist === undefined) return;
    for (const { start, size } of free.above)
      memory.write(start, this.twisted('stack', start, memory.read(start, size)));
  }

  /** An argument of a type narrower than a register: its upper half means nothing. */
  widen(value: bigint, argument: number): bigint {
    const fill = this.#fill;
    if (fill === undefined) return value;
    const { twist } = this;
    const index = REGISTER_INDEX[ARGUMENT_REGISTERS[argument]!];
    const isTwisted = twist !== undefined && (twist.all || twist.twists('register', BigInt(index)));
    let upper = 0;
    for (let byte = 4; byte < 8; byte += 1)
      upper = (upper << 8) | (fill[(index * 8 + byte) % fill.length]! ^ (isTwisted ? 0xff : 0));
    return fromHalves(Number(BigInt.asUintN(32, value)), upper >>> 0);
  }

  /** Fill the whole slab object at an address, before its known bytes are written. */
  fillObject(address: Addr): void {
    if (this.#fill === undefined) return;
    const { heap, memory } = this.#world;
    const cache = heap.cacheOfFrame(address);
    const size = cache === undefined ? 0 : heap.objectSize(cache);
    if (size > 0 && memory.isWritable(address, size))
      memory.write(address, this.#bytes('heap', address, size));
  }

  /** Fill a field after the NUL of a text. */
  fillField(address: Addr, text: Uint8Array): void {
    if (this.#fill === undefined) return;
    const end = text.indexOf(0) + 1;
    if (end === 0 || end === text.length) return;
    const at = address + BigInt(end);
    this.#world.memory.write(at, this.#bytes('field', at, text.length - end));
  }

  /** What registers hold that are not given, in the order of REGISTERS; undefined to leave everything as it is. */
  fillCpu(): BigUint64Array | undefined {
    const fill = this.#fill;
    if (fill === undefined) return undefined;
    const { twist } = this;
    const bytes = this.#cpuBytes;
    for (let at = 0, from = 0; at < bytes.length; at += 1, from += 1) {
      if (from === fill.length) from = 0;
      bytes[at] = fill[from]!;
    }
    if (twist !== undefined) this.#twistCpu(twist);
    const flags = RFLAGS * 8;
    const known = KEPT_FLAGS | ((bytes[flags]! | (bytes[flags + 1]! << 8)) & STATUS_FLAGS);
    bytes.fill(0, flags + 2, flags + 8);
    bytes[flags] = known;
    bytes[flags + 1] = known >> 8;
    return this.#cpu;
  }

  #twistCpu(twist: Twist): void {
    for (let index = 0; index < REGISTER_COUNT; index += 1) {
      const isFlags = index === RFLAGS;
      if (!twist.all && !twist.twists(isFlags ? 'flag' : 'register', BigInt(isFlags ? 0 : index))) continue;
      for (let at = index * 8; at < index * 8 + 8; at += 1) this.#cpuBytes[at]! ^= 0xff;
    }
  }
}
