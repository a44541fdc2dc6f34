// x86-64 machine code to instructions: text in GNU's dialect, control flow, and operands that are read and written.
// iced-x86 is loaded at the first use (80 ms) and its WebAssembly objects are freed here; no guest memory.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { type Addr, hex, u64 } from '../base/address.js';
import { HostError, MemoryError } from '../base/errors.js';
import { MAX_INSTRUCTION } from './fetch.js';
import { rexName } from './gnu-prefixes.js';
import { type GnuPrinter, gnuPrinter } from './gnu-text.js';
import { spellAsOld } from './old-spelling.js';

/** Where execution continues after an instruction. `bad`: these bytes are not an instruction. */
export type Flow =
  | 'next'
  | 'jump'
  | 'conditional jump'
  | 'indirect jump'
  | 'call'
  | 'indirect call'
  | 'return'
  | 'trap'
  | 'bad';

/**
 * How instructions are spelled. `gnu`: as objdump of binutils 2.40 does; `old`: as the tools that printed the evidence
 * did, `callq` for `call`. docs/disassembly.md lists the differences.
 */
export type Spelling = 'old' | 'gnu';

// Names for the addresses that instructions refer to; a symbol table is one.
interface AddressNames {
  /** `do_exit+62`, in decimal as crash(8) prints it; `undefined` for an address without a name. */
  crashName(address: Addr): string | undefined;
}

export interface Instruction {
  readonly address: Addr;
  readonly length: number; // bytes
  readonly bytes: Uint8Array;
  /** With prefixes: `lock xadd`; `(bad)`, `rex.W` or `.byte` where there is no instruction. */
  readonly mnemonic: string;
  /** Mnemonic and operands, in the requested spelling. */
  readonly text: string;
  readonly flow: Flow;
  /** Of a direct jump or call. */
  readonly target?: Addr;
}

// `may`: it depends on a condition, or on a count.
interface RegisterUse {
  readonly register: string; // the accessed part, as gdb names it: `rax`, `eax`, `sil`
  readonly full: string; //     the 64-bit register that it is a part of
  readonly read: boolean;
  readonly written: boolean;
  readonly may: boolean;
}

/** A memory operand, stack accesses included; its address is segment base + base + index * scale + displacement. */
export interface MemoryUse {
  readonly segment?: string; // fs or gs only: the others have base 0
  readonly base?: string; //    64-bit name; absent for RIP-relative operands, whose displacement is the address
  readonly index?: string;
  readonly scale: number;
  readonly displacement: bigint; // unsigned 64 bits
  /** For RIP-relative operands, the address after the instruction: the displacement is this plus what the bytes say. */
  readonly rip?: Addr;
  readonly size: number; // bytes; 0 where it has none (a hint, for example)
  readonly read: boolean;
  readonly written: boolean;
  readonly may: boolean;
}

/** The operands that one instruction reads and writes. */
export interface Uses {
  readonly registers: readonly RegisterUse[];
  readonly memory: readonly MemoryUse[];
}

const MXCSR_WRITERS: readonly string[] = [
  'Ldmxcsr',
  'Vldmxcsr',
  'Fxrstor',
  'Fxrstor64',
  'Xrstor',
  'Xrstor64',
];

interface Library {
  readonly iced: typeof Iced;
  readonly printer: GnuPrinter;
  readonly factory: Iced.InstructionInfoFactory;
}

let loaded: Library | undefined;

/** Whether this Node can run the disassembler. */
export const hasWebAssembly = (): boolean => 'WebAssembly' in globalThis;

// One formatter and one factory live as long as the process; everything else is freed where it is used.
const library = (): Library => {
  if (loaded !== undefined) return loaded;
  const iced = loadIced();
  loaded = { iced, printer: gnuPrinter(iced), factory: new iced.InstructionInfoFactory() };
  return loaded;
};

/** The package iced-x86, loaded. @throws {HostError} where this Node cannot run it @throws {MemoryError} without room for it */
export const loadIced = (): typeof Iced => {
  if (!hasWebAssembly())
    throw new HostError(
      'the disassembler needs WebAssembly, which this Node was started without; look for --jitless or --no-expose-wasm ' +
        'on its command line and in NODE_OPTIONS',
    );
  try {
    return createRequire(import.meta.url)('iced-x86') as typeof Iced;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    if (/\bout of memory\b|\ballocat/iu.test(reason))
      throw new MemoryError(`there is too little memory: ${reason}`);
    throw new HostError(`the disassembler, package iced-x86, cannot be loaded (${reason})`);
  }
};

// Decodes one instruction, which is freed afterwards.
const withDecoded = <Result>(
  bytes: Uint8Array,
  address: Addr,
  use: (instruction: Iced.Instruction, lib: Library, decoder: Iced.Decoder) => Result,
): Result => {
  const lib = library();
  const { Decoder, DecoderOptions } = lib.iced;
  const decoder = new Decoder(64, bytes.subarray(0, MAX_INSTRUCTION), DecoderOptions.None);
  try {
    decoder.ip = address;
    const instruction = decoder.decode();
    try {
      return use(instruction, lib, decoder);
    } finally {
      instruction.free();
    }
  } finally {
    decoder.free();
  }
};

/** Where execution continues after an instruction that `examine` looks at. */
export const flowOf = (iced: typeof Iced, flow: Iced.FlowControl): Flow => {
  switch (flow) {
    case iced.FlowControl.UnconditionalBranch:
      return 'jump';
    case iced.FlowControl.ConditionalBranch:
    case iced.FlowControl.XbeginXabortXend:
      return 'conditional jump';
    case iced.FlowControl.IndirectBranch:
      return 'indirect jump';
    case iced.FlowControl.Call:
      return 'call';
    case iced.FlowControl.IndirectCall:
      return 'indirect call';
    case iced.FlowControl.Return:
      return 'return';
    case iced.FlowControl.Interrupt:
    case iced.FlowControl.Exception:
      return 'trap';
    default:
      return 'next';
  }
};

const layOut = (mnemonic: string, operands: string): string =>
  operands === '' ? mnemonic : `${mnemonic.padEnd(6)} ${operands}`;

const annotate = (address: Addr, names: AddressNames | undefined): string => {
  const name = names?.crashName(address);
  return name === undefined ? hex(address) : `${hex(address)} <${name}>`;
};

const printText = (
  instruction: Iced.Instruction,
  { printer }: Library,
  { bytes, target }: Pick<Instruction, 'bytes' | 'target'>,
  names: AddressNames | undefined,
  spelling: Spelling,
): { readonly mnemonic: string; readonly text: string } => {
  const text = printer.print(instruction, bytes);
  const printed = spelling === 'old' ? spellAsOld(text, bytes) : text;
  let operands = target === undefined ? printed.operands : annotate(target, names);
  if (printed.ripRelative !== undefined) operands += `        # ${annotate(printed.ripRelative, names)}`;
  return { mnemonic: printed.mnemonic, text: layOut(printed.mnemonic, operands) };
};

const describe = (
  instruction: Iced.Instruction,
  lib: Library,
  code: Uint8Array,
  names: AddressNames | undefined,
  spelling: Spelling,
): Instruction => {
  const { iced } = lib;
  const { length } = instruction;
  const address = u64(instruction.ip);
  const bytes = code.slice(0, length);
  const direct = instruction.op0Kind === iced.OpKind.NearBranch64;
  const target = direct ? u64(instruction.nearBranchTarget) : undefined;
  const plain = {
    address,
    length,
    bytes,
    flow: flowOf(iced, instruction.flowControl),
    ...(target === undefined ? {} : { target }),
  };
  // Printed when it is asked for: most instructions are only followed, and printing takes longer than all the rest.
  let printed: ReturnType<typeof printText> | undefined;
  const print = () =>
    (printed ??= withDecoded(bytes, address, (one) => printText(one, lib, plain, names, spelling)));
  return {
    ...plain,
    get mnemonic() {
      return print().mnemonic;
    },
    get text() {
      return print().text;
    },
  };
};

// One byte that starts no instruction; `cut`: the rest of an instruction may follow the end.
const badByte = (address: Addr, bytes: Uint8Array, cut: boolean): Instruction => {
  const byte = bytes[0]!;
  const isRex = (byte & 0xf0) === 0x40;
  const mnemonic = !cut ? '(bad)' : isRex ? rexName(byte) : '.byte';
  const text = mnemonic === '.byte' ? `.byte ${hex(byte)}` : mnemonic;
  return { address, length: 1, bytes, mnemonic, text, flow: 'bad' };
};

/**
 * Decode one instruction.
 *
 * @param bytes from its first byte on; more may follow, up to 15 are looked at
 * @param names for targets: `callq  0xffffffff81468f60 <down_write>`
 * @param spelling by default the spelling of the evidence
 * @returns flow `bad` and length 1 for bytes that are not an instruction
 */
export const decodeOne = (
  bytes: Uint8Array,
  address: Addr,
  names?: AddressNames,
  spelling: Spelling = 'old',
): Instruction => {
  if (bytes.length === 0) throw new TypeError('there are no bytes to decode');
  return withDecoded(bytes, address, (instruction, lib, decoder) => {
    if (!instruction.isInvalid) return describe(instruction, lib, bytes, names, spelling);
    return badByte(address, bytes.slice(0, 1), decoder.lastError === lib.iced.DecoderError.NoMoreBytes);
  });
};

/**
 * Decode instructions one after another, from the first byte to the last.
 *
 * The result tiles the bytes: each instruction starts where the one before ends, also after a bad byte.
 */
export const decode = (
  bytes: Uint8Array,
  address: Addr,
  names?: AddressNames,
  spelling: Spelling = 'old',
): Instruction[] => {
  const instructions: Instruction[] = [];
  for (let offset = 0; offset < bytes.length; offset += instructions.at(-1)!.length)
    instructions.push(decodeOne(bytes.subarray(offset), address + BigInt(offset), names, spelling));
  return instructions;
};

const accessOf = (iced: typeof Iced, access: Iced.OpAccess) => {
  const { Read, CondRead, Write, CondWrite, ReadWrite, ReadCondWrite } = iced.OpAccess;
  return {
    read: [Read, CondRead, ReadWrite, ReadCondWrite].includes(access),
    written: [Write, CondWrite, ReadWrite, ReadCondWrite].includes(access),
    may: [CondRead, CondWrite, ReadCondWrite].includes(access),
  };
};

const nameOf = (iced: typeof Iced, register: Iced.Register): string =>
  iced.Register[register]!.toLowerCase().replace(/^r(\d+)l$/u, 'r$1b');

const optional = <Key extends string>(key: Key, value: string | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [Name in Key]?: string };

const memoryUse = (iced: typeof Iced, memory: Iced.UsedMemory, instruction: Iced.Instruction): MemoryUse => {
  const { Register, MemorySizeExt } = iced;
  const name = (register: Iced.Register) =>
    register === Register.None || register === Register.RIP ? undefined : nameOf(iced, register);
  const { segment } = memory;
  // The library resolves RIP-relative operands, and names no base for them.
  const isRelative =
    instruction.isIpRelMemoryOperand &&
    memory.base === Register.None &&
    memory.index === Register.None &&
    memory.displacement === instruction.ipRelMemoryAddress;
  return {
    ...optional(
      'segment',
      segment === Register.FS || segment === Register.GS ? nameOf(iced, segment) : undefined,
    ),
    ...optional('base', name(memory.base)),
    ...optional('index', name(memory.index)),
    scale: memory.scale,
    displacement: u64(memory.displacement),
    ...(isRelative ? { rip: u64(instruction.nextIP) } : {}),
    size: MemorySizeExt.size(memory.memorySize),
    ...accessOf(iced, memory.access),
  };
};

const usesOfDecoded = (instruction: Iced.Instruction, { iced, factory }: Library): Uses => {
  const info = factory.info(instruction);
  const used = info.usedRegisters();
  const memory = info.usedMemory();
  try {
    return {
      registers: used
        .filter(({ register }) => iced.RegisterExt.isGPR(register))
        .map(({ register, access }) => ({
          register: nameOf(iced, register),
          full: nameOf(iced, iced.RegisterExt.fullRegister(register)),
          ...accessOf(iced, access),
        }))
        .filter(({ read, written }) => read || written),
      memory: memory
        .map((one) => memoryUse(iced, one, instruction))
        .filter(({ read, written }) => read || written),
    };
  } finally {
    for (const one of [...used, ...memory]) one.free();
    info.free();
  }
};

/**
 * The operands that the instruction at the start of `bytes` reads and writes, the stack pointer and stack words included.
 * Writing a 32-bit register counts as writing the 64-bit one, since that clears the upper half.
 * Registers that only ever hold a segment, and the flags, are left out.
 *
 * @returns empty lists for bytes that are not an instruction
 */
export const usesOf = (bytes: Uint8Array, address: Addr): Uses =>
  withDecoded(bytes, address, (instruction, lib) => usesOfDecoded(instruction, lib));

/** A look at one decoded instruction of the library, whose operands `uses` gives. */
type Look<Result> = (instruction: Iced.Instruction, iced: typeof Iced, uses: () => Uses) => Result;

/**
 * Look at one decoded instruction of the library; it is freed afterwards, so nothing of it may be kept.
 *
 * @returns `undefined` for bytes that are not an instruction
 */
export const examine = <Result>(bytes: Uint8Array, address: Addr, look: Look<Result>): Result | undefined =>
  withDecoded(bytes, address, (instruction, lib) =>
    instruction.isInvalid ? undefined : look(instruction, lib.iced, () => usesOfDecoded(instruction, lib)),
  );

/**
 * Whether an instruction writes a register that is no general one, or a part of it.
 *
 * @param name `xmm3` (`ymm3` and `zmm3` are the same register), `mm0`, `st0`, or `mxcsr`, which has no operand
 */
export const writesRegister = (bytes: Uint8Array, address: Addr, name: string): boolean => {
  const { factory } = library();
  return (
    examine(bytes, address, (instruction, iced) => {
      if (name === 'mxcsr') return MXCSR_WRITERS.includes(iced.Mnemonic[instruction.mnemonic] ?? '');
      const info = factory.info(instruction);
      const used = info.usedRegisters();
      try {
        return used.some(({ register, access }) => {
          const full = nameOf(iced, iced.RegisterExt.fullRegister(register)).replace(/^[yz]mm/u, 'xmm');
          return full === name && accessOf(iced, access).written;
        });
      } finally {
        for (const one of used) one.free();
        info.free();
      }
    }) ?? false
  );
};

// Bits of flags, as the library counts them.
const flagsOf = ({ RflagsBits }: typeof Iced, name: string): number => {
  const { CF, PF, AF, ZF, SF, OF } = RflagsBits;
  const status: Readonly<Record<string, number>> = { CF, PF, AF, ZF, SF, OF };
  return name === 'the status flags' ? CF | PF | AF | ZF | SF | OF : (status[name] ?? 0);
};

/**
 * Whether an instruction reads a register, or a part of it, or a flag of arithmetic, other than by a push.
 *
 * @param name `rbx`, `xmm3`, `CF`, or `the status flags`: those of arithmetic, each of them
 */
export const readsState = (bytes: Uint8Array, address: Addr, name: string): boolean => {
  const { factory } = library();
  return (
    examine(bytes, address, (instruction, iced) => {
      if (/^push/iu.test(iced.Mnemonic[instruction.mnemonic] ?? '')) return false;
      const flags = flagsOf(iced, name);
      if (flags !== 0) return (instruction.rflagsRead & flags) !== 0;
      const info = factory.info(instruction);
      const used = info.usedRegisters();
      try {
        return used.some(({ register, access }) => {
          const full = nameOf(iced, iced.RegisterExt.fullRegister(register)).replace(/^[yz]mm/u, 'xmm');
          return full === name && accessOf(iced, access).read;
        });
      } finally {
        for (const one of used) one.free();
        info.free();
      }
    }) ?? false
  );
};
