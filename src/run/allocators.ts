// The allocators that there are: one row each. The only place that names one.

import type { PlanHeap } from './allocator.js';
import { planSlab } from './slab-plan.js';

/** Every allocator, by the kernel's file that it models; the first is the one of a scenario's world. */
export const ALLOCATORS: readonly { readonly name: string; readonly plan: PlanHeap }[] = [
  { name: 'mm/slab.c', plan: planSlab },
];

/** Plans the heap of a world. */
export const planHeap: PlanHeap = ALLOCATORS[0]!.plan;
