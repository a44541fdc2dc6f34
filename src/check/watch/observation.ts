// What is seen of a run in the candidate's code, instruction by instruction.

import type { Addr } from '../../base/address.js';

/** Two values that were compared; unsigned, in `bits`. */
export interface Compared {
  readonly pc: Addr;
  readonly left: bigint;
  readonly right: bigint;
  readonly bits: number;
}

/** What a run did in the candidate's code. */
export interface Observation {
  readonly executed: ReadonlySet<Addr>;
  /** Conditional instructions that ran, with the ways that they went: 1 not, 2 as the condition says, 3 both. */
  readonly branches: ReadonlyMap<Addr, number>;
  readonly compares: readonly Compared[];
}
