// What a call must leave its caller: registers, flags, the stack above the return address, the thread_info at the end of
// the stack, per-CPU data, and the vector registers, which belong to the user while the kernel runs.
// Source: System V ABI, AMD64 supplement, 3.2.1 "Registers"; arch/x86/include/asm/i387.h, v3.0.101 (kernel_fpu_begin)

import type { Addr } from '../../base/address.js';
import type { PagedMemory } from '../../kernel/memory.js';
import { thread_info } from '../../kernel/structs/task.js';
import { VECTOR_REGISTERS, VECTOR_SIZE } from '../../machine/engine.js';
import type { Machine } from '../../machine/machine.js';
import type { World } from '../../run/world.js';
import { REGISTER_INDEX, type RegisterName } from '../../x86/registers.js';
import type { KeptState } from '../property/property.js';

const CALLEE_SAVED: readonly RegisterName[] = ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'];
const SAVED_INDICES = CALLEE_SAVED.map((name) => REGISTER_INDEX[name]);
const RSP = REGISTER_INDEX.rsp;
const RFLAGS = REGISTER_INDEX.rflags;

/** Flags that a call leaves as they were. Source: Intel SDM vol. 1, 3.4.3; the ABI for DF */
const KEPT_FLAGS = { TF: 0x100, IF: 0x200, DF: 0x400, IOPL: 0x3000, NT: 0x4000, AC: 0x40000 } as const;
const KEPT_MASK = Object.values(KEPT_FLAGS).reduce<number>((mask, bit) => mask | bit, 0);

// A range of guest memory that is compared before and after; it lies in one piece of the memory's bytes.
class Kept {
  readonly #memory: PagedMemory;
  readonly #offset: number;
  readonly #before: Uint8Array;
  #bytes: Uint8Array; // of all memory, which an engine may have moved since
  #now: Uint8Array;

  constructor(
    memory: PagedMemory,
    readonly start: Addr,
    size: number,
  ) {
    this.#memory = memory;
    this.#offset = memory.locate(start);
    this.#before = new Uint8Array(size);
    this.#bytes = memory.bytes;
    this.#now = this.#look();
  }

  #look(): Uint8Array {
    return this.#bytes.subarray(this.#offset, this.#offset + this.#before.length);
  }

  #update(): void {
    if (this.#bytes === this.#memory.bytes) return;
    this.#bytes = this.#memory.bytes;
    this.#now = this.#look();
  }

  keep(): void {
    this.#update();
    this.#before.set(this.#now);
  }

  /** The first byte that changed. */
  changed(): { readonly at: Addr; readonly before: number; readonly now: number } | undefined {
    this.#update();
    if (Buffer.compare(this.#before, this.#now) === 0) return undefined;
    const index = this.#before.findIndex((byte, place) => byte !== this.#now[place]);
    return { at: this.start + BigInt(index), before: this.#before[index]!, now: this.#now[index]! };
  }
}

/** Of one machine: keeps what a call must leave, and finds what it did not. */
export class CallersState {
  machine: Machine | undefined; // set once it is there
  readonly #stack: Kept | undefined;
  readonly #others: readonly { readonly what: string; readonly kept: Kept }[];
  readonly #vectors = new Uint8Array(VECTOR_REGISTERS.length * VECTOR_SIZE);

  /** @param rsp before the call */
  constructor({ memory, gsBase }: World, rsp: Addr) {
    const regionOf = (address: Addr) =>
      memory.regions.find(
        ({ start, size, protection }) =>
          protection === 'read-write' && address >= start && address < start + BigInt(size),
      );
    const keep = (start: Addr, size: number): Kept => new Kept(memory, start, size);
    const stack = regionOf(rsp - 8n);
    const perCpu = regionOf(gsBase) ?? regionOf(gsBase + 0xfffn);
    this.#stack =
      stack === undefined || rsp >= stack.start + BigInt(stack.size)
        ? undefined
        : keep(rsp, Number(stack.start + BigInt(stack.size) - rsp));
    this.#others = [
      ...(stack === undefined || stack.size <= thread_info.size
        ? []
        : [{ what: 'thread_info', kept: keep(stack.start, thread_info.size) }]),
      ...(perCpu === undefined ? [] : [{ what: 'per-CPU data', kept: keep(perCpu.start, perCpu.size) }]),
    ];
  }

  /** Whether interrupts are off at this moment. */
  get interruptsOff(): boolean {
    return this.machine !== undefined && (this.machine.registers[RFLAGS]! & 0x200n) === 0n;
  }

  /** The call comes. */
  keep(): void {
    this.#stack?.keep();
    for (const { kept } of this.#others) kept.keep();
    if (this.machine === undefined) return;
    this.machine.readVectors();
    this.#vectors.set(this.machine.vectors);
  }

  /** The first byte of the stack above the return address that changed. */
  smashed(): Addr | undefined {
    return this.#stack?.changed()?.at;
  }

  /** What is not as it was, the stack apart; once the call has returned. */
  lost(): readonly KeptState[] {
    const lost: KeptState[] = [];
    const { machine } = this;
    if (machine !== undefined) this.#loseRegisters(machine, lost);
    for (const { what, kept } of this.#others) {
      const change = kept.changed();
      if (change === undefined) continue;
      const { at, before, now } = change;
      lost.push({ what, expected: BigInt(before), found: BigInt(now), address: at });
    }
    return lost;
  }

  #loseRegisters(machine: Machine, lost: KeptState[]): void {
    const { registers, atCall } = machine;
    for (const [number, index] of SAVED_INDICES.entries()) {
      if (registers[index] === atCall[index]) continue;
      lost.push({ what: CALLEE_SAVED[number]!, expected: atCall[index]!, found: registers[index]! });
    }
    const rsp = atCall[RSP]! + 8n;
    if (registers[RSP] !== rsp) lost.push({ what: 'rsp', expected: rsp, found: registers[RSP]! });
    const before = Number(atCall[RFLAGS]! & 0xffff_ffffn);
    const now = Number(registers[RFLAGS]! & 0xffff_ffffn);
    if (((before ^ now) & KEPT_MASK) !== 0)
      for (const [what, bit] of Object.entries(KEPT_FLAGS)) {
        if (((before ^ now) & bit) === 0) continue;
        const shift = Math.log2(bit & -bit);
        lost.push({ what, expected: BigInt((before & bit) >> shift), found: BigInt((now & bit) >> shift) });
      }
    machine.readVectors();
    if (Buffer.compare(machine.vectors, this.#vectors) !== 0) this.#loseVectors(machine.vectors, lost);
  }

  #loseVectors(now: Uint8Array, lost: KeptState[]): void {
    const valueOf = (bytes: Uint8Array): bigint =>
      bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    for (const [index, what] of VECTOR_REGISTERS.entries()) {
      const from = index * VECTOR_SIZE;
      const expected = valueOf(this.#vectors.subarray(from, from + VECTOR_SIZE));
      const found = valueOf(now.subarray(from, from + VECTOR_SIZE));
      if (expected !== found) lost.push({ what, expected, found });
    }
  }
}
