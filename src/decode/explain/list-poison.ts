// What list_del() leaves in the entry that it removed, also with a displacement: container_of() of it, or a field.

import { isAtLeast } from '../read/release.js';

/** A list poison near a value: `value` is the poison plus `beyond`. */
interface NearListPoison {
  readonly name: 'LIST_POISON1' | 'LIST_POISON2';
  readonly poison: bigint;
  /** Bytes, signed; a multiple of 8 unless nothing nearer fits. */
  readonly beyond: bigint;
}

/** POISON_POINTER_DELTA. Source: CONFIG_ILLEGAL_POINTER_VALUE, arch/x86/Kconfig, v6.14; 0 before v2.6.31 */
const DELTA = 0xdead000000000000n;

// Source: include/linux/poison.h, v3.0 (100100, 200200), v4.4 (100, 200), v6.14 (100, 122). Distributions carry the
// newer ones to older releases, but none the old ones on.
const POISONS: readonly (readonly [NearListPoison['name'], bigint])[] = [
  ['LIST_POISON1', 0x100n],
  ['LIST_POISON2', 0x122n],
  ['LIST_POISON2', 0x200n],
];
const OLD: typeof POISONS = [
  ['LIST_POISON1', 0x100100n],
  ['LIST_POISON2', 0x200200n],
];

/** The largest offset of a list_head in its structure that is thought of. */
const MEMBER = 0x10000n;
const FIELD = 0x1000n;

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/**
 * The list poison that a value is, or lies near: up to 64 KiB before it, as container_of() does, or 4 KiB beyond.
 *
 * @param address the address that was accessed through the value: where this is a poison itself, it decides
 */
export const nearListPoison = (
  value: bigint,
  address?: bigint,
  release?: string,
): NearListPoison | undefined => {
  const all = isAtLeast(release, 4, 3) === true ? POISONS : [...POISONS, ...OLD];
  const near = all
    .map(([name, low]) => ({
      name,
      poison: DELTA + low,
      beyond: value - DELTA - low,
    }))
    .filter(({ beyond }) => beyond >= -MEMBER && beyond < FIELD);
  const exact = near.find(({ poison }) => poison === value) ?? near.find(({ poison }) => poison === address);
  if (exact !== undefined) return exact;
  const aligned = near.filter(({ beyond }) => beyond % 8n === 0n);
  return (aligned.length > 0 ? aligned : near).toSorted((a, b) =>
    magnitude(a.beyond) < magnitude(b.beyond) ? -1 : 1,
  )[0];
};
