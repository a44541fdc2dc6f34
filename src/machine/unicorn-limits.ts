// Instructions that Unicorn does not run as a CPU does. It decodes more than a CPU: each byte pattern that is no
// instruction is a place where a run must end. Of the instructions it runs those rightly that are listed here.

import { isPrefix, isRex } from '../x86/encoding.js';
import { MAX_INSTRUCTION } from '../x86/fetch.js';
import { describeKind, surveyCode } from '../x86/survey.js';
import type { CodeProblem, EngineLimits } from './engine.js';
import { RANDOM, isRandom } from './random-instructions.js';
import { formatVersion } from './library.js';
import type { LibraryVersion } from './library-probe.js';

// What decides: the opcode after the prefixes, and the two bytes after it.
interface Parts {
  readonly prefixes: Uint8Array;
  readonly opcode: number;
  readonly next: number;
  readonly third: number;
}

const partsOf = (bytes: Uint8Array): Parts => {
  const at = bytes.findIndex((byte) => !isPrefix(byte));
  const [opcode = 0, next = 0, third = 0] = at < 0 ? [] : bytes.subarray(at);
  return { prefixes: bytes.subarray(0, Math.max(at, 0)), opcode, next, third };
};

const field = (modrm: number): number => (modrm >> 3) & 7;
const isRegister = (modrm: number): boolean => modrm >= 0xc0;

// Shifts in memory by %cl, and double shifts in memory: with memory hooks 2.0 computes their flags from what it wrote.
const hasWrongFlags = ({ opcode, next, third }: Parts): boolean => {
  if (opcode === 0xd2 || opcode === 0xd3) return !isRegister(next) && field(next) >= 4;
  return opcode === 0x0f && [0xa4, 0xa5, 0xac, 0xad].includes(next) && !isRegister(third);
};

const enterLevel = (bytes: Uint8Array): number =>
  (bytes[bytes.findIndex((byte) => !isPrefix(byte)) + 3] ?? 0) & 31;

// A CPU takes a REX byte for one only right before the opcode, Unicorn anywhere among the prefixes.
const hasLostRex = ({ prefixes }: Parts): boolean =>
  prefixes.some((byte, index) => isRex(byte) && index + 1 < prefixes.length);

const LOCK = 0xf0;
const SIZE = 0x66;
const REX_W = 0x48;
const REX_R_OR_B = 0x05;

// A near branch with an operand size of 16 bits: CPUs of AMD take it, those of Intel do not.
const isShortened = ({ prefixes, opcode, next }: Parts): boolean => {
  if (!prefixes.includes(SIZE)) return false;
  const last = prefixes.at(-1) ?? 0;
  if (isRex(last) && (last & REX_W) === REX_W) return false;
  if (opcode === 0x0f) return next >= 0x80 && next <= 0x8f;
  if (opcode === 0xff) return field(next) === 2 || field(next) === 4;
  const direct = [0xe0, 0xe1, 0xe2, 0xe3, 0xe8, 0xe9, 0xeb, 0xc2, 0xc3];
  return (opcode >= 0x70 && opcode <= 0x7f) || direct.includes(opcode);
};

// The second encoding of test with a constant, which CPUs take and Unicorn does not. Source: AMD APM vol. 3, table A-6.
const isOtherTest = ({ opcode, next }: Parts): boolean =>
  (opcode === 0xf6 || opcode === 0xf7) && field(next) === 1;

// In 64-bit mode a CPU ignores the overrides of CS, DS, ES and SS; Unicorn takes the last one of all.
const losesSegment = ({ prefixes }: Parts): boolean => {
  const first = prefixes.findIndex((byte) => byte === 0x64 || byte === 0x65);
  return first >= 0 && prefixes.subarray(first).some((byte) => [0x26, 0x2e, 0x36, 0x3e].includes(byte));
};

// Unicorn sets the flags of the operand, a CPU those of the result.
const isLockedNeg = ({ prefixes, opcode, next }: Parts): boolean =>
  prefixes.includes(LOCK) && (opcode === 0xf6 || opcode === 0xf7) && field(next) === 3;

const REX_R = 0x04;
const HIGHEST = 0x80; // bit of a byte

// Small things that Unicorn has otherwise than a CPU, each found beside one or beside the manual.
const oddity = ({ prefixes, opcode, next, third }: Parts): string | undefined => {
  const last = prefixes.at(-1) ?? 0;
  const rex = isRex(last) ? last : 0;
  const isWord = prefixes.includes(SIZE) && (rex & REX_W) !== REX_W;
  if ((opcode === 0xc6 || opcode === 0xc7) && (rex & REX_R) !== 0)
    return 'raises #UD under Unicorn, which takes a bit of REX for a part of the opcode';
  if (opcode === 0x63 && isWord) return 'reads four bytes under Unicorn, and two on a CPU';
  if (opcode === 0x0f && next === 0xb1 && !isWord && (rex & REX_W) !== REX_W)
    return 'clears the upper half of a register under Unicorn that a CPU leaves';
  if (opcode === 0xc2 && (third & HIGHEST) !== 0)
    return 'moves the stack pointer down under Unicorn, and up on a CPU';
  return undefined;
};

// lahf and sahf with REX: Unicorn takes the number of %ah for that of %spl.
const takesOtherRegister = ({ prefixes, opcode }: Parts): boolean =>
  (opcode === 0x9e || opcode === 0x9f) && isRex(prefixes.at(-1) ?? 0);

// Which opcodes end it with a lock prefix that a CPU does not take: comparisons and bit tests.
const LOCKED = new Set([0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x80, 0x81, 0x83, 0xa6, 0xa7]);
const LOCKED_AFTER_0F = new Set([0xa3, 0xab, 0xb3, 0xba, 0xbb]);

/**
 * Whether Unicorn ends the process when it translates these bytes, which are no instruction. Measured with 2.0.1 and
 * 2.1.4: every opcode of the one-byte, 0f, 0f 38, 0f 3a and VEX maps, with the prefixes of size, repetition, lock and REX;
 * and 4,400,000 drawn ones, with up to five prefixes, VEX, EVEX, XOP and 3DNow! among them.
 */
export const endsProcess = (bytes: Uint8Array): boolean => {
  const { prefixes, opcode, next } = partsOf(bytes);
  if (opcode === 0xff) return isRegister(next) && (field(next) === 3 || field(next) === 5); // far, to a register
  if (!prefixes.includes(LOCK)) return false;
  return opcode === 0x0f ? LOCKED_AFTER_0F.has(next) : LOCKED.has(opcode);
};

// There are eight MMX registers: a CPU ignores these bits of REX, Unicorn takes other registers of the CPU for more of them.
const extendsMmx = (name: string, { prefixes }: Parts): boolean => {
  const last = prefixes.at(-1) ?? 0;
  return isRex(last) && (last & REX_R_OR_B) !== 0 && /_mmm?\d*(?:_|$)/u.test(name);
};

// With the functions of the host's mathematics library, in fewer digits than a CPU.
const ROUGH = /^(?:Fsin|Fcos|Fsincos|Fptan|Fpatan|F2xm1|Fyl2x|Fyl2xp1|(?:Rcp|Rsqrt)[ps]s_.*)$/u;

// Whose result is another one than on a CPU.
const WRONG = /^VEX_P(?:ext|dep)_/u;

// Extensions of the instruction set whose instructions it runs as a CPU does.
const EXTENSIONS: ReadonlySet<string> = new Set([
  'INTEL8086',
  'INTEL8086_ONLY',
  'INTEL186',
  'INTEL286',
  'INTEL386',
  'INTEL486',
  'X64',
  'CMOV',
  'CX8',
  'CMPXCHG16B',
  'MULTIBYTENOP',
  'PAUSE',
  'LZCNT',
  'BMI1',
  'BMI2',
  'ADX',
  'CPUID',
  'MSR',
  'FXSR',
  'CLFSH',
  'PREFETCHW',
  'SSE',
  'SSE2',
  'SSE3',
  'SSSE3',
  'SSE4_1',
  'SSE4_2',
  'FPU',
  'FPU287',
  'FPU387',
  'MMX',
  'AES',
  'CET_IBT',
]);

const NONE: CodeProblem = { kind: 'invalid' };

const refused = (reason: string): CodeProblem => ({ kind: 'refused', reason });

/** What a version of Unicorn does not run as a CPU does. Measured: `npm run bench:any-code`, with 2.0.1 and 2.1.4. */
export const unicornLimits = (version: LibraryVersion): EngineLimits => {
  const isNew = version.major > 2 || version.minor > 0;
  const unicorn = `Unicorn ${formatVersion(version)}`;
  const ofKind = new Map<number, CodeProblem | undefined>();

  const judgeKind = (kind: number): CodeProblem | undefined => {
    const { name, extensions } = describeKind(kind);
    if (isRandom(name)) return RANDOM;
    if (ROUGH.test(name)) return refused('has another result on each system, and none that a CPU gives');
    if (WRONG.test(name)) return refused(`has another result under ${unicorn} than on a CPU`);
    const unknown = extensions.find((extension) => !EXTENSIONS.has(extension));
    if (unknown === undefined) return undefined;
    return refused(`needs ${unknown} of the CPU, which Unicorn 2.0 or 2.1 has not, or not as a CPU has it`);
  };

  const problemOf = (bytes: Uint8Array, kind: number): CodeProblem | undefined => {
    if (kind === 0) return NONE;
    let problem = ofKind.get(kind);
    if (problem === undefined && !ofKind.has(kind)) ofKind.set(kind, (problem = judgeKind(kind)));
    if (problem !== undefined) return problem;
    const parts = partsOf(bytes);
    if (hasLostRex(parts))
      return refused('has a REX prefix before another prefix, which a CPU ignores and Unicorn does not');
    if (takesOtherRegister(parts)) return refused('works with %spl under Unicorn, and with %ah on a CPU');
    const odd = oddity(parts);
    if (odd !== undefined) return refused(odd);
    if (losesSegment(parts))
      return refused(
        'has an override of a segment after that of FS or GS, which a CPU ignores and Unicorn does not',
      );
    if (isLockedNeg(parts))
      return refused('sets the flags of the operand under Unicorn, and of the result on a CPU');
    if (isOtherTest(parts)) return refused('raises #UD under Unicorn, where a CPU tests bits');
    if (isShortened(parts)) return refused('goes elsewhere on a CPU of Intel than on one of AMD');
    if (isRex(parts.prefixes.at(-1) ?? 0) && extendsMmx(describeKind(kind).name, parts))
      return refused('numbers more MMX registers than a CPU has');
    if (isNew) return undefined;
    if (hasWrongFlags(parts))
      return refused(`would set wrong flags in a recorded run under ${unicorn}; 2.1 does it right`);
    if (parts.opcode === 0xc8 && enterLevel(bytes) > 1)
      return refused(`would store wrong words in a recorded run under ${unicorn}; 2.1 does it right`);
    return undefined;
  };

  return {
    name: isNew ? 'unicorn 2.1' : 'unicorn 2.0',
    findProblems: (bytes, count) => {
      const problems = new Map<number, CodeProblem>();
      surveyCode(bytes, count, (offset, kind) => {
        const problem = problemOf(bytes.subarray(offset, offset + MAX_INSTRUCTION), kind);
        if (problem !== undefined) problems.set(offset, problem);
      });
      return problems;
    },
  };
};
