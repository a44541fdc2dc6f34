import type { Instruction } from '../../src/x86/disasm.js';

export interface Mutant {
  /** Place and mistake: `+0x43 displacement+1`. */
  readonly id: string;
  readonly operator: string;
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface Change {
  readonly at: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export function mutantsOf(
  bytes: Uint8Array,
  start: bigint,
  nameOf?: (address: bigint) => string | undefined,
): Mutant[];

export function changesOf(
  bytes: Uint8Array,
  mutated: Uint8Array,
  start: bigint,
  decode: (bytes: Uint8Array, start: bigint) => readonly Pick<Instruction, 'address' | 'text'>[],
): Change[];
