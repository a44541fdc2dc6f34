// `allocation-flags`: whether the checked call asks for memory in a way that the allocator, or its caller, allows.

import { GFP_FLAGS, GFP_SLAB_BUG_MASK, formatGfp, reachesCache } from '../../kernel/gfp.js';
import type { ReportScene } from '../scene/report-scene.js';
import type { Addr } from '../../base/address.js';
import type { AllocationRequest, OwnFacts, Property, WatchedRun } from './property.js';

/** A request with flags that may not be. */
export interface WrongFlags {
  readonly property: 'allocation-flags';
  readonly flags: number;
  readonly size: number; // bytes
  readonly site: Addr; // where the request returns to
  /** The slab has no such memory; or the request may sleep where the call must not. */
  readonly why: 'refused' | 'sleeps';
}

const whyWrong = (
  { subject }: WatchedRun,
  { flags, interruptsOff }: AllocationRequest,
): WrongFlags['why'] | undefined => {
  if ((flags & GFP_SLAB_BUG_MASK) !== 0) return 'refused';
  const mustNot = subject.atomic || interruptsOff === true;
  return mustNot && (flags & GFP_FLAGS.__GFP_WAIT) !== 0 ? 'sleeps' : undefined;
};

const wrongIn = (run: WatchedRun): WrongFlags | undefined => {
  for (const request of run.requests) {
    // A request that no cache takes returns before its flags are looked at.
    const why = reachesCache(request.size) ? whyWrong(run, request) : undefined;
    if (why === undefined) continue;
    const { flags, size, site } = request;
    return { property: 'allocation-flags', flags, size, site, why };
  }
  return undefined;
};

const says = (scene: ReportScene, { flags, size, why }: WrongFlags): string => {
  const asks = `${scene.subject.function}() asks for ${size} bytes with the flags 0x${flags.toString(16)} (${formatGfp(flags)})`;
  return why === 'sleeps'
    ? `${asks}: __GFP_WAIT lets the allocator sleep, and this call must not.`
    : `${asks}: a slab has no memory for ${formatGfp((flags & GFP_SLAB_BUG_MASK) >>> 0)}, and cache_grow() runs into a BUG() when the cache needs another page.`;
};

/** Requests for memory have flags that the slab takes, and do not sleep where the call must not. */
export const allocationFlags: Property<WrongFlags> = {
  name: 'allocation-flags',
  breaks: 'asks for memory with flags that may not be',
  judge: (run, { phase }) => (phase === 'checked' ? wrongIn(run) : undefined),
  report: (scene, violation): OwnFacts => {
    const at = scene.returnOfStub(violation.site);
    return {
      kind: violation.why === 'sleeps' ? 'sleeping-allocation' : 'bad-allocation-flags',
      says: says(scene, violation),
      step: scene.subject.step,
      trace: at === undefined ? [] : scene.callersOfStub(at),
    };
  },
};
