// Random machine code over what lineage supports, with unique bytes everywhere, run by the emulator and recorded.
// The encoder is our own, so that a mistake of the disassembler would not cancel out.
import type { MachineObserver } from '../../src/machine/machine.js';
import { Recorder } from '../../src/run/recorder.js';
import { Recording } from '../../src/recording/recording.js';
import { hex } from '../../src/base/address.js';
import { REGISTERS } from '../../src/x86/registers.js';
import { CODE, DATA, RETURN, STACK, callCode, machineWith } from './small-machine.js';

/** A generator of 32-bit numbers with a seed: mulberry32. */
export const randomWith = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
};

export const DATA_USED = 512; // bytes at DATA that memory operands stay in
export const STACK_USED = 256; // bytes below and above the first RSP that hold unique bytes
export const RSP = STACK + 0x1f00n - 8n; // at the first instruction

const BASE = 15; // r15 points into DATA, and is left alone

type Operand = { readonly register: number; readonly high?: boolean } | { readonly displacement: number };

/** One instruction with a modrm byte. `size` in bytes: 1, 2, 4, 8. */
const encode = (
  opcode: readonly number[],
  size: number,
  reg: number,
  rm: Operand,
  narrow = size,
): number[] => {
  const memory = 'displacement' in rm;
  const rmNumber = memory ? BASE : rm.register;
  const high = !memory && rm.high === true;
  // A REX prefix makes spl to dil of the numbers 4 to 7; without one they are ah to bh.
  const needed = size === 8 || reg > 7 || rmNumber > 7 || narrow === 1 || size === 1;
  const rex = 0x40 | (size === 8 ? 8 : 0) | (reg > 7 ? 4 : 0) | (rmNumber > 7 ? 1 : 0);
  const modrm = (memory ? 0x80 : 0xc0) | ((reg & 7) << 3) | (rmNumber & 7);
  const displacement = memory ? [0, 8, 16, 24].map((shift) => (rm.displacement >> shift) & 0xff) : [];
  return [
    ...(size === 2 ? [0x66] : []),
    ...(needed && !high ? [rex] : []),
    ...opcode,
    modrm,
    ...displacement,
  ];
};

/** Makes sequences. */
class Generator {
  constructor(private readonly random: () => number) {}

  below(limit: number): number {
    return this.random() % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** A register that may be written: neither the stack pointer nor the base. */
  register(): number {
    return this.pick([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  }

  memory(): Operand {
    return { displacement: this.below(DATA_USED - 8) - DATA_USED / 2 };
  }

  operand(): Operand {
    return this.below(3) === 0 ? this.memory() : { register: this.register() };
  }

  size(): number {
    return this.pick([1, 2, 4, 8, 8, 8]);
  }

  imm32(): number[] {
    const value = this.random();
    return [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
  }

  // Operations with a byte form and a wider one, register with register or memory.
  simple(opcode: number): number[] {
    const size = this.size();
    return encode([opcode + (size === 1 ? 0 : 1)], size, this.register(), this.operand());
  }

  extended(opcode: number): number[] {
    const size = this.size();
    return encode([0x0f, opcode + (size === 1 ? 0 : 1)], size, this.register(), this.operand());
  }

  high(): number[] {
    // mov or xchg or add between low and high byte registers, without REX: al to bl and ah to bh
    const reg = this.below(8);
    const rm = this.below(8);
    return encode([this.pick([0x88, 0x8a, 0x86, 0x00])], 1, reg, { register: rm, high: true });
  }

  unary(): number[] {
    const size = this.size();
    const [opcode, extension] = this.pick([
      [0xfe, 0],
      [0xfe, 1],
      [0xf6, 2],
      [0xf6, 3],
    ] as const);
    return encode([opcode + (size === 1 ? 0 : 1)], size, extension, this.operand());
  }

  shift(): number[] {
    const size = this.size();
    return [
      ...encode([0xc0 + (size === 1 ? 0 : 1)], size, this.pick([4, 5, 7]), this.operand()),
      1 + this.below(size * 8 - 1),
    ];
  }

  immediate(): number[] {
    const size = this.pick([4, 8]);
    const opcode = this.pick([0xc7, 0x81]);
    const extension = opcode === 0xc7 ? 0 : this.pick([0, 1, 4, 5, 6]);
    return [...encode([opcode], size, extension, this.operand()), ...this.imm32()];
  }

  widen(): number[] {
    const size = this.pick([4, 8]);
    const [opcode, narrow] = this.pick([
      [0xb6, 1],
      [0xb7, 2],
      [0xbe, 1],
      [0xbf, 2],
    ] as const);
    return encode([0x0f, opcode], size, this.register(), this.operand(), narrow);
  }

  stack(): number[] {
    const register = this.register();
    const rex = register > 7 ? [0x41] : [];
    switch (this.below(4)) {
      case 0:
        return [...rex, 0x50 + (register & 7)];
      case 1:
        return [...rex, 0x58 + (register & 7)];
      case 2:
        return encode([0xff], 4, 6, this.memory());
      default:
        return encode([0x8f], 4, 0, this.memory());
    }
  }

  // A copy of a few elements between two places of the data; the registers that it needs are set before.
  string(): number[] {
    const size = this.pick([1, 2, 4, 8]);
    const move = this.below(2) === 0;
    const repeat = this.below(3) > 0;
    const element = [...(size === 2 ? [0x66] : []), ...(repeat ? [0xf3] : []), ...(size === 8 ? [0x48] : [])];
    const opcode = (move ? 0xa4 : 0xaa) + (size === 1 ? 0 : 1);
    const room = DATA_USED / 2;
    return [
      ...encode([0x8d], 8, 6, { displacement: this.below(room - 40) - room }),
      ...encode([0x8d], 8, 7, { displacement: this.below(room - 40) }),
      0xb9, this.below(4), 0, 0, 0, // mov $n,%ecx
      ...element, opcode,
    ]; // prettier-ignore
  }

  // call L; jmp end; L: something; ret; end:
  call(depth: number): number[] {
    const body = this.instruction(depth + 1, false);
    return [
      0xe8, 5, 0, 0, 0,
      0xe9, ...[0, 8, 16, 24].map((shift) => ((body.length + 1) >> shift) & 0xff),
      ...body, 0xc3,
    ]; // prettier-ignore
  }

  // push %rbp; mov %rsp,%rbp; two pushes; leave
  frame(): number[] {
    return [0x55, 0x48, 0x89, 0xe5, 0x50 + this.below(4), 0x50 + this.below(4), 0xc9];
  }

  special(): number[] {
    const size = this.pick([4, 8]);
    const register = this.register();
    switch (this.below(6)) {
      case 0:
        return [0x40 | (size === 8 ? 8 : 0) | (register > 7 ? 1 : 0), 0x0f, 0xc8 + (register & 7)];
      case 1:
        return encode([0x0f, 0x90 + this.below(16)], 1, 0, this.operand());
      case 2:
        return encode([0x63], 8, register, this.operand());
      case 3:
        return [...(size === 8 ? [0x48] : []), 0x98]; // cltq, cwtl
      case 4:
        return encode([0x8d], 8, register, this.memory());
      default:
        return encode([0x38 + 1], size, register, this.operand()); // cmp: for the flags
    }
  }

  conditional(): number[] {
    return encode([0x0f, 0x40 + this.below(16)], this.pick([2, 4, 8]), this.register(), this.operand());
  }

  // Equal now and then: rax is loaded from where it will be compared.
  compareExchange(): number[] {
    const size = this.size();
    const where = this.operand();
    const load = this.below(2) === 0 ? encode([0x8a + (size === 1 ? 0 : 1)], size, 0, where) : [];
    return [...load, ...encode([0x0f, 0xb0 + (size === 1 ? 0 : 1)], size, this.register(), where)];
  }

  instruction(depth: number, stack: boolean): number[] {
    switch (this.below(stack ? 17 : 13)) {
      case 0:
      case 1:
        return this.simple(0x88); // mov to register or memory
      case 2:
      case 3:
        return this.simple(0x8a); // mov from it
      case 4:
        return this.simple(this.pick([0x00, 0x28, 0x20, 0x08, 0x30, 0x02, 0x2a, 0x22, 0x0a, 0x32]));
      case 5:
        return this.simple(0x86); // xchg
      case 6:
        return this.extended(0xc0); // xadd
      case 7:
        return this.compareExchange();
      case 8:
        return this.below(2) === 0 ? this.unary() : this.shift();
      case 9:
        return this.below(3) === 0 ? this.immediate() : this.high();
      case 10:
        return this.widen();
      case 11:
        return this.special();
      case 12:
        return this.conditional();
      case 13:
      case 14:
        return this.stack();
      case 15:
        return this.string();
      default:
        return depth > 1 ? [0x90] : this.below(2) === 0 ? this.call(depth) : this.frame();
    }
  }
}

const unique = (random: () => number, length: number, taken: Set<number>): Uint8Array => {
  // No two neighbouring bytes anywhere are like two others: a pair tells where it came from.
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    for (let tries = 0; ; tries += 1) {
      const byte = 1 + (random() % 255);
      const pair = index === 0 ? -1 : (bytes[index - 1]! << 8) | byte;
      if (taken.has(pair) && tries < 1000) continue;
      bytes[index] = byte;
      if (pair >= 0) taken.add(pair);
      break;
    }
  }
  return bytes;
};

const emptyHeader = (recorder: Recorder, regions: Recording['header']['regions']): Recording['header'] => ({
  scenario: 'generated',
  title: '',
  claim: '',
  release: 'none',
  variants: {},
  parameters: {},
  gsBase: '0x0',
  cacheChain: '0x0',
  symbols: [{ name: 'guest', address: hex(CODE), size: 4096, kind: 'function', source: 'test' }],
  regions,
  given: {},
  world: [],
  objects: [],
  steps: [
    {
      step: 'run',
      says: '',
      call: 'guest',
      from: 0,
      to: recorder.instructions,
      events: { from: 0, to: 0 },
      returned: null,
    },
  ],
  events: recorder.events,
  outcome: { kind: 'returned', value: '0x0' },
  asExpected: true,
  unexpected: [],
});

/** Run machine code with unique bytes in all registers, the data and the stack, and record it. */
export const recordCode = (code: readonly number[], random: () => number): Recording => {
  let recorder: Recorder | undefined;
  const observer: MachineObserver = {
    instruction: (registers) => recorder!.instruction(registers),
    read: (...access) => recorder!.read(...access),
    write: (...access) => recorder!.write(...access),
    stub: () => recorder!.stub(),
    stubReturned: (symbol, result) => recorder!.stubReturned(symbol, result),
    trap: (trap, stop) => recorder!.trap(trap, stop),
  };
  using machine = machineWith(code, { observer });
  const taken = new Set<number>();
  machine.memory.write(DATA, unique(random, DATA_USED, taken));
  machine.memory.write(RSP - BigInt(STACK_USED), unique(random, STACK_USED * 2, taken));
  const registers = Object.fromEntries(
    REGISTERS.slice(0, 16).map((name) => {
      const bytes = unique(random, 8, taken);
      return [name, new DataView(bytes.buffer).getBigUint64(0, true)];
    }),
  );
  recorder = new Recorder(machine.memory);
  recorder.event({ kind: 'call', symbol: 'guest', arguments: [] });
  const result = callCode(machine, {
    registers: { ...registers, r15: DATA + BigInt(DATA_USED / 2), rsp: RSP + 8n },
  });
  if (result.kind !== 'returned') throw new Error(`generated code ended with ${result.kind}`);
  const data = recorder.finish(machine.registers);
  const regions = machine.memory.regions.map((region) => ({ ...region, start: hex(region.start) }));
  return new Recording(emptyHeader(recorder, regions), data);
};

/** A generated sequence. It ends with a jump to the return address, whatever the stack holds by then. */
export const generate = (seed: number): { code: number[]; random: () => number } => {
  const random = randomWith(seed);
  const generator = new Generator(random);
  const code: number[] = [];
  const count = 12 + generator.below(20);
  for (let index = 0; index < count; index += 1) code.push(...generator.instruction(0, true));
  // jmp RETURN
  const distance = Number(BigInt.asIntN(32, RETURN - (CODE + BigInt(code.length + 5))));
  code.push(0xe9, ...[0, 8, 16, 24].map((shift) => (distance >> shift) & 0xff));
  return { code, random };
};
