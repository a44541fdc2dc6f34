// A link of a chain: a step at which a value was made, compared, written by somebody else, or became stale.

import type { Place } from './place.js';

/** How a link leads to the one before it. */
export type By =
  | 'data'
  | 'address'
  | 'branch'
  | 'out-of-bounds write'
  | 'use after free'
  | 'double free'
  | 'stale memory'
  | 'uninitialised'
  | 'missing write'
  | 'initial state';

/** One link. */
export interface Link {
  /** Counts executed instructions over the whole recording, from 0; of what the sandbox did, the next instruction. */
  readonly step: number;
  /** `shm_close+0x3e`; of what the sandbox did, the step of the scenario. */
  readonly at: string;
  /** `ipc/shm.c:205`, where the line is known. */
  readonly line: string | undefined;
  readonly place: Place;
  /** `sfd.id`, `rax`, `result@ipc_lock` */
  readonly name: string;
  /** The value in the place, as a little-endian number; `undefined` where it is not recorded. */
  readonly value: bigint | undefined;
  readonly says: string;
  readonly by: By;
  /** Whether the step is of the control: there is no such step in this run. */
  readonly inControl?: true;
}
