// Instructions that work on the general registers, the flags and memory, and on nothing else of the CPU.

import type * as Iced from 'iced-x86';
import type { Addr } from '../base/address.js';
import { examine } from './disasm.js';

// Extensions of the instruction set whose instructions stay there. FPU, MMX, SSE, AVX, the time stamp counter, random
// numbers, model-specific registers and segment bases are not among them.
const EXTENSIONS = [
  'INTEL8086',
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
  'POPCNT',
  'LZCNT',
  'BMI1',
  'BMI2',
  'MOVBE',
  'ADX',
] as const;

/**
 * Whether an instruction reads and changes nothing but general registers, flags and memory: two CPUs that agree in these
 * still agree after it. It may read segment registers, which only others change.
 *
 * @param bytes from its first byte on
 * @returns false for bytes that are not an instruction
 */
export const isConfined = (bytes: Uint8Array, address: Addr): boolean =>
  examine(bytes, address, (instruction, iced): boolean => {
    if (instruction.isPrivileged) return false;
    const known = new Set<Iced.CpuidFeature>(EXTENSIONS.map((name) => iced.CpuidFeature[name]));
    if (![...instruction.cpuidFeatures()].every((feature) => known.has(feature))) return false;
    const factory = new iced.InstructionInfoFactory();
    const info = factory.info(instruction);
    const used = info.usedRegisters();
    try {
      return used.every(({ register, access }) => {
        if (iced.RegisterExt.isGPR(register) || iced.RegisterExt.isIP(register)) return true;
        const reads = access === iced.OpAccess.Read || access === iced.OpAccess.CondRead;
        return iced.RegisterExt.isSegmentRegister(register) && reads;
      });
    } finally {
      for (const one of used) one.free();
      info.free();
      factory.free();
    }
  }) ?? false;
