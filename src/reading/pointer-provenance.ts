// Which allocation each register, and each word that a pointer was stored to, was derived from: the overrun of a
// buffer hits a live neighbour, so the address alone cannot tell that an access is out of bounds.
// Follows one recording forward, instruction by instruction; reads operands from the instructions themselves.
//
// A value loaded from memory, passed to a call or returned by a stub gets its tag by lookup: what it points into.
// Copies keep it; so do lea, add, sub, inc and dec as long as only one operand is a pointer. Everything else loses it.
// Assumption: a pointer that lies in memory points into its own object. One past the end of an object that is
// adjacent to another would be taken for a pointer to the other.

import type { Addr } from '../base/address.js';
import { fetchCode } from '../x86/fetch.js';
import { type MemoryUse, type Uses, decodeOne, usesOf } from '../x86/disasm.js';
import type { Allocation, LiveAllocations } from '../recording/live-allocations.js';
import type { Memory } from '../kernel/memory.js';
import type { RecordedAccess } from '../recording/accesses.js';
import { CALLER_SAVED, REGISTER_COUNT, REGISTER_INDEX, isRegisterName } from '../x86/registers.js';

interface Step {
  readonly uses: Uses;
  readonly operation: string; // mnemonic without prefix and size
}

type Tag = Allocation | undefined;

const COPIES = /^(?:mov|movabs|push|pop|xchg|cmov\w+|leave)$/u;
/** String instructions step the pointers in RSI and RDI. Not movsbl and its like, which extend a sign. */
const STRINGS = /^(?:movs|stos|lods|scas|cmps)[bwlq]?$/u;
const ARITHMETIC = /^(?:lea|add|sub|inc|dec|xadd)$/u;

/** A sum that lies farther than this from the pointer in it is a number: `sub %rax,%rax`. Bytes. */
const FAR = 1n << 24n;

const indexOf = (name: string): number => (isRegisterName(name) ? REGISTER_INDEX[name] : -1);

/** Tags of one machine, as it runs. */
export class PointerProvenance {
  readonly #registers: Tag[] = Array.from({ length: REGISTER_COUNT }, () => undefined);
  readonly #words = new Map<Addr, Allocation>();
  readonly #steps = new Map<Addr, Step>();

  /** @param text where code is read; code does not change */
  constructor(
    private readonly allocations: LiveAllocations,
    private readonly text: Memory,
  ) {}

  /** The host has called into the guest: every register that points into an allocation is a pointer to it. */
  called(registers: BigUint64Array): void {
    registers.forEach((value, index) => {
      this.#registers[index] = this.allocations.find(value);
    });
  }

  /** A stub has returned. */
  stubReturned(result: Addr | undefined): void {
    for (const name of CALLER_SAVED) this.#registers[REGISTER_INDEX[name]] = undefined;
    if (result !== undefined) {
      this.#registers[REGISTER_INDEX.rax] =
        this.allocations.startingAt(result) ?? this.allocations.find(result);
    }
  }

  /** The host has written memory: it no longer holds a pointer that the guest stored. */
  hostWrote(address: Addr, size: number): void {
    this.#forget(address, size);
  }

  #forget(address: Addr, size: number): void {
    if (this.#words.size === 0) return;
    for (let at = address - 7n; at < address + BigInt(size); at += 1n) this.#words.delete(at);
  }

  #stepAt(rip: Addr): Step | undefined {
    const known = this.#steps.get(rip);
    if (known !== undefined) return known;
    const bytes = fetchCode(this.text, rip);
    if (bytes.length === 0) return undefined;
    const mnemonic = decodeOne(bytes, rip).mnemonic.split(' ').at(-1)!;
    const step = {
      uses: usesOf(bytes, rip),
      operation: mnemonic.replace(/^(push|pop|leave|lea|add|sub|inc|dec|mov|xchg|xadd)[bwlq]$/u, '$1'),
    };
    this.#steps.set(rip, step);
    return step;
  }

  /**
   * The allocation that the pointer of an access was derived from.
   *
   * @param registers before the instruction at `rip`
   */
  allocationOf(rip: Addr, registers: BigUint64Array, access: RecordedAccess): Tag {
    const step = this.#stepAt(rip);
    if (step === undefined) return undefined;
    const fits = step.uses.memory.filter(({ read, written }) => (access.kind === 'read' ? read : written));
    const exact = fits.find((use) => effectiveAddress(use, registers) === access.address);
    const use = exact ?? fits[0];
    return use === undefined
      ? undefined
      : (this.#tagOf(use.base) ?? this.#tagOf(use.scale === 1 ? use.index : undefined));
  }

  #tagOf(name: string | undefined): Tag {
    return name === undefined || name === 'rsp' ? undefined : this.#registers[indexOf(name)];
  }

  /**
   * Move tags as the instruction at `rip` moved values.
   *
   * @param before registers before it
   * @param after registers after it
   * @param accesses what it did to memory, with the bytes that reads found in `old`
   */
  executed(
    rip: Addr,
    before: BigUint64Array,
    after: BigUint64Array,
    accesses: readonly RecordedAccess[],
  ): void {
    const step = this.#stepAt(rip);
    if (step === undefined) return;
    const { uses, operation } = step;
    const steps = STRINGS.test(operation);
    const keeps = COPIES.test(operation) || ARITHMETIC.test(operation);
    const sources = keeps ? this.#sources(uses, before, accesses) : [];
    const writes = uses.registers
      .filter(({ written, full }) => written && full !== 'rsp' && indexOf(full) >= 0)
      .filter(({ full }) => !(steps && (full === 'rsi' || full === 'rdi')))
      .map(({ full, register }) => ({
        index: indexOf(full),
        tag: register === full ? this.#result(operation, sources, after[indexOf(full)]!) : undefined,
      }));
    for (const access of accesses) {
      if (access.kind !== 'write' || access.faulted) continue;
      this.#forget(access.address, access.size);
      const tag = access.size === 8 && keeps ? this.#result(operation, sources, access.new) : undefined;
      if (tag !== undefined) this.#words.set(access.address, tag);
    }
    for (const { index, tag } of writes) this.#registers[index] = tag;
  }

  // The values that an instruction takes, with their tags: registers that it reads, words that it loads.
  #sources(
    { registers, memory }: Uses,
    before: BigUint64Array,
    accesses: readonly RecordedAccess[],
  ): { value: bigint; tag: Tag }[] {
    // A register that only makes up a load's address is not a source of the value.
    const addressOnly = new Set(
      memory.filter(({ read, written }) => read || written).flatMap(({ base, index }) => [base, index]),
    );
    const loads = accesses.some(({ kind }) => kind === 'read');
    const fromRegisters = registers
      .filter(({ read, full }) => read && indexOf(full) >= 0 && !(loads && addressOnly.has(full)))
      .map(({ full }) => ({ value: before[indexOf(full)]!, tag: this.#registers[indexOf(full)] }));
    const fromMemory = accesses
      .filter(({ kind, size, faulted }) => kind === 'read' && size === 8 && !faulted)
      .map(({ address, old }) => ({
        value: old,
        tag: this.#words.get(address) ?? this.allocations.find(old),
      }));
    return [...fromRegisters, ...fromMemory];
  }

  // A copy has the tag of the source that has its value; a sum that of its only pointer.
  #result(operation: string, sources: readonly { value: bigint; tag: Tag }[], value: bigint): Tag {
    const tagged = sources.filter(({ tag }) => tag !== undefined);
    const same = tagged.find((source) => source.value === value)?.tag;
    if (COPIES.test(operation) || tagged.length !== 1) return same;
    const [{ value: pointer, tag }] = tagged as [{ value: bigint; tag: Tag }];
    const distance = BigInt.asIntN(64, value - pointer);
    return distance > -FAR && distance < FAR ? tag : undefined;
  }
}

const effectiveAddress = (
  { base, index, scale, displacement }: MemoryUse,
  registers: BigUint64Array,
): Addr => {
  const value = (name: string | undefined): bigint =>
    name === undefined || indexOf(name) < 0 ? 0n : registers[indexOf(name)]!;
  return BigInt.asUintN(64, value(base) + value(index) * BigInt(scale) + displacement);
};
