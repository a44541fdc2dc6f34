// The first instruction of the checked step that uses something that the call found: a byte, a register, or a flag.

import type { Addr } from '../../base/address.js';
import { readsState } from '../../x86/disasm.js';
import { fetchCode } from '../../x86/fetch.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import type { ReportScene } from './report-scene.js';

/** The first instruction of the step that read a byte, with the access; `undefined` where none did. */
export const firstRead = (
  { recording, step }: ReportScene,
  address: Addr,
): { readonly at: number; readonly address: Addr; readonly size: number } | undefined => {
  for (let index = recording.accessesBefore(step.from); index < recording.accessCount; index += 1) {
    const one = recording.access(index);
    if (one.instruction >= step.to) break;
    if (one.host || one.kind !== 'read') continue;
    if (address >= one.address && address < one.address + BigInt(one.size))
      return { at: one.instruction, address: one.address, size: one.size };
  }
  return undefined;
};

/**
 * The first instruction of the step that reads a register or a flag, other than to save it on the stack.
 *
 * @param name `rbx`, `xmm3`, `CF`
 */
export const firstUse = (scene: ReportScene, name: string): number | undefined => {
  const { recording, step } = scene;
  const rip = REGISTER_INDEX.rip;
  const code = scene.stateAt(step.from); // code does not change
  let at = step.from;
  for (const registers of recording.registerRows(step.from)) {
    if (at >= step.to) break;
    const address = registers[rip]!;
    const bytes = fetchCode(code, address);
    if (bytes.length > 0 && readsState(bytes, address, name)) return at;
    at += 1;
  }
  return undefined;
};
