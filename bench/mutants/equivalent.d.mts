import type { Prototype } from '../../src/kernel/symbols.js';

export function equivalences(
  bytes: Uint8Array,
  start: bigint,
  nameOf: (address: bigint) => string | undefined,
  prototypeOf: (name: string) => Prototype | undefined,
  returnType: string,
): { readonly reasonOf: (mutated: Uint8Array) => string | undefined; readonly close: () => void };
