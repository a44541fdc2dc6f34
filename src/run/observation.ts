// Looks at every instruction of a run in some code: which ran, what was compared with what, and which way conditional ones
// went. Bounded: a long run is looked at in part.

import { type Addr, u64 } from '../base/address.js';
import type { PagedMemory } from '../kernel/memory.js';
import type { MachineObserver } from '../machine/machine.js';
import { type Comparison, type Operand, comparisonOf } from '../x86/comparison.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { conditionHolds } from '../x86/transfer.js';

/** Two values that were compared. */
export interface Compared {
  readonly pc: Addr;
  readonly left: bigint; // unsigned, in `bits`
  readonly right: bigint;
  readonly bits: number;
}

/** Which way an instruction that acts by flags went: 1 not, 2 as its condition says, 3 both. */
type Outcomes = number;

/** What a run did in the code that is looked at. */
export interface Observation {
  readonly executed: ReadonlySet<Addr>;
  readonly branches: ReadonlyMap<Addr, Outcomes>;
  readonly compares: readonly Compared[];
}

/** A range of code. */
export interface CodeRange {
  readonly start: Addr;
  readonly bytes: Uint8Array;
}

const MOST_COMPARES = 512; // distinct ones of a run
const MOST_DATA = 1 << 16; // comparisons that are looked up in a run

interface Site {
  readonly address: Addr;
  readonly comparison: Comparison | undefined;
}

const RIP = REGISTER_INDEX.rip;
const RFLAGS = REGISTER_INDEX.rflags;

/** The observer of one machine. `begin` before each run. */
export class CodeObserver implements MachineObserver {
  readonly #memory: PagedMemory;
  readonly #gsBase: Addr;
  readonly #ranges: readonly { readonly low: number; readonly high: number; readonly range: CodeRange }[];
  readonly #sites: (Site | undefined)[][];
  #executed = new Set<Addr>();
  #branches = new Map<Addr, Outcomes>();
  #compares = new Map<string, Compared>();
  #looked = 0;
  #halves: Uint32Array | undefined;
  /** Called with the registers before each instruction, wherever it is. */
  onInstruction: ((registers: BigUint64Array) => void) | undefined;

  constructor(memory: PagedMemory, gsBase: Addr, ranges: readonly CodeRange[]) {
    this.#memory = memory;
    this.#gsBase = gsBase;
    this.#ranges = ranges.map((range) => ({
      low: Number(BigInt.asUintN(32, range.start)),
      high: Number(range.start >> 32n),
      range,
    }));
    this.#sites = ranges.map(({ bytes }) => Array.from({ length: bytes.length }));
  }

  /** A run begins: nothing was seen yet. */
  begin(): void {
    this.#executed = new Set();
    this.#branches = new Map();
    this.#compares = new Map();
    this.#looked = 0;
  }

  /** What was seen since the run began. */
  get seen(): Observation {
    return {
      executed: this.#executed,
      branches: this.#branches,
      compares: [...this.#compares.values()],
    };
  }

  instruction(registers: BigUint64Array): void {
    this.onInstruction?.(registers);
    if (this.#halves?.buffer !== registers.buffer)
      this.#halves = new Uint32Array(registers.buffer, registers.byteOffset, registers.length * 2);
    const low = this.#halves[RIP * 2]!;
    const high = this.#halves[RIP * 2 + 1]!;
    for (let number = 0; number < this.#ranges.length; number += 1) {
      const { low: from, high: top, range } = this.#ranges[number]!;
      const offset = low - from;
      if (high !== top || offset < 0 || offset >= range.bytes.length) continue;
      const site = (this.#sites[number]![offset] ??= {
        address: range.start + BigInt(offset),
        comparison: comparisonOf(range.bytes.subarray(offset), range.start + BigInt(offset)),
      });
      this.#executed.add(site.address);
      if (site.comparison !== undefined) this.#look(site.address, site.comparison, registers);
      return;
    }
  }

  #look(pc: Addr, { compared, condition }: Comparison, registers: BigUint64Array): void {
    if (condition >= 0) {
      const outcome = conditionHolds(condition, Number(registers[RFLAGS]! & 0xffff_ffffn)) ? 2 : 1;
      this.#branches.set(pc, (this.#branches.get(pc) ?? 0) | outcome);
    }
    if (compared === undefined || this.#looked >= MOST_DATA || this.#compares.size >= MOST_COMPARES) return;
    this.#looked += 1;
    const { bits } = compared;
    const left = this.#value(compared.left, bits, registers);
    const right = this.#value(compared.right, bits, registers);
    if (left === undefined || right === undefined) return;
    const key = `${pc} ${left} ${right}`;
    if (!this.#compares.has(key)) this.#compares.set(key, { pc, left, right, bits });
  }

  #value(operand: Operand, bits: number, registers: BigUint64Array): bigint | undefined {
    switch (operand.kind) {
      case 'constant':
        return BigInt.asUintN(bits, operand.value);
      case 'register':
        return BigInt.asUintN(bits, registers[operand.index]! >> BigInt(operand.shift));
      case 'memory': {
        const { base, index, scale, displacement, isGs } = operand;
        const at = u64(
          displacement +
            (isGs ? this.#gsBase : 0n) +
            (base < 0 ? 0n : registers[base]!) +
            (index < 0 ? 0n : registers[index]! * BigInt(scale)),
        );
        const size = bits >> 3;
        if (!this.#memory.isMapped(at, size)) return undefined;
        const bytes = this.#memory.read(at, size);
        let value = 0n;
        for (let byte = size - 1; byte >= 0; byte -= 1) value = (value << 8n) | BigInt(bytes[byte]!);
        return value;
      }
    }
  }

  // Accesses, stubs and traps are for others.
  read(): void {}
  write(): void {}
  stub(): void {}
  stubReturned(): void {}
  trap(): void {}
}
