// The bytes of one x86-64 instruction, taken apart: prefixes, opcode, and where ModRM lies.

/** A byte that begins no instruction in 64-bit mode: the sandbox fills text with it where there is no code. */
export const NO_INSTRUCTION = 0x06;

/** How an instruction's bytes divide. */
export interface Encoding {
  /** Legacy prefixes in the order of the bytes. */
  readonly prefixes: readonly number[];
  /** The REX byte; absent also where a VEX, EVEX or XOP prefix takes its place. */
  readonly rex: number | undefined;
  /** The last opcode byte. */
  readonly opcode: number;
  /** Opcodes of one byte. */
  readonly plain: boolean;
  /** With an EVEX prefix, of AVX-512. */
  readonly evex: boolean;
  /** Where a ModRM byte lies, if this instruction has one. */
  readonly modrmAt: number;
}

const LEGACY: ReadonlySet<number> = new Set([
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
]);

/** Whether a byte is a legacy prefix: of a segment, a size, a lock or a repetition. */
export const isLegacyPrefix = (byte: number): boolean => LEGACY.has(byte);

/** Whether a byte is a REX prefix. */
export const isRex = (byte: number): boolean => (byte & 0xf0) === 0x40;

/** Whether a byte can stand before an opcode: a legacy prefix or REX. */
export const isPrefix = (byte: number): boolean => LEGACY.has(byte) || isRex(byte);

/** Length of a VEX, EVEX or XOP prefix, 0 if there is none. XOP shares its first byte with `pop`. */
const vectorPrefix = (first: number, second: number): number => {
  if (first === 0xc5) return 2;
  if (first === 0xc4 || (first === 0x8f && (second & 0x1f) >= 8)) return 3;
  return first === 0x62 ? 4 : 0;
};

/**
 * Take an instruction's bytes apart.
 *
 * @param bytes exactly one valid instruction, whose REX byte, if it has one, stands right before the opcode
 */
export const parseEncoding = (bytes: Uint8Array): Encoding => {
  let at = 0;
  while (LEGACY.has(bytes[at]!)) at++;
  const prefixes = [...bytes.subarray(0, at)];
  const rex = (bytes[at]! & 0xf0) === 0x40 ? bytes[at++] : undefined;
  const vector = vectorPrefix(bytes[at]!, bytes[at + 1] ?? 0);
  at += vector;
  const start = at;
  if (vector === 0 && bytes[at] === 0x0f) {
    at++;
    if (bytes[at] === 0x38 || bytes[at] === 0x3a) at++;
  }
  return {
    prefixes,
    rex,
    opcode: bytes[at]!,
    plain: vector === 0 && at === start,
    evex: vector === 4,
    modrmAt: at + 1,
  };
};
