// The state of a walk over a recording that follows pointers: the recorded machine, the allocations, and what is known
// of each byte.

import {
  type Addr,
  IN_PAGE,
  PAGE_OFFSET,
  PAGE_OFFSET_END,
  PAGE_SIZE,
  frameOf,
  fromHalves,
  pageStart,
} from '../base/address.js';
import { PagedMemory } from '../kernel/memory.js';
import { slabPageOf } from '../kernel/slab-identify.js';
import { page as pageStruct, pageDescriptor } from '../kernel/structs/mm.js';
import { LiveAllocations } from '../recording/live-allocations.js';
import type { Recording } from '../recording/recording.js';
import { recordedRegions } from '../recording/state.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { Locations, addressOf } from './locations.js';
import { Pointers } from './pointers.js';
import { Sites } from './sites.js';
import { Values } from './values.js';

const SLAB = 1;
const OTHER = 2;

export class WalkState {
  readonly memory: PagedMemory;
  readonly locations: Locations;
  readonly values: Values;
  readonly allocations: LiveAllocations;
  /** Those that existed before the first step, as they were then. */
  readonly initial: LiveAllocations;
  readonly pointers: Pointers;
  /** Allocations that the guest asked for, by number. */
  readonly guests = new Set<number>();
  readonly sites: Sites;
  /** After instruction `step`: two unsigned halves of each register. */
  readonly registers = new Uint32Array(REGISTER_COUNT * 2);
  /** Before it. */
  readonly before = new Uint32Array(REGISTER_COUNT * 2);
  /** The last instruction that has run, -1 before the first. */
  step = -1;
  row = 0; // offset of the next register row
  access = 0; // next recorded access
  endOfAccesses = 0; // of the present instruction
  event = 0; // next recorded event
  readonly #pages: Uint8Array;

  constructor(readonly recording: Recording) {
    this.memory = new PagedMemory(recordedRegions(recording));
    this.memory.bytes.set(recording.data.memory);
    this.locations = new Locations(this.memory);
    const { length } = this.memory.bytes;
    this.values = new Values(this.locations, length);
    this.#pages = new Uint8Array(length / PAGE_SIZE);
    this.allocations = new LiveAllocations(recording);
    this.initial = new LiveAllocations(recording);
    this.pointers = new Pointers(this.allocations);
    this.sites = new Sites(this.memory);
  }

  /** A register after the instruction, as a signed number: exact for addresses. */
  after(register: number): number {
    return addressOf(this.registers[register * 2]!, this.registers[register * 2 + 1]!);
  }

  /** The same before it. */
  prior(register: number): number {
    return addressOf(this.before[register * 2]!, this.before[register * 2 + 1]!);
  }

  /** The address of the instruction. */
  get rip(): Addr {
    return fromHalves(this.before[REGISTER_INDEX.rip * 2]!, this.before[REGISTER_INDEX.rip * 2 + 1]!);
  }

  /** Address of a recorded access. */
  addressOf(access: number): number {
    const { words } = this.recording.accesses;
    return addressOf(words[access * 8 + 2]!, words[access * 8 + 3]!);
  }

  /** Addresses of the reads of the present instruction, in their order. */
  readsOfInstruction(): number[] {
    const { accesses } = this.recording;
    const found: number[] = [];
    for (let at = this.access; at < this.endOfAccesses; at += 1)
      if (!accesses.isWrite(at) && !accesses.isFaulted(at)) found.push(this.addressOf(at));
    return found;
  }

  /** The 8 bytes at an address as a signed number; 0 where they are not mapped. */
  word(address: number): number {
    const at = this.locations.find(address);
    const { view, bytes } = this.memory;
    if (at >= 0 && (at & IN_PAGE) <= PAGE_SIZE - 8)
      return addressOf(view.getUint32(at, true), view.getUint32(at + 4, true));
    const parts = Array.from({ length: 8 }, (_, index) => {
      const one = this.locations.find(address + index);
      return one < 0 ? 0 : bytes[one]!;
    });
    const half = (from: number): number =>
      (parts[from]! | (parts[from + 1]! << 8) | (parts[from + 2]! << 16) | (parts[from + 3]! << 24)) >>> 0;
    return addressOf(half(0), half(4));
  }

  /** Whether an address can lie in a slab page: the kernel's descriptor of its page exists. */
  mayBeSlab(address: number): boolean {
    const at = this.locations.find(address);
    if (at < 0) return true;
    const number = Math.floor(at / PAGE_SIZE);
    if (this.#pages[number] === 0) this.#pages[number] = this.#isDescribed(address) ? SLAB : OTHER;
    return this.#pages[number] === SLAB;
  }

  /** Whether an address lies in a slab page now. */
  isSlab(address: number): boolean {
    return slabPageOf(this.memory, BigInt.asUintN(64, BigInt(address))) !== undefined;
  }

  #isDescribed(address: number): boolean {
    const start = pageStart(BigInt.asUintN(64, BigInt(address)));
    if (start < PAGE_OFFSET || start >= PAGE_OFFSET_END) return false;
    return this.memory.isMapped(pageDescriptor(frameOf(start)), pageStruct.size);
  }
}
