// The addresses that an instruction reads or writes at.

import { type Addr } from '../base/address.js';
import type { Uses } from '../x86/disasm.js';
import { REGISTER_INDEX, isRegisterName } from '../x86/registers.js';

interface Operand {
  readonly address: Addr;
  readonly size: number; // bytes
}

/** Its memory operands, stack words included, with the registers before it; those of %fs and %gs are left out. */
export const addressesOf = ({ memory }: Uses, registers: BigUint64Array): Operand[] =>
  memory
    .filter(({ segment }) => segment === undefined)
    .map(({ base, index, scale, displacement, size }) => {
      const held = (name: string | undefined): bigint =>
        name !== undefined && isRegisterName(name) ? registers[REGISTER_INDEX[name]]! : 0n;
      return { address: BigInt.asUintN(64, held(base) + held(index) * BigInt(scale) + displacement), size };
    });
