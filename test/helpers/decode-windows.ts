// Random functions that end in a trap, run by the emulator, and the report that a kernel would print of each.
// The encoder is our own, so that a mistake of the disassembler would not cancel out.
import { type Addr, fromHalves } from '../../src/base/address.js';
import type { KernelReport, RegisterSet } from '../../src/decode/read/report.js';
import { REGISTERS, REGISTER_COUNT } from '../../src/x86/registers.js';
import { randomWith } from './lineage-machine.js';
import type { Trap } from '../../src/machine/machine.js';
import { CODE, DATA, STACK, callCode, machineWith } from './small-machine.js';

/** A called function lies here, after the other one. */
export const INNER_AT = 0x800;

// Data next to the code, which operands relative to RIP reach; what follows it is not mapped.
const NEAR = 0x10000;
const NEAR_SIZE = 0x2000;

const RSP = STACK + 0x1f00n;
const BASE = 15; // r15 points into the data, and is left alone
// r14 counts loops.
const CALLEE_SAVED = [3, 5, 12, 13];
const CALLER_SAVED = [0, 1, 2, 6, 7, 8, 9, 10, 11];

const rexOf = (wide: boolean, reg: number, rm: number): number =>
  0x40 | (wide ? 8 : 0) | (reg > 7 ? 4 : 0) | (rm > 7 ? 1 : 0);
const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);

/** Makes functions. */
class Generator {
  /** Offsets at which instructions start. */
  readonly starts: number[] = [];
  readonly bytes: number[] = [];
  #pushed = 0;

  constructor(
    private readonly random: () => number,
    readonly registers: readonly number[],
  ) {}

  below(limit: number): number {
    return this.random() % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  emit(...bytes: readonly number[]): void {
    this.starts.push(this.bytes.length);
    this.bytes.push(...bytes);
  }

  register(): number {
    return this.pick(this.registers);
  }

  simple(): void {
    const wide = this.below(3) > 0;
    const [to, from] = [this.register(), this.pick([...this.registers, BASE])];
    const modrm = (mode: number, reg: number, rm: number): number =>
      (mode << 6) | ((reg & 7) << 3) | (rm & 7);
    const displacement = word(8 * this.below(24));
    switch (this.below(15)) {
      case 0:
      case 1:
        return this.emit(rexOf(wide, from, to), 0x89, modrm(3, from, to)); // mov
      case 2:
        return this.emit(rexOf(wide, 0, to), 0xc7, modrm(3, 0, to), ...word(this.random())); // mov $imm
      case 3:
        return this.emit(
          rexOf(wide, from, to),
          this.pick([0x01, 0x29, 0x21, 0x09, 0x31]),
          modrm(3, from, to),
        );
      case 4: // add, or, and, sub, xor $imm8
        return this.emit(rexOf(wide, 0, to), 0x83, modrm(3, this.pick([0, 1, 4, 5, 6]), to), this.below(256));
      case 5: {
        const base = this.pick([0, 1, 2, 3, 6, 7, 8, 9, 10, 11]); // lea disp32(base)
        return this.emit(rexOf(wide, to, base), 0x8d, modrm(2, to, base), ...displacement);
      }
      case 6:
      case 7:
        return this.emit(rexOf(wide, to, BASE), 0x8b, modrm(2, to, BASE), ...displacement); // load
      case 8:
        return this.emit(
          rexOf(wide, to, BASE),
          0x0f,
          this.pick([0xb6, 0xb7, 0xbe]),
          modrm(2, to, BASE),
          ...displacement,
        );
      case 9:
        return this.emit(rexOf(wide, to, BASE), 0x89, modrm(2, to, BASE), ...displacement); // store
      case 10:
        return this.emit(rexOf(true, to, from), 0x0f, 0x40 + this.below(16), modrm(3, to, from)); // cmov
      case 11: {
        const [a, b] = [this.below(4), this.below(3)]; // mov or add of low bytes, to al, cl or dl
        return this.emit(this.pick([0x88, 0x00]), modrm(3, a, b));
      }
      case 12: // lea, or load, relative to RIP
        return this.emit(rexOf(true, to, 0), this.pick([0x8d, 0x8b]), modrm(0, to, 5), ...word(this.near()));
      case 13: // store relative to RIP
        return this.emit(rexOf(true, to, 0), 0x89, modrm(0, to, 5), ...word(this.near()));
      default:
        return this.emit(rexOf(wide, 0, to), 0xc1, modrm(3, this.pick([4, 5, 7]), to), 1 + this.below(31));
    }
  }

  near(): number {
    return NEAR + 8 * this.below(64);
  }

  /** An access that usually faults: through a register that may hold anything, or past the data next to the code. */
  wild(): void {
    const [value, base] = [this.register(), this.register()];
    const opcode = this.pick([0x8b, 0x89]);
    if (this.below(2) === 0)
      this.emit(
        rexOf(true, value, 0),
        opcode,
        ((value & 7) << 3) | 5,
        ...word(NEAR + NEAR_SIZE + this.below(0x10000)),
      );
    else if ((base & 7) === 4) this.emit(0x0f, 0x0b);
    else
      this.emit(
        rexOf(true, value, base),
        opcode,
        0x80 | ((value & 7) << 3) | (base & 7),
        ...word(8 * this.below(24)),
      );
  }

  slot(): void {
    if (this.#pushed === 0) return this.simple();
    const [register, at] = [this.register(), 8 * this.below(this.#pushed)];
    // mov to or from (rsp + at)
    return this.emit(
      rexOf(true, register, 0),
      this.pick([0x89, 0x8b]),
      0x44 | ((register & 7) << 3),
      0x24,
      at,
    );
  }

  compare(): void {
    const register = this.register();
    if (this.below(2) === 0) this.emit(rexOf(true, register, register), 0x85, 0xc0 | ((register & 7) * 9));
    else this.emit(rexOf(true, 0, register), 0x83, 0xf8 | (register & 7), this.below(256));
  }

  /** A piece of code, its jumps inside of it. */
  block(depth: number, calls: boolean): void {
    const kind = this.below(12);
    if (depth < 2 && kind < 3) {
      // jcc over a block
      this.compare();
      const at = this.bytes.length;
      this.emit(0x70 + this.below(16), 0);
      for (let count = 1 + this.below(3); count > 0; count -= 1) this.block(depth + 1, calls);
      this.bytes[at + 1] = this.bytes.length - at - 2;
    } else if (depth === 0 && kind === 3) {
      // a loop of a few rounds
      this.emit(0x41, 0xbe, ...word(1 + this.below(4)));
      const at = this.bytes.length;
      for (let count = 1 + this.below(3); count > 0; count -= 1) this.block(depth + 1, calls);
      this.emit(0x41, 0xff, 0xce);
      this.emit(0x75, (at - this.bytes.length - 2) & 0xff);
    } else if (calls && kind === 4) {
      this.emit(0xe8, ...word(INNER_AT - this.bytes.length - 5));
    } else if (kind === 5) {
      this.slot();
    } else if (depth < 2 && kind === 6) {
      // an if with an else
      this.compare();
      const at = this.bytes.length;
      this.emit(0x70 + this.below(16), 0);
      this.block(depth + 1, calls);
      const over = this.bytes.length;
      this.emit(0xeb, 0);
      this.bytes[at + 1] = this.bytes.length - at - 2;
      this.block(depth + 1, calls);
      this.bytes[over + 1] = this.bytes.length - over - 2;
    } else {
      this.simple();
    }
  }

  prologue(): void {
    for (const register of CALLEE_SAVED)
      if (this.below(3) > 0) {
        this.emit(...(register > 7 ? [0x41] : []), 0x50 + (register & 7));
        this.#pushed += 1;
      }
    if (this.below(2) === 0) {
      this.emit(0x48, 0x83, 0xec, 8);
      this.#pushed += 1;
    }
  }

  /** A trap, which is passed by now and then, and jumped to from elsewhere at other times. */
  trap(): void {
    const passed = this.below(2) === 0;
    if (passed) this.compare();
    const at = this.bytes.length;
    if (passed) this.emit(0x70 + this.below(16), 0);
    if (this.below(3) === 0) this.wild();
    else this.emit(0x0f, 0x0b);
    if (passed) this.bytes[at + 1] = this.bytes.length - at - 2;
  }
}

/** A random function. */
export interface Generated {
  readonly bytes: Uint8Array;
  /** Offsets at which instructions start. */
  readonly starts: ReadonlySet<number>;
  readonly inner: Uint8Array;
}

/** Make a function, and one that it calls; both keep the ABI. */
export const generateFunction = (seed: number): Generated => {
  const random = randomWith(seed);
  const inner = new Generator(random, CALLER_SAVED);
  for (let count = 1 + inner.below(5); count > 0; count -= 1) inner.block(1, false);
  inner.emit(0xc3);
  const outer = new Generator(random, [...CALLER_SAVED, ...CALLEE_SAVED]);
  outer.prologue();
  // Traps that are jumped to from further up follow a jump around them.
  const jumps: number[] = [];
  for (let part = 2 + outer.below(4); part > 0; part -= 1) {
    for (let count = 2 + outer.below(6); count > 0; count -= 1) outer.block(0, true);
    const ending = outer.below(3);
    if (ending === 0) {
      outer.compare();
      jumps.push(outer.bytes.length);
      outer.emit(0x0f, 0x80 + outer.below(16), 0, 0, 0, 0);
    } else if (ending === 1 && outer.below(2) === 0) outer.trap();
  }
  if (outer.below(2) === 0) for (let count = outer.below(4); count > 0; count -= 1) outer.block(0, true);
  const end = outer.bytes.length;
  for (const at of jumps) outer.bytes.splice(at + 2, 4, ...word(end - at - 6));
  outer.emit(0x0f, 0x0b);
  // Anything may follow a trap.
  const more = outer.below(30);
  for (let count = 0; count < more; count += 1) outer.emit(0x90);
  return {
    bytes: Uint8Array.from(outer.bytes),
    starts: new Set(outer.starts),
    inner: Uint8Array.from(inner.bytes),
  };
};

/** One executed instruction: where, and the registers before it. */
export interface Executed {
  readonly rip: Addr;
  readonly registers: BigUint64Array;
}

/** What happened, to hold statements against. */
export interface Truth {
  readonly executed: readonly Executed[];
  readonly atTrap: BigUint64Array;
  /** The last instruction that wrote each stack word, by the word's address; as an index of `executed`. */
  readonly stored: ReadonlyMap<Addr, number>;
  readonly report: KernelReport;
  readonly registers: RegisterSet;
  /** Where the code lay. */
  readonly base: Addr;
  /** Bits that addresses have, as the text has it. */
  readonly bits: 48 | 57;
  /** The bytes from 64 before the function on. */
  readonly code: readonly number[];
  /** What trapped; absent where it was interrupted. */
  readonly trap?: Trap;
}

/** How a function is run. */
export interface RunOptions {
  /** Where its code lies. */
  readonly base?: Addr;
  /** Whether values are to look like addresses of 57 bits. */
  readonly wide?: boolean;
  /** Instructions after which it is interrupted. */
  readonly stopAfter?: number;
}

const whatOf = ({
  kind,
  address,
  errorCode,
}: Trap): Pick<KernelReport, 'kind' | 'faultAddress' | 'errorCode'> => {
  if (kind === 'invalid opcode') return { kind: 'bug' };
  const what = kind === 'page fault' ? (address! < 0x1000n ? 'null-deref' : 'paging') : 'gpf';
  return {
    kind: what,
    errorCode,
    ...(address === undefined || what === 'gpf' ? {} : { faultAddress: address }),
  };
};

/** Run a function to its trap; `undefined` when it comes to none. */
export const runToTrap = (
  { bytes, inner }: Generated,
  seed: number,
  { base = CODE, wide = false, stopAfter }: RunOptions = {},
): Truth | undefined => {
  if (bytes.length > INNER_AT) return undefined;
  const random = randomWith(seed ^ 0x5eed);
  const executed: Executed[] = [];
  const stored = new Map<Addr, number>();
  let atTrap: BigUint64Array | undefined;
  const code = new Array<number>(INNER_AT + inner.length).fill(0x90);
  bytes.forEach((byte, at) => (code[at] = byte));
  inner.forEach((byte, at) => (code[INNER_AT + at] = byte));
  const holder: { registers?: BigUint64Array } = {};
  using machine = machineWith(code, {
    at: base,
    regions: [{ start: base + BigInt(NEAR), size: NEAR_SIZE, protection: 'read-write', name: 'near data' }],
    observer: {
      instruction: (registers) => {
        executed.push({ rip: registers[16]!, registers: registers.slice() });
      },
      read: () => undefined,
      write: (low, high, size) => {
        const at = fromHalves(low, high);
        for (let word8 = at & ~7n; word8 < at + BigInt(size); word8 += 8n)
          stored.set(word8, executed.length - 1);
      },
      stub: () => undefined,
      stubReturned: () => undefined,
      trap: () => {
        atTrap = holder.registers?.slice();
      },
    },
  });
  holder.registers = machine.registers;
  const small = (): bigint => BigInt(random() % 8);
  const any = (): bigint => (BigInt(random()) << 32n) | BigInt(random());
  const distant = (): bigint =>
    0xff11000000000000n + ((any() & 0xffffffffffffn) << (random() % 2 === 0 ? 0n : 8n));
  const value = (): bigint =>
    random() % 4 === 0 ? small() : wide && random() % 2 === 0 ? BigInt.asUintN(64, distant()) : any();
  const fill = new DataView(new ArrayBuffer(512));
  for (let at = 0; at < 512; at += 8) fill.setBigUint64(at, value(), true);
  machine.memory.write(DATA, new Uint8Array(fill.buffer));
  const registers = Object.fromEntries(REGISTERS.slice(0, 16).map((name) => [name, value()]));
  const entry = { ...registers, r15: DATA, rsp: RSP };
  const budget = stopAfter === undefined ? {} : { budget: stopAfter };
  const result = callCode(machine, { registers: entry, ...budget }, base);
  if (stopAfter !== undefined) {
    if (result.kind !== 'budget') return undefined;
    atTrap = machine.registers.slice();
  }
  const trap = result.kind === 'trap' ? result.trap : undefined;
  if (trap === undefined && stopAfter === undefined) return undefined;
  if (atTrap === undefined || atTrap.length !== REGISTER_COUNT) return undefined;
  const rip = atTrap[16]!;
  const offset = Number(rip - base);
  if (offset < 0 || offset >= bytes.length) return undefined;
  if (executed.at(-1)?.rip === rip) executed.pop();
  const padded = [...new Array<number>(64).fill(0x90), ...code];
  const from = 64 + offset - 43;
  const values = new Map<string, bigint>(REGISTERS.map((name, index) => [name, atTrap![index]!]));
  const rsp = atTrap[4]!;
  const set: RegisterSet = {
    line: 1,
    mode: 'kernel',
    role: stopAfter === undefined ? 'trap' : 'interrupted',
    values,
    rip: { address: rip, symbol: 'guest', offset, size: bytes.length },
    selectors: new Map(),
    control: new Map(),
    code: { line: 1, bytes: Uint8Array.from(padded.slice(from, from + 64)), marked: 43 },
  };
  const report: KernelReport = {
    ...(stopAfter === undefined ? whatOf(trap!) : { kind: 'soft-lockup' as const }),
    kindFrom: 'headline',
    firstLine: 1,
    lastLine: 1,
    said: [],
    consequences: [],
    release: '3.0.101',
    registers: [set],
    code: set.code!,
    codeLines: [set.code!],
    stack: Array.from({ length: 12 }, (_, index) => ({
      line: 1,
      value: machine.memory.readU64(rsp + BigInt(index * 8)),
    })),
    traces: [],
    form: [],
    missing: [],
    findings: [],
  };
  return {
    executed,
    atTrap,
    stored,
    report,
    registers: set,
    base,
    bits: wide ? 57 : 48,
    code: padded,
    ...(trap === undefined ? {} : { trap }),
  };
};

export { CODE };
