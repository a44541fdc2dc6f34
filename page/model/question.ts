// Which object a step is about, where the reader has chosen none: the one that the instruction touches, or the last one
// that was touched; before that, the one of the overrun. Knows no screen.

import { type Overrun, type Slab, slabAt } from './heap.js';
import type { Touches } from './touched.js';

// The first byte of the object that an address lies in.
const startOf = (slabs: readonly Slab[], address: bigint): bigint | undefined => {
  const slab = slabAt(slabs, address);
  const index = slab?.indexOf(address) ?? -1;
  return slab === undefined || index < 0 ? undefined : slab.addressOf(index);
};

/** Its first byte; undefined where the run has no slab page that is shown. */
export const objectInQuestion = (
  touches: Touches,
  slabs: readonly Slab[],
  overrun: Overrun | undefined,
  state: number,
): bigint | undefined => {
  const touched = touches.lastInSlabs(state, (address) => startOf(slabs, address));
  return touched ?? overrun?.start ?? slabs[0]?.addressOf(0);
};
