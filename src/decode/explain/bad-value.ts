// The value that made an instruction trap: what the verdict names.

import type { Sure } from '../code/statement.js';

/** What a bad value is. */
export const BAD_KINDS = [
  'NULL',
  'near NULL', // a small number: a field of NULL, or an index
  'container of NULL', // a small negative number: container_of(NULL)
  'error pointer', // ERR_PTR(), also with a displacement
  'list poison', // LIST_POISON1 or 2, also with a displacement
  'freed pattern', // 0x6b…, 0x5a… and other patterns of freed or never written memory
  'other poison', // TIMER_ENTRY_STATIC, KEY_DESTROY …
  'flipped bit', // one bit away from a plausible pointer
  'shifted pointer', // a pointer at the wrong byte offset, or shifted
  'text', // characters where a pointer should be
  'KASAN shadow', // the check of an address: `value` is that address
  'not canonical',
  'user address',
  'kernel address', // looks right, and is not mapped or not writable
  'stack bounds', // RSP out of its stack, or a guard page
  'zero divisor',
  'overflowing quotient',
  'code address', // a jump to an address that holds no code
  'other',
] as const;

export type BadKind = (typeof BAD_KINDS)[number];

/** A bad value, where it was, and what it means. */
export interface BadValue {
  readonly kind: BadKind;
  readonly value: bigint;
  /** `RBX`, or the memory operand as written where no register alone is bad: `0x2e0(%rbx)`. */
  readonly holder: string;
  /** The register that the origin is asked of: `rbx`; absent where it is not one. */
  readonly register?: string;
  /** Set where the holder has the value in another form, with which the detail begins: an address as its KASAN shadow. */
  readonly indirect?: true;
  /** In words, as the second half of a sentence: `LIST_POISON1, which list_del() leaves in next`. */
  readonly detail: string;
  readonly sure: Sure;
}
