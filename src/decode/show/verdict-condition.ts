// The value that an assertion looked at: what the comparison before the trap compared.

import { hex } from '../../base/address.js';
import { OOPS_REGISTERS } from '../../oops/fields.js';
import { usesOf } from '../../x86/disasm.js';
import { readRegister } from '../../x86/register-parts.js';
import type { Claim, Statement, Sure } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { RegisterSet } from '../read/report.js';

/** A register that decided that the trap was reached. */
export interface Condition {
  readonly register: string; // of 64 bits
  /** The part of it that was compared: `dl`. */
  readonly name: string;
  readonly value: bigint;
  /** What the value looks like, or an empty text. */
  readonly detail: string;
  /** `shm_close+0x33 (cmp $0xfffffffffffff000,%rax)` */
  readonly compare: { readonly at: string; readonly text: string };
  readonly sure: Sure;
}

type Guarded = Statement & { readonly claim: Claim & { readonly kind: 'guarded' } };

/**
 * The register that the comparison before the trap looked at, where it still has the value that was compared.
 *
 * `undefined` where there is no such comparison, where it compares memory or several registers, or where an instruction
 * after it writes the register.
 */
export const conditionOf = (
  { trap, instructions, registers }: Explanation,
  set: RegisterSet | undefined,
): Condition | undefined => {
  const guard = trap.find((one): one is Guarded => one.claim.kind === 'guarded');
  const compare = guard?.claim.compare;
  if (guard === undefined || compare === undefined || compare === null || set === undefined) return undefined;
  const from = instructions.findIndex(({ at, text }) => at === compare.at && text === compare.text);
  if (from < 0) return undefined;
  const uses = instructions
    .slice(from)
    .map(({ bytes, current }) => (current ? undefined : usesOf(Buffer.from(bytes, 'hex'), 0n)))
    .filter((one) => one !== undefined);
  const [compared, ...later] = uses;
  if (compared === undefined || compared.memory.length > 0) return undefined;
  const known = new Set<string>(OOPS_REGISTERS);
  const reads = compared.registers.filter((one) => one.read);
  const [use] = reads;
  const register = use?.full;
  if (use === undefined || register === undefined || !known.has(register)) return undefined;
  // `test %rax,%rax` reads one register twice; a comparison of two is not about one value.
  if (reads.some((one) => one.register !== use.register)) return undefined;
  const written = (some: typeof uses): boolean =>
    some.some((one) => one.registers.some((use) => use.written && use.full === register));
  if (written([compared, ...later])) return undefined;
  const whole = set.values.get(register);
  const part = readRegister(use.register);
  if (whole === undefined || part === undefined) return undefined;
  const value = BigInt.asUintN(8 * part.size, whole >> BigInt(8 * part.first));
  const look = registers.find(
    (one) => one.about.kind === 'register' && one.about.name === register && one.claim.kind === 'looks-like',
  );
  // Of a part of the register, the look of the whole says nothing.
  const detail = part.size === 8 && look?.claim.kind === 'looks-like' ? look.claim.detail : '';
  return { register, name: use.register, value, detail, compare, sure: guard.sure };
};

/** `RAX is 0xffffffffffffffea: -22 = -EINVAL, as shm_close+0x33 (cmp …) compared`. */
export const conditionWords = ({ name, value, detail, compare }: Condition): string =>
  `${name.toUpperCase()} is ${hex(value)}${detail === '' ? '' : `: ${detail}`}, compared by ${compare.at} (${compare.text})`;
