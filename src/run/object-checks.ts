// The port from a SLAB heap to what debug options do with its objects. slab-debug.ts is one.

import type { Addr } from '../base/address.js';
import type { SlabGeometry } from '../kernel/slab-geometry.js';

/**
 * What a kernel's debug options do to objects. Here an object is its whole stride, as in array caches: what its user
 * gets begins `objectOffset` bytes later.
 */
export interface ObjectChecks {
  /** A slab is new: all its objects are free. */
  grown(geometry: SlabGeometry, first: Addr): void;
  /** The world has this object. */
  placed(geometry: SlabGeometry, object: Addr): void;
  /** It is handed out. */
  allocated(geometry: SlabGeometry, object: Addr): void;
  /** Somebody frees what he believes to be an object of this cache. */
  freeing(geometry: SlabGeometry, object: Addr, isObject: boolean): void;
}
