// Whether the checked call got all the memory that it asked for.

import { reachesCache } from '../../kernel/gfp.js';
import type { WatchedRun } from './property.js';

/**
 * Whether an allocation of the checked call got nothing that a kernel could have given: by a rule, or because the
 * scenario's heap has no room for it.
 */
export const gotNoMemory = ({ world, requests }: Pick<WatchedRun, 'world' | 'requests'>): boolean =>
  world.allocations.failed ||
  requests.some((request) => request.address === 0n && reachesCache(request.size));
