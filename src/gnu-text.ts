// The text of one instruction as GNU objdump 2.40 prints it, from a decoded instruction and its bytes.
// Prints only: no decoding, no symbols, and nothing about the spelling of older tools.
import type * as Iced from 'iced-x86';
import { type Addr, hex, u64 } from './address.js';
import { type Encoding, parseEncoding } from './encoding.js';

/** An instruction's text in parts. */
export interface GnuText {
  /** With prefixes: `lock xadd`. */
  readonly mnemonic: string;
  /** Without those of a direct jump or call: its target is the caller's to print. */
  readonly operands: string;
  /** The address of a RIP-relative operand. With %eip the CPU would cut it to 32 bits; objdump does not. */
  readonly ripRelative?: Addr;
}

/** Prints instructions. */
export interface GnuPrinter {
  /** @param bytes those of the instruction, no more */
  readonly print: (instruction: Iced.Instruction, bytes: Uint8Array) => GnuText;
}

const PREFIX_NAMES: Readonly<Record<number, string>> = {
  0x26: 'es',
  0x2e: 'cs',
  0x36: 'ss',
  0x3e: 'ds',
  0x64: 'fs',
  0x65: 'gs',
  0x66: 'data16',
  0x67: 'addr32',
  0xf0: 'lock',
  0xf2: 'repnz',
  0xf3: 'repz',
};

// What these say before a conditional jump.
const HINTS: Readonly<Record<number, string>> = { 0x2e: ',pn', 0x3e: ',pt' };

// With these, f3 repeats as often as the count says, whatever the flags are.
const COUNTED: ReadonlySet<number> = new Set([0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad]);

// Here %dx holds a port, which is printed as an address.
const PORTS: ReadonlySet<number> = new Set([0x6c, 0x6d, 0x6e, 0x6f, 0xec, 0xed, 0xee, 0xef]);

const rexName = (rex: number): string => {
  const bits = [...'WRXB'].filter((_, index) => rex & (8 >> index)).join('');
  return bits === '' ? 'rex' : `rex.${bits}`;
};

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

/** Make a printer; it frees what it asks iced for. */
export const gnuPrinter = (iced: typeof Iced): GnuPrinter => {
  const {
    FormatMnemonicOptions,
    MandatoryPrefix,
    MemorySize,
    Mnemonic,
    OpCodeOperandKind,
    OpKind,
    Register,
  } = iced;
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
      // A SIB byte without an index is needed for %rsp as base only; elsewhere the index that is none is shown.
      else if (scale !== 1 || (base === '' && narrow) || (base !== '' && (sib & 7) !== 4))
        index = `,%${narrow ? 'eiz' : 'riz'},${scale}`;
    }
    const inside = base === '' && index === '' ? '' : `(${base}${index})`;
    if (memoryDisplSize === 0) return `${segment}${inside}`;
    // Beside registers a displacement has a sign; alone it is an address.
    const value =
      base === '' && memoryIndex === Register.None && scale === 1
        ? hex(u64(displacement))
        : signed(BigInt.asIntN(narrow ? 32 : 64, displacement));
    return `${segment}${value}${inside}`;
  };

  const operand = (instruction: Iced.Instruction, encoding: Encoding, bytes: Uint8Array, at: number) => {
    const printed = formatter.formatOperand(instruction, at);
    const own = formatter.getInstructionOperand(instruction, at);
    const kind = own === undefined ? undefined : instruction.opKind(own);
    const star = printed.startsWith('*') ? '*' : '';
    switch (kind) {
      case OpKind.Memory:
        // xlat's operand has no ModRM, but a segment.
        if (encoding.plain && encoding.opcode === 0xd7)
          return printed.startsWith('%') ? printed : `%ds:${printed}`;
        return star + memory(instruction, encoding, bytes) + (/\{.*\}$/u.exec(printed)?.[0] ?? '');
      case OpKind.MemorySegESI:
      case OpKind.MemorySegRSI:
        return printed.startsWith('%') ? printed : `%ds:${printed}`;
      case OpKind.MemoryESEDI:
      case OpKind.MemoryESRDI:
        return printed.startsWith('%') ? printed : `%es:${printed}`;
      default:
    }
    if (printed === '%dx' && encoding.plain && PORTS.has(encoding.opcode)) return '(%dx)';
    return printed.replace('%dr', '%db');
  };

  const kindsOf = (info: Iced.OpCodeInfo): string[] =>
    Array.from({ length: info.opCount }, (_, at) => OpCodeOperandKind[info.opKind(at)]!);

  const { Sldt, Str, Smsw, Jecxz, Jrcxz, Loop, Loope, Loopne } = Mnemonic;
  const COUNTERS: ReadonlySet<Iced.Mnemonic> = new Set([Jecxz, Jrcxz, Loop, Loope, Loopne]);

  const selects = ({ mnemonic, op0Kind, op1Kind }: Iced.OpCodeInfo): boolean =>
    [Sldt, Str, Smsw].includes(mnemonic) || [op0Kind, op1Kind].includes(OpCodeOperandKind.seg_reg);

  // In memory, a selector has 16 bits and a far pointer prints no q, whatever the operand size.
  const hidesSize = (info: Iced.OpCodeInfo, modrm: number): boolean =>
    modrm < 0xc0 && (selects(info) || (info.memorySize === MemorySize.SegPtr64 && info.opCount === 1));

  const spentRex = (
    info: Iced.OpCodeInfo,
    { rex, modrmAt }: Encoding & { rex: number },
    bytes: Uint8Array,
    operands: string,
  ): boolean => {
    let spent = 0;
    const choosesSize =
      (info.operandSize === 64 && !info.defaultOpSize64 && !info.forceOpSize64) || info.W === 1;
    if (choosesSize && !hidesSize(info, bytes[modrmAt]!)) spent |= 8;
    for (const kind of kindsOf(info)) {
      if (kind.endsWith('_reg')) spent |= 4;
      if (/_opcode$|_rm$|mem/u.test(kind) && kind !== 'mem_offs') spent |= 1;
      if (kind.includes('mem') && bytes[modrmAt]! < 0xc0 && (bytes[modrmAt]! & 7) === 4) spent |= 2;
    }
    if ((rex & 15) === 0) return /%(?:spl|bpl|sil|dil)\b/u.test(operands);
    return (rex & 15 & ~spent) === 0;
  };

  // Whether an address of the operands depends on the address size; movabs prints its prefix all the same.
  const addresses = (info: Iced.OpCodeInfo, modrm: number): boolean =>
    kindsOf(info).some(
      (kind) => /^(?:mem|seg_r|es_r)/u.test(kind) || (kind.endsWith('_or_mem') && modrm < 0xc0),
    )
      ? !kindsOf(info).includes('mem_offs')
      : COUNTERS.has(info.mnemonic);

  // objdump names every prefix that did not change how the instruction reads, in the order of the bytes.
  const prefixesOf = (
    instruction: Iced.Instruction,
    encoding: Encoding,
    bytes: Uint8Array,
    operands: string,
  ): { before: string; after: string } => {
    const { prefixes, rex } = encoding;
    if (prefixes.length === 0 && rex === undefined) return { before: '', after: '' };
    const info = instruction.opCode;
    try {
      const { mandatoryPrefix } = info;
      const spent = (prefix: number): boolean => {
        switch (prefix) {
          case 0x66:
            return (
              mandatoryPrefix === MandatoryPrefix.P66 ||
              (info.operandSize === 16 && !hidesSize(info, bytes[encoding.modrmAt]!))
            );
          case 0xf2:
            return mandatoryPrefix === MandatoryPrefix.PF2;
          case 0xf3:
            return mandatoryPrefix === MandatoryPrefix.PF3;
          case 0x64:
          case 0x65:
            return operands.includes(`${PREFIX_NAMES[prefix]}:`);
          case 0x67:
            return addresses(info, bytes[encoding.modrmAt]!);
          case 0x26:
          case 0x2e:
          case 0x36:
          case 0x3e:
            // In 64-bit mode they mean nothing; objdump takes them into the %ds: that it prints anyway.
            return operands.includes('%ds:(');
          default:
            return false;
        }
      };
      const nameOfPrefix = (prefix: number): string => {
        if (prefix === 0xf2 && instruction.hasXacquirePrefix) return 'xacquire';
        if (prefix === 0xf3 && instruction.hasXreleasePrefix) return 'xrelease';
        if (prefix === 0xf3 && encoding.plain && COUNTED.has(encoding.opcode)) return 'rep';
        if (prefix === 0xf2 && info.canUseBndPrefix) return 'bnd';
        if (prefix === 0x3e && info.canUseNotrackPrefix) return 'notrack';
        return PREFIX_NAMES[prefix]!;
      };
      const hint = info.canUseHintTakenPrefix
        ? prefixes.find((prefix) => HINTS[prefix] !== undefined)
        : undefined;
      const names = prefixes.map((prefix, at) =>
        (prefixes.lastIndexOf(prefix) === at && spent(prefix)) || prefix === hint ? '' : nameOfPrefix(prefix),
      );
      if (rex !== undefined && !spentRex(info, { ...encoding, rex }, bytes, operands))
        names.push(rexName(rex));
      return {
        before: names
          .filter((name) => name !== '')
          .map((name) => `${name} `)
          .join(''),
        after: hint === undefined ? '' : HINTS[hint]!,
      };
    } finally {
      info.free();
    }
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
