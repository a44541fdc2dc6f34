// A kernel with a means to detect bugs in how memory is used: the heap that it runs on, and what it tells.

import type { Addr } from '../base/address.js';
import type { Machine } from '../machine/machine.js';
import type { Allocator, HeapPlan, PlanHeap } from './allocator.js';
import type { World } from './world.js';

/** What a detector tells when it is sure that something is wrong. */
export interface DetectorReport {
  readonly kind: 'red zone' | 'poison' | 'double free' | 'invalid free' | 'canary';
  /** The lines that the kernel prints, without levels, and without its stack trace. */
  readonly lines: readonly string[];
  /** What it is about. */
  readonly address: Addr;
}

/** What the checks of a detector see of the run, and whom they tell. */
export interface DetectorSight {
  /** The instruction after the call that is being served; where none is, an address that the kernel might have there. */
  caller(): Addr;
  /** `symbol+0x12/0x34` */
  symbol(address: Addr): string;
  /** The number of the object in its slab that its user knows by `address`; `undefined` where no object begins. */
  indexOf(address: Addr): number | undefined;
  /** A check looked at so many bytes. */
  checked(bytes: number): void;
  report(report: DetectorReport): void;
}

/** A heap that a run is made with in place of the usual one, anew for each run. */
export interface HeapVariant {
  readonly plan: PlanHeap;
  /** The run is about to begin. */
  begin?(run: {
    readonly world: World;
    readonly machine: Machine;
    /** Instructions executed so far. */
    readonly instructions: () => number;
    /** Events recorded so far. */
    readonly events: () => number;
  }): void;
}

/** A heap plan that tells its heap to somebody, once it is built. */
export const watchedPlan =
  (plan: PlanHeap, built: (heap: Allocator, plan: HeapPlan) => void): PlanHeap =>
  (scenario) => {
    const made = plan(scenario);
    return {
      ...made,
      build: (memory) => {
        const heap = made.build(memory);
        built(heap, made);
        return heap;
      },
    };
  };
