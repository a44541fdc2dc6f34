// The last instruction of the checked step that changed a register or a flag.

import { writesRegister } from '../../x86/disasm.js';
import { fetchCode } from '../../x86/fetch.js';
import { REGISTER_INDEX, isRegisterName } from '../../x86/registers.js';
import type { ReportScene } from './report-scene.js';

/** Bits of RFLAGS. Source: Intel SDM vol. 1, 3.4.3 "EFLAGS Register" */
const FLAG_BITS: Readonly<Record<string, bigint>> = {
  TF: 1n << 8n,
  IF: 1n << 9n,
  DF: 1n << 10n,
  IOPL: 3n << 12n,
  NT: 1n << 14n,
  AC: 1n << 18n,
};

// The last row of registers in the step that differs from the one before. The row after the step is that of the next
// call, so what the last instruction, the return, changed is not seen.
const lastChange = (scene: ReportScene, register: number, mask: bigint): number | undefined => {
  const { recording, step } = scene;
  let before: bigint | undefined;
  let last: number | undefined;
  let at = step.from;
  for (const registers of recording.registerRows(step.from)) {
    if (at >= step.to) break;
    const value = registers[register]! & mask;
    if (before !== undefined && value !== before) last = at - 1;
    before = value;
    at += 1;
  }
  return last;
};

// Registers that a recording does not have: the instruction says what it writes.
const lastDecoded = (scene: ReportScene, register: string): number | undefined => {
  const { recording, step } = scene;
  const rip = REGISTER_INDEX.rip;
  const code = scene.stateAt(step.from); // code does not change
  const known = new Map<bigint, boolean>();
  let last: number | undefined;
  let at = step.from;
  for (const registers of recording.registerRows(step.from)) {
    if (at >= step.to) break;
    const address = registers[rip]!;
    let writes = known.get(address);
    if (writes === undefined) {
      const bytes = fetchCode(code, address);
      writes = bytes.length > 0 && writesRegister(bytes, address, register);
      known.set(address, writes);
    }
    if (writes) last = at;
    at += 1;
  }
  return last;
};

/**
 * The last instruction of the checked step that changed a register, or a flag, by its name.
 *
 * @param what `rbx`, `DF`, `IF`, `xmm3`, `mxcsr`
 * @returns `undefined` where the recording shows none
 */
export const lastWriterOf = (scene: ReportScene, what: string): number | undefined => {
  if (what === 'rsp') return scene.step.to - 1; // the return, which takes the address from there
  const bit = FLAG_BITS[what];
  if (bit !== undefined) return lastChange(scene, REGISTER_INDEX.rflags, bit);
  if (isRegisterName(what)) return lastChange(scene, REGISTER_INDEX[what], 0xffff_ffff_ffff_ffffn);
  return lastDecoded(scene, what);
};
