// A CPU with a kernel around it: it calls functions as the kernel does, runs stubs where the sandbox has no
// bytes, and delivers traps as the CPU and the kernel's entry code do.
// Over 300 lines because calls, stubs and traps share the register file.

import { type Addr, isCanonical, u64 } from '../base/address.js';
import type {
  CpuContext,
  Engine,
  EngineKind,
  EngineObserver,
  EngineOptions,
  GuestRange,
  Stop,
  StopReason,
} from './engine.js';
import { DEFAULT_ENGINE } from './engines.js';
import { MOST_INSTRUCTIONS, wholeNumber } from '../base/arguments.js';
import { defined } from '../base/defined.js';
import { EngineError } from '../base/errors.js';
import { findField } from '../kernel/layout.js';
import type { PagedMemory } from '../kernel/memory.js';
import {
  ARGUMENT_REGISTERS,
  CALLER_SAVED,
  REGISTER_COUNT,
  REGISTER_INDEX,
  type RegisterName,
} from '../x86/registers.js';
import { PT_REGS_ORDER } from '../kernel/pt_regs.js';
import { pt_regs } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';

/** Instructions that one run of the engine may take before it counts as a runaway. */
export const DEFAULT_BUDGET = 100_000;

/** Stub calls that one call into the guest may make; bounds a guest that loops over stubs. */
export const MAX_STUB_CALLS = 10_000;

/**
 * Stub calls that one call into the guest may make with this budget: 1,000,000,000 instructions' worth, since the
 * budget counts from one stub to the next; at least 100, at most MAX_STUB_CALLS.
 */
export const maxStubCalls = (budget: number): number =>
  Math.min(MAX_STUB_CALLS, Math.max(100, Math.floor(1_000_000_000 / budget)));

/** What a stub sees of its caller. */
export interface StubCall {
  readonly memory: PagedMemory;
  /** The n-th integer argument, from 0 to 5. */
  argument(index: number): bigint;
}

/**
 * A function that the sandbox stands in for instead of running bytes. `run` returns the result for RAX, or nothing for void.
 * Whatever it touches is guest memory; it must not throw because of what the guest passed.
 */
export interface Stub {
  /** The kernel symbol that it stands for. */
  readonly symbol: string;
  /** Which part of the kernel's function it does. */
  readonly models: string;
  /** What it leaves out. */
  readonly leavesOut: string;
  run(call: StubCall): bigint | undefined;
}

/**
 * What a stub leaves in caller-saved registers other than its result, so that values which the ABI
 * allows to be lost are lost, always in the same way: this value plus the register's number. It is not a canonical address.
 */
export const CLOBBERED = 0xc10bbe2ed0000000n;

/** An exception as the CPU raises it. */
export interface Trap {
  readonly kind: 'invalid opcode' | 'page fault' | 'general protection fault';
  /** The error code that the handler is passed. Source: Intel SDM vol. 3, 4.7 "Page-Fault Exceptions" */
  readonly errorCode: number;
  /** RIP of the instruction. */
  readonly at: Addr;
  /** CR2 of a page fault, or the bad address of a general protection fault where it is known. */
  readonly address?: Addr;
  /** Where the saved registers lie; absent when the stack could not take them (the real CPU double-faults). */
  readonly regs?: Addr;
}

/** How a call into the guest ended. */
export type CallResult =
  | { readonly kind: 'returned'; readonly value: bigint }
  | { readonly kind: 'trap'; readonly trap: Trap; readonly stop: Stop }
  | { readonly kind: 'budget'; readonly at: Addr }
  /**
   * An exception that the sandbox does not deliver (breakpoint, divide error), a forbidden instruction, or hlt. Without
   * an observer `halted` can also be a budget that was used up right after a byte f4.
   */
  | { readonly kind: 'exception'; readonly at: Addr; readonly halted: boolean };

/** What a recording sees of a machine, besides the engine's events. */
export interface MachineObserver extends EngineObserver {
  /** How many instructions more it can take; a call that runs on ends as one that used up its budget. */
  readonly room?: number;
  /** A stub is about to run. */
  stub(symbol: string, argumentsOf: (index: number) => bigint): void;
  /** A stub has run; `result` is what RAX holds, if it has a result. */
  stubReturned(symbol: string, result: bigint | undefined): void;
  /** A trap is about to be delivered; an access that faulted did not happen. */
  trap(trap: Trap, stop: Stop): void;
}

/** What a machine is made of. */
export interface MachineOptions extends EngineOptions {
  readonly memory: PagedMemory;
  readonly symbols: SymbolTable;
  /** Base of %gs: the per-CPU area of the CPU that the machine is. */
  readonly gsBase: Addr;
  readonly stubs?: Iterable<Stub>;
  /** Where instructions lie that no run goes past, and what it ends with there. */
  readonly stops?: Iterable<readonly [Addr, StopReason]>;
  readonly observer?: MachineObserver;
  readonly engine?: EngineKind;
}

/** How to call a function. */
export interface CallOptions {
  /** RSP before the call: 8 more than what the function sees at its first instruction. */
  readonly rsp: Addr;
  /** Where it returns to; that address is never executed. */
  readonly returnTo: Addr;
  readonly arguments?: readonly bigint[];
  /** All registers, in the order of REGISTERS, where others are not given below; without it 0, and rflags 0x202. */
  readonly filled?: BigUint64Array | undefined;
  /** Other registers at the call. */
  readonly registers?: Partial<Record<RegisterName, bigint>>;
  /** Most instructions per run of the engine, which is from one stub to the next; see also maxStubCalls. */
  readonly budget?: number;
}

const RDI = REGISTER_INDEX.rdi;
const RSP = REGISTER_INDEX.rsp;
const RAX = REGISTER_INDEX.rax;
const RIP = REGISTER_INDEX.rip;
const RFLAGS = REGISTER_INDEX.rflags;

const ARGUMENTS = ARGUMENT_REGISTERS.map((name) => REGISTER_INDEX[name]);
const CLOBBERS = CALLER_SAVED.map(
  (name) => [REGISTER_INDEX[name], CLOBBERED + BigInt(REGISTER_INDEX[name])] as const,
);

/** RFLAGS with interrupts enabled, as kernel code runs. Source: test/golden/oops.txt less RF */
const KERNEL_RFLAGS = 0x202n;

/** Resume flag: the CPU sets it in the RFLAGS that it pushes for a fault. Source: Intel SDM vol. 3, 17.3.1.1 */
const RF = 0x10000n;

/** Kernel code and stack selectors. Source: test/golden/bt-FF.txt (CS 0010, SS 0018) */
const KERNEL_CS = 0x10n;
const KERNEL_SS = 0x18n;

// Per trap: its entry code, where in it the handler's call returns to, and the handler.
// invalid_op+0x1b: test/golden/bt-FF.txt. The other two: our reading of paravirtualised entry code, see symbols.json.
const ENTRIES = {
  'invalid opcode': { entry: 'invalid_op', returns: 0x1bn, handler: 'do_invalid_op' },
  'page fault': { entry: 'page_fault', returns: 0x25n, handler: 'do_page_fault' },
  'general protection fault': {
    entry: 'general_protection',
    returns: 0x25n,
    handler: 'do_general_protection',
  },
} as const;

interface Entry {
  readonly returnAddress: Addr; // of the handler's call
  readonly handler: Addr;
}

const ALIGN_16 = 0xffff_ffff_ffff_fff0n;

// A pt_regs and the return address below it.
const FRAME_SIZE = BigInt(pt_regs.size + 8);

const wordOf = (field: string): number => findField(pt_regs, field)!.offset / 8;
// Which register lies in each word of a pt_regs; `undefined` for a word that holds no register of the register file.
const PT_REGS = PT_REGS_ORDER.map((name) => (name === null ? undefined : REGISTER_INDEX[name]));
const ORIG_AX = wordOf('orig_ax');
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const CS = wordOf('cs');
const FLAGS = wordOf('flags');
const SS = wordOf('ss');

const PF_PROTECTION = 1;
const PF_WRITE = 2;
const PF_FETCH = 16;

/** An emulated CPU, its memory, its symbols and its stubs. */
export class Machine {
  readonly memory: PagedMemory;
  readonly symbols: SymbolTable;
  readonly #engine: Engine;
  readonly #observer: MachineObserver | undefined;
  readonly #stubs = new Map<Addr, Stub>();
  readonly #call: StubCall;
  readonly #entries = new Map<Trap['kind'], Entry>();
  readonly #frame = new BigUint64Array(pt_regs.size / 8);
  readonly #frameBytes = new Uint8Array(this.#frame.buffer);
  readonly #frameHalves = new Uint32Array(this.#frame.buffer);
  readonly #registerHalves: Uint32Array; // of the engine's register file
  #inStub = false;

  /**
   * @throws {TypeError} when a stub's symbol is unknown
   * @throws {LibraryError} when the engine cannot be loaded
   */
  constructor(options: MachineOptions) {
    this.memory = options.memory;
    this.symbols = options.symbols;
    this.#observer = options.observer;
    for (const stub of options.stubs ?? []) this.#stubs.set(this.symbols.symbol(stub.symbol).address, stub);
    const { trackWrites = false, accesses, comesTo, engine = DEFAULT_ENGINE } = options;
    this.#engine = engine.open(this.memory, this.#observer, {
      trackWrites,
      ...defined({ accesses, comesTo }),
    });
    this.#engine.setSegmentBase('gs', options.gsBase);
    for (const address of this.#stubs.keys()) this.#engine.expectStop(address);
    for (const [address, reason] of options.stops ?? []) this.#engine.stopBefore(address, reason);
    const { registers } = this.#engine;
    this.#registerHalves = new Uint32Array(registers.buffer, registers.byteOffset, registers.length * 2);
    this.#call = {
      memory: this.memory,
      argument: (index) => registers[ARGUMENTS[index] ?? RAX]!,
    };
  }

  /** The register file of the last stop, in the order of REGISTERS; changes when the machine runs. */
  get registers(): BigUint64Array {
    return this.#engine.registers;
  }

  /** The register file as the last call began, in the order of REGISTERS. */
  readonly atCall: BigUint64Array = new BigUint64Array(REGISTER_COUNT);

  /** Where the stub that is running returns to; 0 where none is, or where the stack is gone. */
  get stubReturnsTo(): Addr {
    if (!this.#inStub) return 0n;
    const rsp = this.registers[RSP]!;
    return this.memory.isMapped(rsp, 8) ? this.memory.readU64(rsp) : 0n;
  }

  /** The registers of x87 and SSE, as `readVectors` found them: VECTOR_SIZE bytes for each of VECTOR_REGISTERS. */
  get vectors(): Uint8Array {
    return this.#engine.vectors;
  }

  /** Fill `vectors` from the CPU. */
  readVectors(): void {
    this.#engine.readVectors();
  }

  /** Set the registers of x87 and SSE from `vectors`. */
  writeVectors(): void {
    this.#engine.writeVectors();
  }

  /** How often the engine was started. */
  get engineStarts(): number {
    return this.#engine.starts;
  }

  /**
   * Call a function as the kernel would: arguments in registers, the return address on the stack.
   *
   * @throws {UnmappedError} when `rsp - 8` is not mapped
   * @throws {EngineError} when an observer calls it during a call
   * @throws {InputError} for a budget outside of its range
   */
  call(entry: Addr, options: CallOptions): CallResult {
    const { registers } = this.#engine;
    if (this.#engine.running) throw new EngineError('the machine is running: an observer cannot use it');
    const { budget = DEFAULT_BUDGET } = options;
    wholeNumber('budget', budget, 1, MOST_INSTRUCTIONS);
    if (options.filled === undefined) {
      registers.fill(0n);
      registers[RFLAGS] = KERNEL_RFLAGS;
    } else registers.set(options.filled);
    const given = options.registers;
    for (const name in given) registers[REGISTER_INDEX[name as RegisterName]] = given[name as RegisterName]!;
    const values = options.arguments ?? [];
    for (let index = 0; index < values.length; index += 1) {
      registers[ARGUMENTS[index] ?? RDI] = u64(values[index]!);
    }
    const rsp = u64(options.rsp - 8n);
    this.memory.writeU64(rsp, options.returnTo);
    registers[RSP] = rsp;
    registers[RIP] = entry;
    this.atCall.set(registers);
    this.#engine.writeRegisters();
    this.#engine.expectStop(options.returnTo);
    return this.#run(entry, options.returnTo, budget);
  }

  #run(entry: Addr, returnTo: Addr, budget: number): CallResult {
    let pc = entry;
    const most = maxStubCalls(budget);
    for (let stubCalls = 0; stubCalls <= most; stubCalls += 1) {
      const room = this.#observer?.room ?? budget;
      if (room < 1) break;
      let stop = this.#engine.run(pc, returnTo, Math.min(budget, room));
      const arrived = stop.pc === returnTo;
      if (arrived && (stop.reason === 'until' || isMissingCode(stop))) {
        return { kind: 'returned', value: this.registers[RAX]! };
      }
      const stub = isMissingCode(stop) ? this.#stubs.get(stop.pc) : undefined;
      if (stub !== undefined) {
        const back = this.#runStub(stub);
        if (typeof back === 'bigint') {
          pc = back;
          if (pc === returnTo) return { kind: 'returned', value: this.registers[RAX]! };
          continue;
        }
        stop = back;
      }
      return this.#ended(stop);
    }
    return { kind: 'budget', at: pc };
  }

  // Do a stub's work and return from it. Gives the address to continue at, or the fault of the return.
  #runStub(stub: Stub): Addr | Stop {
    const { registers } = this.#engine;
    const rsp = registers[RSP]!;
    const pc = registers[RIP]!;
    this.#observer?.stub(stub.symbol, this.#call.argument);
    this.#inStub = true;
    const result = stub.run(this.#call);
    this.#inStub = false;
    for (const [index, value] of CLOBBERS) registers[index] = value;
    if (result !== undefined) registers[RAX] = u64(result);
    this.#observer?.stubReturned(stub.symbol, result);
    if (!this.memory.isMapped(rsp, 8)) {
      const cause = isCanonical(rsp) ? 'unmapped' : 'not canonical';
      return { reason: 'fault', pc, access: 'read', address: rsp, size: 8, cause };
    }
    const back = this.memory.readU64(rsp);
    registers[RSP] = u64(rsp + 8n);
    registers[RIP] = back;
    this.#engine.writeRegisters();
    return back;
  }

  #ended(stop: Stop): CallResult {
    switch (stop.reason) {
      case 'until':
        return { kind: 'returned', value: this.registers[RAX]! };
      case 'budget':
        return { kind: 'budget', at: stop.pc };
      case 'exception':
      case 'halted':
        return { kind: 'exception', at: stop.pc, halted: stop.reason === 'halted' };
      case 'invalid-opcode':
      case 'fault':
        return { kind: 'trap', trap: this.#deliver(stop), stop };
    }
  }

  /**
   * What the CPU and error_entry do: align the stack to 16 bytes, push SS, RSP, RFLAGS with RF, CS, RIP, then
   * the rest of pt_regs, and call the handler.
   * Source: test/golden/bt-FF.txt, word by word; arch/x86/kernel/entry_64.S, v3.0.101.
   * Differs: registers that the entry code uses for itself keep the interrupted values; no switch of stacks.
   */
  #deliver(stop: Extract<Stop, { reason: 'invalid-opcode' | 'fault' }>): Trap {
    const { registers } = this.#engine;
    const trap = trapOf(stop);
    const frame = u64((registers[RSP]! & ALIGN_16) - FRAME_SIZE);
    const base = frame + 8n;
    const hasRoom = this.memory.isWritable(frame, pt_regs.size + 8);
    if (hasRoom) trap.regs = base;
    this.#observer?.trap(trap, stop);
    if (!hasRoom) return trap;
    const { returnAddress, handler } = this.#entry(trap.kind);
    this.memory.write(base, this.#savedRegisters());
    this.memory.writeU64(frame, returnAddress);
    registers[RSP] = frame;
    registers[RIP] = handler;
    registers[RDI] = base;
    registers[REGISTER_INDEX.rsi] = BigInt(trap.errorCode);
    this.#engine.writeRegisters();
    return trap;
  }

  #entry(kind: Trap['kind']): Entry {
    let entry = this.#entries.get(kind);
    if (entry === undefined) {
      const { entry: code, returns, handler } = ENTRIES[kind];
      const returnAddress = this.symbols.symbol(code).address + returns;
      entry = { returnAddress, handler: this.symbols.symbol(handler).address };
      this.#entries.set(kind, entry);
    }
    return entry;
  }

  // A pt_regs, word by word; valid until the next trap. In halves: a bigint per word would cost more than all of them.
  #savedRegisters(): Uint8Array {
    const { registers } = this.#engine;
    const words = this.#frame;
    const from = this.#registerHalves;
    const to = this.#frameHalves;
    for (let word = 0; word < PT_REGS.length; word += 1) {
      const index = PT_REGS[word];
      if (index === undefined) continue;
      to[word * 2] = from[index * 2]!;
      to[word * 2 + 1] = from[index * 2 + 1]!;
    }
    words[ORIG_AX] = ALL_ONES;
    words[CS] = KERNEL_CS;
    words[FLAGS] = registers[RFLAGS]! | RF;
    words[SS] = KERNEL_SS;
    return this.#frameBytes;
  }

  /** Keep the whole CPU, vector and system registers included; memory is not in it. */
  saveContext(): CpuContext {
    return this.#engine.saveContext();
  }

  /** Put the CPU back as it was. */
  restoreContext(context: CpuContext): void {
    this.#engine.restoreContext(context);
  }

  /** Free a context. */
  dropContext(context: CpuContext): void {
    this.#engine.dropContext(context);
  }

  /** Forget translated code: after the host changed bytes that have run. */
  flushTranslations(): void {
    this.#engine.flushTranslations();
  }

  /** Announce memory whose reads, or writes, the access observer need not see; see Engine.skip. */
  skip(access: 'read' | 'write', ranges: readonly GuestRange[]): void {
    this.#engine.skip(access, ranges);
  }

  /** Forget translated code that contains the byte at `address`: after the host changed it. */
  forgetTranslation(address: Addr): void {
    this.#engine.forgetTranslation(address);
  }

  /** Free the CPU; the memory stays readable. */
  close(): void {
    this.#engine.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

// A stop that means "no bytes here": nothing is mapped, or the filler of unused text.
const isMissingCode = (stop: Stop): boolean =>
  stop.reason === 'invalid-opcode' || (stop.reason === 'fault' && stop.access === 'fetch');

// Not delivered yet: then `regs` is set.
type RaisedTrap = { -readonly [Field in keyof Trap]: Trap[Field] };

const trapOf = (stop: Extract<Stop, { reason: 'invalid-opcode' | 'fault' }>): RaisedTrap => {
  if (stop.reason === 'invalid-opcode') return { kind: 'invalid opcode', errorCode: 0, at: stop.pc };
  const { pc: at, address, cause, access } = stop;
  if (cause === 'not canonical') return { kind: 'general protection fault', errorCode: 0, at, address };
  const errorCode =
    (cause === 'protection' ? PF_PROTECTION : 0) |
    (access === 'write' ? PF_WRITE : 0) |
    (access === 'fetch' ? PF_FETCH : 0);
  return { kind: 'page fault', errorCode, at, address };
};
