// The text of one instruction as GNU objdump 2.40 prints it, from a decoded instruction and its bytes.
import type * as Iced from 'iced-x86';
import { type Addr, hex, u64 } from '../base/address.js';
import { type Encoding, parseEncoding } from './encoding.js';
import { prefixPrinter } from './gnu-prefixes.js';

export interface GnuText {
  /** With prefixes: `lock xadd`. */
  readonly mnemonic: string;
  /** Without those of a direct jump or call: the caller prints its target. */
  readonly operands: string;
  /** The address of a RIP-relative operand. With %eip the CPU would cut it to 32 bits; objdump does not. */
  readonly ripRelative?: Addr;
}

export interface GnuPrinter {
  /** @param bytes of the instruction, no more */
  readonly print: (instruction: Iced.Instruction, bytes: Uint8Array) => GnuText;
}

// Here %dx holds a port, which is printed as an address.
const PORTS: ReadonlySet<number> = new Set([0x6c, 0x6d, 0x6e, 0x6f, 0xec, 0xed, 0xee, 0xef]);

// Calls and jumps in opcode ff; their operand has a star.
const INDIRECT: ReadonlySet<number> = new Set([2, 3, 4, 5]);

// Mnemonics that iced spells otherwise: an operand fixes the size, or the 64-bit mode does.
const MNEMONICS: Readonly<Record<string, string>> = {
  callq: 'call',
  jmpq: 'jmp',
  retq: 'ret',
  leaveq: 'leave',
  enterq: 'enter',
  pushq: 'push',
  popq: 'pop',
  pushfq: 'pushf',
  popfq: 'popf',
  iretl: 'iret',
  lretl: 'lret',
  lcalll: 'lcall',
  ljmpl: 'ljmp',
  salb: 'shlb',
  salw: 'shlw',
  sall: 'shll',
  salq: 'shlq',
  sal: 'shl',
  movzxw: 'movzww',
  movsxw: 'movsww',
};

// These print their implied operands; the x87 ones only where none is given.
const IMPLIED: Readonly<Record<string, string>> = {
  monitor: '%rax,%ecx,%edx',
  mwait: '%eax,%ecx',
  monitorx: '%rax,%ecx,%edx',
  mwaitx: '%eax,%ecx,%ebx',
  ...Object.fromEntries(
    ['faddp', 'fmulp', 'fsubp', 'fsubrp', 'fdivp', 'fdivrp'].map((name) => [name, '%st,%st(1)']),
  ),
  ...Object.fromEntries(['fxch', 'fcom', 'fcomp', 'fucom', 'fucomp'].map((name) => [name, '%st(1)'])),
};

const signed = (value: bigint): string => (value < 0n ? `-${hex(-value)}` : hex(value));

/** Make a printer; it frees the objects that it gets from iced. */
export const gnuPrinter = (iced: typeof Iced): GnuPrinter => {
  const { FormatMnemonicOptions, OpKind, Register } = iced;
  const prefixesOf = prefixPrinter(iced);
  const formatter = new iced.Formatter(iced.FormatterSyntax.Gas);
  formatter.uppercaseHex = false;
  formatter.smallHexNumbersInDecimal = false;
  formatter.spaceAfterOperandSeparator = false;
  const nameOf = (register: Iced.Register): string => `%${Register[register]!.toLowerCase()}`;

  const distanceOf = ({ memoryDisplacement, nextIP }: Iced.Instruction): bigint =>
    BigInt.asIntN(32, memoryDisplacement - nextIP);

  const segmentOf = ({ segmentPrefix }: Iced.Instruction): string =>
    segmentPrefix === Register.FS || segmentPrefix === Register.GS ? `${nameOf(segmentPrefix)}:` : '';

  // disp(base,index,scale), from the encoding where several encodings mean the same: 0x0(%rax), (%rax,%riz,1).
  const memory = (instruction: Iced.Instruction, encoding: Encoding, bytes: Uint8Array): string => {
    const segment = segmentOf(instruction);
    const { memoryBase, memoryIndex, memoryDisplSize } = instruction;
    const displacement = BigInt.asIntN(64, instruction.memoryDisplacement);
    const narrow = encoding.prefixes.includes(0x67);
    const absolute = encoding.plain && (encoding.opcode & 0xfc) === 0xa0; // movabs has no ModRM
    if (absolute) return `${segment}${hex(u64(displacement))}`;
    if (instruction.isIpRelMemoryOperand) {
      return `${segment}${signed(distanceOf(instruction))}(${nameOf(memoryBase)})`;
    }
    const modrm = bytes[encoding.modrmAt]!;
    const sib = (modrm & 7) === 4 ? bytes[encoding.modrmAt + 1]! : undefined;
    const base = memoryBase === Register.None ? '' : nameOf(memoryBase);
    const scale = sib === undefined ? 1 : 1 << (sib >> 6);
    let index = '';
    if (sib !== undefined) {
      if (memoryIndex !== Register.None) index = `,${nameOf(memoryIndex)},${scale}`;
      // A SIB byte without an index is needed for %rsp as base only; otherwise the missing index is shown.
      else if (scale !== 1 || (base === '' && narrow) || (base !== '' && (sib & 7) !== 4))
        index = `,%${narrow ? 'eiz' : 'riz'},${scale}`;
    }
    const inside = base === '' && index === '' ? '' : `(${base}${index})`;
    if (memoryDisplSize === 0) return `${segment}${inside}`;
    // Beside registers a displacement has a sign; alone it is an address.
    const value =
      base === '' && memoryIndex === Register.None && (scale === 1 || narrow)
        ? hex(u64(displacement))
        : signed(BigInt.asIntN(narrow ? 32 : 64, displacement));
    return `${segment}${value}${inside}`;
  };

  const operand = (instruction: Iced.Instruction, encoding: Encoding, bytes: Uint8Array, at: number) => {
    const { plain, opcode, modrmAt, evex } = encoding;
    const own = formatter.getInstructionOperand(instruction, at);
    const kind = own === undefined ? undefined : instruction.opKind(own);
    const xlat = plain && opcode === 0xd7;
    if (kind === OpKind.Memory && !evex && !xlat) {
      const indirect = plain && opcode === 0xff && INDIRECT.has((bytes[modrmAt]! >> 3) & 7);
      return (indirect ? '*' : '') + memory(instruction, encoding, bytes);
    }
    const printed = formatter.formatOperand(instruction, at);
    switch (kind) {
      case OpKind.Memory:
        // xlat's operand has no ModRM, but a segment; AVX-512 puts more after the address.
        if (evex) return memory(instruction, encoding, bytes) + (/\{.*\}$/u.exec(printed)?.[0] ?? '');
        return printed.startsWith('%') ? printed : `%ds:${printed}`;
      case OpKind.MemorySegESI:
      case OpKind.MemorySegRSI:
        return printed.startsWith('%') ? printed : `%ds:${printed}`;
      case OpKind.MemoryESEDI:
      case OpKind.MemoryESRDI:
        return `%es:${printed}`;
      default:
    }
    if (printed === '%dx' && plain && PORTS.has(opcode)) return '(%dx)';
    return printed.replace('%dr', '%db');
  };

  return {
    print: (instruction, bytes) => {
      const encoding = parseEncoding(bytes);
      const plain = formatter.formatMnemonicOptions(instruction, FormatMnemonicOptions.NoPrefixes);
      const name = MNEMONICS[plain] ?? plain;
      const parts = Array.from({ length: formatter.operandCount(instruction) }, (_, at) =>
        operand(instruction, encoding, bytes, at),
      );
      const byOne = encoding.plain && (encoding.opcode & 0xfe) === 0xd0;
      if (byOne) parts.shift(); // the shifts by 1 have it in the opcode
      if (name === 'imul' && instruction.opCount > parts.length) parts.push(parts.at(-1)!);
      const operands = (parts.length === 0 ? IMPLIED[name] : undefined) ?? parts.join(',');
      const { before, after } = prefixesOf(instruction, encoding, bytes, operands);
      const mnemonic = before + name + after;
      if (!instruction.isIpRelMemoryOperand) return { mnemonic, operands };
      return { mnemonic, operands, ripRelative: u64(instruction.nextIP + distanceOf(instruction)) };
    },
  };
};
