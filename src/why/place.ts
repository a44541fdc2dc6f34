// Where a value lies: bytes of the register file, flags, or bytes of memory.

import { type Addr, hex } from '../base/address.js';
import { partName } from '../x86/register-parts.js';
import { REGISTERS, REGISTER_INDEX } from '../x86/registers.js';

/** Bytes that hold a value. */
export type Place =
  /** Bytes of the register file: `at` is a register's index * 8, plus the byte in it. */
  | { readonly kind: 'register'; readonly at: number; readonly size: number }
  /** Bits of RFLAGS. */
  | { readonly kind: 'flags'; readonly mask: number }
  /** State that is followed as a whole: vector registers, control registers and the like. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'memory'; readonly address: Addr; readonly size: number };

/** A register's place, whole. */
export const registerPlace = (index: number): Place => ({ kind: 'register', at: index * 8, size: 8 });

/** The place of RIP. */
export const RIP_PLACE: Place = registerPlace(REGISTER_INDEX.rip);

/** `rax`, `sil`, `flags`, `[0xffff8803f382cc60:4]` */
export const placeText = (place: Place): string => {
  switch (place.kind) {
    case 'register':
      return place.at >> 3 === REGISTER_INDEX.rip
        ? 'rip'
        : partName(REGISTERS[place.at >> 3]!, place.at & 7, place.size);
    case 'flags':
      return 'flags';
    case 'rest':
      return 'other state';
    case 'memory':
      return `[${hex(place.address)}:${place.size}]`;
  }
};

const BITS = 12; // flags of arithmetic are among the low bits of RFLAGS

/** Each byte of a place, each flag of several. */
export const bytesIn = (place: Place): readonly Place[] => {
  switch (place.kind) {
    case 'register':
      return Array.from({ length: place.size }, (_, byte) => ({ ...place, at: place.at + byte, size: 1 }));
    case 'memory':
      return Array.from({ length: place.size }, (_, byte) => {
        const address = BigInt.asUintN(64, place.address + BigInt(byte));
        return { ...place, address, size: 1 };
      });
    case 'flags':
      return Array.from({ length: BITS }, (_, bit) => 1 << bit)
        .filter((bit) => (place.mask & bit) !== 0)
        .map((mask) => ({ kind: 'flags', mask }));
    case 'rest':
      return [place];
  }
};
