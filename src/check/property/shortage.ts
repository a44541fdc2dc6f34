// Whether the checked call got all the memory that it asked for.

import type { AllocationRequest, WatchedRun } from './property.js';

/** Larger requests get nothing from any kernel. Source: KMALLOC_MAX_SIZE, include/linux/slab.h, v3.0.101, with MAX_ORDER 11 */
const KMALLOC_MAX_SIZE = 4 << 20;

/** Whether kmalloc() takes a request of that size to a cache at all. Source: kmem_find_general_cachep(), mm/slab.c, v3.0.101 */
export const reachesCache = ({ size }: AllocationRequest): boolean => size > 0 && size <= KMALLOC_MAX_SIZE;

/**
 * Whether an allocation of the checked call got nothing that a kernel could have given: by a rule, or because the
 * scenario's heap has no room for it.
 */
export const gotNoMemory = ({ world, requests }: Pick<WatchedRun, 'world' | 'requests'>): boolean =>
  world.allocations.failed || requests.some((request) => request.address === 0n && reachesCache(request));
