// Which prefixes of an instruction GNU objdump names before the mnemonic, and how.
import type * as Iced from 'iced-x86';
import type { Encoding } from './encoding.js';

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

/** `rex.WB`. */
export const rexName = (rex: number): string => {
  const bits = [...'WRXB'].filter((_, index) => rex & (8 >> index)).join('');
  return bits === '' ? 'rex' : `rex.${bits}`;
};

// Prefixes of one of iced's codes.
interface Opcode {
  readonly kinds: readonly string[]; // iced's names of what encodes the operands
  readonly wide: boolean; //            REX.W makes the operand size
  readonly narrow: boolean; //          66 does
  readonly mandatory: number | undefined;
  readonly hidesSize: boolean; //       in memory, a selector has 16 bits and a far pointer prints no q
  readonly counts: boolean; //          the address size is that of rcx
  readonly takesHint: boolean;
  readonly takesBnd: boolean;
  readonly takesNotrack: boolean;
}

// What an opcode says about REX and 66.
type SizeUse = Pick<Opcode, 'kinds' | 'wide' | 'narrow' | 'hidesSize'>;

// The commonest opcodes, as iced describes them: its first description of any opcode takes a tenth of a short run.
const ANY_SIZE = { wide: true, narrow: true, hidesSize: false };
const ONE_SIZE = { wide: false, narrow: false, hidesSize: false };
const TWO_OPERANDS: SizeUse = { kinds: ['r64_or_mem', 'r64_reg'], ...ANY_SIZE };
const ONE_OPERAND: SizeUse = { kinds: ['r64_or_mem'], ...ANY_SIZE };
const RAX: SizeUse = { kinds: [], ...ANY_SIZE };
const IN_OPCODE: SizeUse = { kinds: ['r64_opcode'], ...ANY_SIZE };
const STACK: SizeUse = { ...IN_OPCODE, wide: false };
const TWO_BYTES: SizeUse = { kinds: ['r8_or_mem', 'r8_reg'], ...ONE_SIZE };
const ONE_BYTE: SizeUse = { kinds: ['r8_or_mem'], ...ONE_SIZE };
const AL: SizeUse = { kinds: [], ...ONE_SIZE };
const BYTE_IN_OPCODE: SizeUse = { kinds: ['r8_opcode'], ...ONE_SIZE };
const ESCAPE = 0x0f00; // added to opcodes of two bytes
const escaped = (opcode: number): number => ESCAPE | opcode;
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const COMMON: ReadonlyMap<number, SizeUse> = new Map(
  [
    // add, or, adc, sbb, and, sub, xor, cmp
    [EIGHT.flatMap((which) => [which << 3, (which << 3) | 2]), TWO_BYTES] as const,
    [EIGHT.flatMap((which) => [(which << 3) | 1, (which << 3) | 3]), TWO_OPERANDS] as const,
    [EIGHT.map((which) => (which << 3) | 4), AL] as const,
    [EIGHT.map((which) => (which << 3) | 5), RAX] as const,
    // test, xchg, mov of bytes; movslq, test, xchg, mov, lea; cmov, imul, movzb, movzw, movsb, movsw
    [[0x84, 0x86, 0x88, 0x8a], TWO_BYTES] as const,
    [[0x63, 0x85, 0x87, 0x89, 0x8b, 0x8d], TWO_OPERANDS] as const,
    [EIGHT.flatMap((which) => [0x40 | which, 0x48 | which]).map(escaped), TWO_OPERANDS] as const,
    [[0xaf, 0xb6, 0xb7, 0xbe, 0xbf].map(escaped), TWO_OPERANDS] as const,
    // with a constant; shifts; set
    [[0x80, 0xc0, 0xd0, 0xd2, 0xf6], ONE_BYTE] as const,
    [[0x81, 0x83, 0xc1, 0xd1, 0xd3, 0xf7], ONE_OPERAND] as const,
    [EIGHT.flatMap((which) => [0x90 | which, 0x98 | which]).map(escaped), ONE_BYTE] as const,
    [EIGHT.flatMap((register) => [0x50 | register, 0x58 | register]), STACK] as const, // push, pop
    [EIGHT.map((register) => 0xb0 | register), BYTE_IN_OPCODE] as const, // mov
    [EIGHT.map((register) => 0xb8 | register), IN_OPCODE] as const, // mov
  ].flatMap(([opcodes, use]) => opcodes.map((opcode) => [opcode, use] as const)),
);

// Opcodes that ModRM completes, with its middle digit: inc and dec, mov of a constant, nop.
const COMPLETED: ReadonlySet<number> = new Set([0xff0, 0xff1, 0xc70, (ESCAPE | 0x1f) << 4]);

const commonUse = ({ opcode, plain, modrmAt }: Encoding, bytes: Uint8Array): SizeUse | undefined => {
  if (!plain && bytes[modrmAt - 2] !== 0x0f) return undefined; // of three bytes, or after VEX
  const whole = plain ? opcode : ESCAPE | opcode;
  const digit = (bytes[modrmAt]! >> 3) & 7;
  return COMPLETED.has((whole << 4) | digit) ? ONE_OPERAND : COMMON.get(whole);
};

// The text around a mnemonic.
interface PrefixText {
  readonly before: string; // with a blank after each name
  readonly after: string;
}

// Names the prefixes of an instruction whose operands are printed already.
type PrefixPrinter = (
  instruction: Iced.Instruction,
  encoding: Encoding,
  bytes: Uint8Array,
  operands: string,
) => PrefixText;

const NONE: PrefixText = { before: '', after: '' };

/** Make a printer of prefixes; it frees the objects that it gets from iced. */
export const prefixPrinter = (iced: typeof Iced): PrefixPrinter => {
  const { MandatoryPrefix, MemorySize, Mnemonic, OpCodeOperandKind } = iced;
  const { Sldt, Str, Smsw, Lldt, Ltr, Verr, Verw, Lmsw, Jecxz, Jrcxz, Loop, Loope, Loopne } = Mnemonic;
  const SELECTORS: ReadonlySet<Iced.Mnemonic> = new Set([Sldt, Str, Smsw]);
  const SHORT: ReadonlySet<Iced.Mnemonic> = new Set([Lldt, Ltr, Verr, Verw, Lmsw]); // 16 bits, come what may
  const COUNTERS: ReadonlySet<Iced.Mnemonic> = new Set([Jecxz, Jrcxz, Loop, Loope, Loopne]);
  const MANDATORY: Readonly<Record<number, number>> = {
    [MandatoryPrefix.P66]: 0x66,
    [MandatoryPrefix.PF3]: 0xf3,
    [MandatoryPrefix.PF2]: 0xf2,
  };

  // Kept by opcode: getting it from iced takes as long as all the rest.
  const known = new Map<Iced.Code, Opcode>();
  const opcodeOf = (instruction: Iced.Instruction): Opcode => {
    const { code } = instruction;
    const found = known.get(code);
    if (found !== undefined) return found;
    const info = instruction.opCode;
    const kinds = Array.from({ length: info.opCount }, (_, at) => OpCodeOperandKind[info.opKind(at)]!);
    const selects = SELECTORS.has(info.mnemonic) || kinds.includes('seg_reg');
    const short = SHORT.has(info.mnemonic);
    const opcode: Opcode = {
      kinds,
      wide:
        !short && ((info.operandSize === 64 && !info.defaultOpSize64 && !info.forceOpSize64) || info.W === 1),
      narrow: !short && info.operandSize === 16,
      mandatory: MANDATORY[info.mandatoryPrefix],
      hidesSize: selects || (info.memorySize === MemorySize.SegPtr64 && kinds.length === 1),
      counts: COUNTERS.has(info.mnemonic),
      takesHint: info.canUseHintTakenPrefix,
      takesBnd: info.canUseBndPrefix,
      takesNotrack: info.canUseNotrackPrefix,
    };
    info.free();
    known.set(code, opcode);
    return opcode;
  };

  // Whether each bit of a REX byte says something that the operands show.
  const spentRex = (opcode: SizeUse, rex: number, modrm: number): boolean => {
    const memory = modrm < 0xc0;
    let spent = opcode.wide && !(memory && opcode.hidesSize) ? 8 : 0;
    for (const kind of opcode.kinds) {
      if (kind.endsWith('_reg')) spent |= 4;
      if (kind.includes('mem') && memory && (modrm & 7) === 4) spent |= 2;
      if (/_opcode$|_rm$|mem/u.test(kind) && kind !== 'mem_offs') spent |= 1;
    }
    return (rex & 15 & ~spent) === 0;
  };

  // Whether an address of the operands depends on the address size; movabs prints its prefix all the same.
  const addresses = ({ kinds, counts }: Opcode, modrm: number): boolean =>
    counts ||
    kinds.some((kind) =>
      kind.endsWith('_or_mem') ? modrm < 0xc0 : /^(?:mem|seg_r|es_r)/u.test(kind) && kind !== 'mem_offs',
    );

  // objdump names every prefix that did not change how the instruction reads, in the order of the bytes.
  return (instruction, encoding, bytes, operands) => {
    const { prefixes, rex, plain, opcode: byte, modrmAt } = encoding;
    if (prefixes.length === 0 && rex === undefined) return NONE;
    const common = commonUse(encoding, bytes);
    const opcode = (): Opcode => opcodeOf(instruction);
    const modrm = bytes[modrmAt] ?? 0;
    const spent = (prefix: number): boolean => {
      switch (prefix) {
        case 0x66:
          if (common !== undefined) return common.narrow && ((rex ?? 0) & 8) === 0;
          return opcode().mandatory === prefix || (opcode().narrow && !(opcode().hidesSize && modrm < 0xc0));
        case 0x67:
          return addresses(opcode(), modrm);
        case 0xf2:
        case 0xf3:
          return opcode().mandatory === prefix;
        case 0x64:
        case 0x65:
          return operands.includes(`${PREFIX_NAMES[prefix]}:`);
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
    const name = (prefix: number): string => {
      if (prefix === 0xf2 && instruction.hasXacquirePrefix) return 'xacquire';
      if (prefix === 0xf3 && instruction.hasXreleasePrefix) return 'xrelease';
      if (prefix === 0xf3 && plain && COUNTED.has(byte)) return 'rep';
      if (prefix === 0xf2 && opcode().takesBnd) return 'bnd';
      if (prefix === 0x3e && opcode().takesNotrack) return 'notrack';
      return PREFIX_NAMES[prefix]!;
    };
    const hinting = prefixes.find((prefix) => HINTS[prefix] !== undefined);
    const hint = hinting !== undefined && opcode().takesHint ? hinting : undefined;
    const rexIsSpent = (bits: number): boolean =>
      (bits & 15) === 0
        ? /%(?:spl|bpl|sil|dil)\b/u.test(operands)
        : spentRex(common ?? opcode(), bits, modrm);
    let before = '';
    for (const [at, prefix] of prefixes.entries())
      if (prefix !== hint && !(prefixes.lastIndexOf(prefix) === at && spent(prefix)))
        before += `${name(prefix)} `;
    if (rex !== undefined && !rexIsSpent(rex)) before += `${rexName(rex)} `;
    return { before, after: hint === undefined ? '' : HINTS[hint]! };
  };
};
