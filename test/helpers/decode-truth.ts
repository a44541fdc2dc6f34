// Statements against what happened: whether a claim is true of an execution, instruction by instruction.
import { decodeOne, usesOf } from '../../src/x86/disasm.js';
import type { CodePlace, Claim, Origin, Statement } from '../../src/decode/code/statement.js';
import { isCanonical, isCanonicalWide } from '../../src/base/address.js';
import { REGISTERS } from '../../src/x86/registers.js';
import { INNER_AT, type Generated, type Truth } from './decode-windows.js';

/** What became of a claim: unchecked where this oracle has no way to tell. */
export type Verdict = 'true' | 'false' | 'unchecked';

const offsetOf = (at: string): number => {
  const [name, offset] = at.split('+') as [string, string];
  return Number(offset) + (name === 'inner' ? INNER_AT : 0);
};

/** Holds claims about one run against it. */
export class Oracle {
  readonly #lastWriter: number[] = []; // by register: index of the executed instruction, -1 for none
  readonly #offsets: number[];
  readonly #code: Uint8Array;

  constructor(
    readonly generated: Generated,
    readonly truth: Truth,
    /** The offset where the code that is seen begins. */
    readonly seenFrom: number,
    /** Whether the called function is seen. */
    readonly seesInner: boolean,
  ) {
    this.#code = new Uint8Array(INNER_AT + generated.inner.length).fill(0x90);
    this.#code.set(generated.bytes);
    this.#code.set(generated.inner, INNER_AT);
    this.#offsets = truth.executed.map(({ rip }) => Number(rip - truth.base));
    this.#lastWriter = Array.from({ length: 16 }, (_, register) => this.#findWriter(register));
  }

  readonly #written = new Map<number, ReadonlySet<number>>();

  #findWriter(register: number): number {
    for (let index = this.#offsets.length - 1; index >= 0; index -= 1) {
      const offset = this.#offsets[index]!;
      let written = this.#written.get(offset);
      if (written === undefined) {
        const uses = usesOf(this.#code.subarray(offset), this.truth.base + BigInt(offset)).registers;
        const names = uses.filter((use) => use.written).map(({ full }) => full);
        written = new Set(names.map((name) => (REGISTERS as readonly string[]).indexOf(name)));
        this.#written.set(offset, written);
      }
      if (written.has(register)) return index;
    }
    return -1;
  }

  /** The instruction that is seen in place of an executed one: the call, for those of a function that is not seen. */
  seenAs(index: number): number {
    let at = index;
    if (!this.seesInner) while (at >= 0 && this.#offsets[at]! >= INNER_AT) at -= 1;
    return at < 0 ? -1 : this.#offsets[at]!;
  }

  // The last time that an instruction was executed, in a certain call where one is given.
  #last(offset: number, call?: string): number {
    let index = this.#offsets.lastIndexOf(offset);
    if (call === undefined) return index;
    const from = offsetOf(call);
    const callOf = (at: number): number => {
      let outer = at;
      while (outer >= 0 && this.#offsets[outer]! >= INNER_AT) outer -= 1;
      return outer < 0 ? -1 : this.#offsets[outer]!;
    };
    while (index >= 0 && callOf(index) !== from)
      index = index === 0 ? -1 : this.#offsets.lastIndexOf(offset, index - 1);
    return index;
  }

  // When the code that is seen was entered for the last time: the index of its first instruction then.
  #enteredAt(place: string | null): number {
    if (place !== null) return this.#last(offsetOf(place));
    let at = this.#offsets.length;
    while (at > 0 && this.seenAs(at - 1) >= this.seenFrom) at -= 1;
    return at;
  }

  // Whether an instruction is among those that are seen, before the trap or after it.
  #isSeen(offset: number): boolean {
    const end = this.generated.bytes.length;
    return (this.seesInner && offset >= INNER_AT) || (offset >= this.seenFrom && offset < end);
  }

  /** Where a register was last written, as it is seen; -1 for nowhere that is. */
  writerOf(register: number): number {
    const index = this.#lastWriter[register]!;
    const offset = index < 0 ? -1 : this.seenAs(index);
    return offset >= 0 && this.#isSeen(offset) ? offset : -1;
  }

  /** Where a stack word was last written, as it is seen; -1 for nowhere that is. */
  storerOf(index: number): number {
    const at = this.truth.stored.get(this.truth.atTrap[4]! + BigInt(index * 8));
    const offset = at === undefined ? -1 : this.seenAs(at);
    return offset >= 0 && this.#isSeen(offset) ? offset : -1;
  }

  #registersAfter(index: number): BigUint64Array {
    return this.truth.executed[index + 1]?.registers ?? this.truth.atTrap;
  }

  // What the instruction at a place last left in its first operand.
  #made({ at, text, call }: CodePlace, size?: number): bigint | undefined {
    const index = this.#last(offsetOf(at), call);
    if (index < 0) return undefined;
    const offset = offsetOf(at);
    const written = usesOf(this.#code.subarray(offset), 0n).registers.filter(
      (use) => use.written && use.full !== 'rsp',
    );
    if (written.length !== 1 || (size !== undefined && !/^(?:mov|pop)/u.test(text))) return undefined;
    const register = (REGISTERS as readonly string[]).indexOf(written[0]!.full);
    return this.#registersAfter(index)[register];
  }

  /** The value that an origin means; `undefined` when this oracle cannot tell. */
  valueOf(origin: Origin): bigint | undefined {
    switch (origin.kind) {
      case 'constant':
        return origin.value;
      case 'address':
        return origin.of === 'guest' ? BigInt.asUintN(64, this.truth.base + origin.plus) : undefined;
      case 'entry':
      case 'argument': {
        const at = origin.kind === 'argument' ? 0 : this.#enteredAt(origin.at);
        const register = (REGISTERS as readonly string[]).indexOf(origin.register);
        return at < 0 ? undefined : this.truth.executed[at]?.registers[register];
      }
      case 'sum': {
        const of = this.valueOf(origin.of);
        return of === undefined ? undefined : BigInt.asUintN(64, of + origin.plus);
      }
      case 'part': {
        const of = this.valueOf(origin.of);
        if (of === undefined) return undefined;
        const low = BigInt.asUintN(origin.size * 8, of);
        return origin.signed ? BigInt.asUintN(64, BigInt.asIntN(origin.size * 8, low)) : low;
      }
      case 'load':
        return this.#made(origin.by, origin.size);
      case 'computed':
        return this.#made(origin.by);
      default:
        return undefined;
    }
  }

  #isTrue(claim: Claim, value: bigint | undefined, register: number, index: number): boolean | undefined {
    switch (claim.kind) {
      case 'written': {
        const by = claim.by.map(({ at }) => offsetOf(at));
        const writer = this.writerOf(register);
        if (by.includes(writer) || (claim.orBefore && writer < 0)) return true;
        const calls = claim.calls.map(({ at }) => offsetOf(at));
        return calls.includes(writer) || (calls.length > 0 && by.length === 0 && writer < 0);
      }
      case 'unwritten': {
        const since = this.#enteredAt(claim.since);
        const writer = this.writerOf(register);
        return since >= 0 && (writer < 0 || this.#lastWriter[register]! < since);
      }
      case 'holds': {
        const of = this.valueOf(claim.origin);
        return of === undefined ? undefined : of === value;
      }
      case 'pushed':
      case 'stored': {
        if (this.storerOf(index) !== offsetOf(claim.by.at)) return false;
        const of = this.valueOf(claim.origin);
        return of === undefined || of === value;
      }
      case 'return-address':
        return this.storerOf(index) === (claim.after === null ? -2 : offsetOf(claim.after.at));
      case 'guarded':
      case 'went': {
        const at = offsetOf(claim.by.at);
        const runs = [...this.#offsets.keys()].filter((one) => this.#offsets[one] === at);
        const { length } = decodeOne(this.#code.subarray(at), this.truth.base + BigInt(at));
        const went = runs.map(
          (one) =>
            (this.#offsets[one + 1] ?? Number(this.truth.atTrap[16]! - this.truth.base)) !== at + length,
        );
        return claim.kind === 'guarded'
          ? runs.at(-1) === this.#offsets.length - 1 && went.at(-1) === claim.taken
          : went.every((one) => one === claim.taken);
      }
      case 'rip-from':
        return claim.rip === this.truth.atTrap[16] && claim.start === this.truth.base;
      case 'accesses': {
        const { trap } = this.truth;
        if (trap === undefined) return false;
        return trap.address === undefined ? undefined : claim.address === trap.address;
      }
      case 'looks-like':
        if (claim.what !== 'not canonical' || value === undefined) return undefined;
        return !(this.truth.bits === 57 ? isCanonicalWide : isCanonical)(value);
      // These registers are of this code: where all of it is seen, some way led to them.
      case 'no-way':
        return this.seenFrom === 0 ? false : undefined;
      default:
        return undefined;
    }
  }

  /** Whether a statement is true. */
  judge({ about, claim, sure }: Statement): Verdict {
    const register = about.kind === 'register' ? (REGISTERS as readonly string[]).indexOf(about.name) : -1;
    const index = about.kind === 'stack' ? about.index : -1;
    const value = register >= 0 ? this.truth.atTrap[register] : this.truth.report.stack[index]?.value;
    const verdict = this.#isTrue(claim, value, register, index);
    // The stack of the emulator lies as with four levels of page tables, so that this is the likelier reading.
    if (claim.kind === 'looks-like' && sure !== 'certain') return 'unchecked';
    return verdict === undefined ? 'unchecked' : verdict ? 'true' : 'false';
  }
}
