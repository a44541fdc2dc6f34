// x86-64 machine code to instructions: text in GNU's dialect, control flow, and what is read and written.
// iced-x86 is loaded at the first use (80 ms) and its WebAssembly objects are freed here; no guest memory.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { type Addr, hex, u64 } from './address.js';
import { type SymbolTable, formatCrashLocation } from './symbols.js';

/** Where execution goes on after an instruction. `bad`: these bytes are no instruction. */
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

/** One decoded instruction. */
export interface Instruction {
  readonly address: Addr;
  readonly length: number; // bytes
  readonly bytes: Uint8Array;
  /** With prefixes: `lock xadd`; `(bad)`, `rex.W` or `.byte` where there is no instruction. */
  readonly mnemonic: string;
  /** Mnemonic and operands as crash's `dis` prints them. */
  readonly text: string;
  readonly flow: Flow;
  /** Of a direct jump or call. */
  readonly target?: Addr;
}

/** `may`: it depends on a condition, or on a count. */
export interface RegisterUse {
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
  readonly size: number; // bytes; 0 where it has none (a hint, for example)
  readonly read: boolean;
  readonly written: boolean;
  readonly may: boolean;
}

/** What one instruction reads and writes. */
export interface Uses {
  readonly registers: readonly RegisterUse[];
  readonly memory: readonly MemoryUse[];
}

interface Library {
  readonly iced: typeof Iced;
  readonly formatter: Iced.Formatter;
  readonly factory: Iced.InstructionInfoFactory;
}

let loaded: Library | undefined;

// One formatter and one factory live as long as the process; everything else is freed where it is used.
const library = (): Library => {
  if (loaded !== undefined) return loaded;
  const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced;
  const formatter = new iced.Formatter(iced.FormatterSyntax.Gas);
  formatter.uppercaseHex = false;
  formatter.smallHexNumbersInDecimal = false;
  formatter.ripRelativeAddresses = true;
  formatter.spaceAfterOperandSeparator = false;
  loaded = { iced, formatter, factory: new iced.InstructionInfoFactory() };
  return loaded;
};

const flowOf = (iced: typeof Iced, flow: Iced.FlowControl): Flow => {
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

// The binutils that printed the evidence put a q on these although a register or the mode fixes the size.
const withSuffix: Readonly<Record<string, string>> = {
  call: 'callq',
  ret: 'retq',
  leave: 'leaveq',
  iret: 'iretq',
};

const mnemonicOf = (name: string, flow: Flow): string =>
  name === 'jmp' && flow === 'indirect jump' ? 'jmpq' : (withSuffix[name] ?? name);

const layOut = (mnemonic: string, operands: string): string =>
  operands === '' ? mnemonic : `${mnemonic.padEnd(6)} ${operands}`;

// Where iced writes (%rax,%rax), objdump writes (%rax,%rax,1), and 0x0(%rax,%rax,1) if a zero byte is encoded.
const gnuOperands = (operands: string, instruction: Iced.Instruction): string => {
  const scaled = operands.replace(/\((%\w+),(%\w+)\)/u, '($1,$2,1)');
  return instruction.memoryDisplSize === 1 && instruction.memoryDisplacement === 0n
    ? scaled.replace(/(^|[,:*])\((?=%)/u, '$10x0(')
    : scaled;
};

const annotate = (address: Addr, symbols: SymbolTable | undefined): string => {
  const location = symbols?.findLocation(address);
  return location === undefined ? hex(address) : `${hex(address)} <${formatCrashLocation(location)}>`;
};

const describe = (
  instruction: Iced.Instruction,
  { iced, formatter }: Library,
  bytes: Uint8Array,
  symbols: SymbolTable | undefined,
): Instruction => {
  const address = u64(instruction.ip);
  const flow = flowOf(iced, instruction.flowControl);
  const printed = formatter.formatMnemonic(instruction);
  const mnemonic = mnemonicOf(printed, flow);
  const direct = flow === 'call' || flow === 'jump' || flow === 'conditional jump';
  const target = direct ? u64(instruction.nearBranchTarget) : undefined;
  let operands =
    target === undefined
      ? gnuOperands(formatter.formatAllOperands(instruction), instruction)
      : annotate(target, symbols);
  if (instruction.isIpRelMemoryOperand)
    operands += `        # ${annotate(u64(instruction.ipRelMemoryAddress), symbols)}`;
  return {
    address,
    length: bytes.length,
    bytes,
    mnemonic,
    text: layOut(mnemonic, operands),
    flow,
    ...(target === undefined ? {} : { target }),
  };
};

const rexName = (byte: number): string => {
  const bits = [...'WRXB'].filter((_, index) => byte & (8 >> index)).join('');
  return bits === '' ? 'rex' : `rex.${bits}`;
};

// One byte that starts no instruction; `cut`: the rest of one may lie behind the end.
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
 * @param symbols names for targets: `callq  0xffffffff81468f60 <down_write>`
 * @returns flow `bad` and length 1 for bytes that are no instruction
 */
export const decodeOne = (bytes: Uint8Array, address: Addr, symbols?: SymbolTable): Instruction => {
  if (bytes.length === 0) throw new TypeError('there are no bytes to decode');
  const lib = library();
  const decoder = new lib.iced.Decoder(64, bytes.subarray(0, 15), lib.iced.DecoderOptions.None);
  try {
    decoder.ip = address;
    const instruction = decoder.decode();
    try {
      if (instruction.isInvalid) {
        const cut = decoder.lastError === lib.iced.DecoderError.NoMoreBytes;
        return badByte(address, bytes.slice(0, 1), cut);
      }
      return describe(instruction, lib, bytes.slice(0, instruction.length), symbols);
    } finally {
      instruction.free();
    }
  } finally {
    decoder.free();
  }
};

/**
 * Decode instructions one after another, from the first byte to the last.
 *
 * The result tiles the bytes: each instruction starts where the one before ends, also behind a bad byte.
 */
export const decode = (bytes: Uint8Array, address: Addr, symbols?: SymbolTable): Instruction[] => {
  const instructions: Instruction[] = [];
  for (let offset = 0; offset < bytes.length; offset += instructions.at(-1)!.length)
    instructions.push(decodeOne(bytes.subarray(offset), address + BigInt(offset), symbols));
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

const memoryUse = (iced: typeof Iced, memory: Iced.UsedMemory): MemoryUse => {
  const { Register, MemorySizeExt } = iced;
  const name = (register: Iced.Register) =>
    register === Register.None || register === Register.RIP ? undefined : nameOf(iced, register);
  const { segment } = memory;
  return {
    ...optional(
      'segment',
      segment === Register.FS || segment === Register.GS ? nameOf(iced, segment) : undefined,
    ),
    ...optional('base', name(memory.base)),
    ...optional('index', name(memory.index)),
    scale: memory.scale,
    displacement: u64(memory.displacement),
    size: MemorySizeExt.size(memory.memorySize),
    ...accessOf(iced, memory.access),
  };
};

/**
 * What the instruction at the start of `bytes` reads and writes, the stack pointer and stack words included.
 * Writing a 32-bit register is told as writing its 64-bit one, since that clears the upper half.
 * Registers that only ever hold a segment, and the flags, are left out.
 *
 * @returns empty lists for bytes that are no instruction
 */
export const usesOf = (bytes: Uint8Array, address: Addr): Uses => {
  const { iced, factory } = library();
  const decoder = new iced.Decoder(64, bytes.subarray(0, 15), iced.DecoderOptions.None);
  decoder.ip = address;
  const instruction = decoder.decode();
  const info = factory.info(instruction);
  try {
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
        memory: memory.map((one) => memoryUse(iced, one)).filter(({ read, written }) => read || written),
      };
    } finally {
      for (const one of [...used, ...memory]) one.free();
    }
  } finally {
    info.free();
    instruction.free();
    decoder.free();
  }
};
