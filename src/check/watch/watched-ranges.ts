// Which ranges of guest memory are watched while a checked call runs.

import type { Addr } from '../../base/address.js';
import type { World } from '../../run/world.js';

interface Range {
  readonly start: Addr;
  readonly size: number;
}

const isOwn = (world: World, rsp: Addr, { start, size }: Range): boolean => {
  const end = start + BigInt(size);
  const isStack = rsp - 8n >= start && rsp - 8n < end;
  const isPerCpu = start <= world.gsBase + 0x10000n && end > world.gsBase;
  return isStack || isPerCpu;
};

// All memory that the guest may write, except the stack, which belongs to the call, and the per-CPU area; `at` is where the
// bytes are in the memory's.
export const shadowedRanges = (world: World, rsp: Addr): (Range & { readonly at: number })[] => {
  const kept = world.memory.regions
    .filter((region) => region.protection === 'read-write' && !isOwn(world, rsp, region))
    .toSorted((a, b) => (a.start < b.start ? -1 : 1));
  const ranges: { start: Addr; size: number; at: number }[] = [];
  for (const { start, size } of kept) {
    const last = ranges.at(-1);
    const at = world.memory.locate(start);
    const joins =
      last !== undefined && last.start + BigInt(last.size) === start && last.at + last.size === at;
    if (joins) last.size += size;
    else ranges.push({ start, size, at });
  }
  return ranges;
};

// Few ranges that contain the shadowed ones: each costs every access of the guest a comparison.
export const watchedRanges = (world: World, rsp: Addr, shadowed: readonly Range[]): Range[] => {
  const own = world.memory.regions.filter((region) => isOwn(world, rsp, region)).map(({ start }) => start);
  const joined: { start: Addr; size: number }[] = [];
  for (const { start, size } of shadowed) {
    const last = joined.at(-1);
    const end = start + BigInt(size);
    const joins = last !== undefined && !own.some((address) => address > last.start && address < start);
    if (joins && end - last.start <= BigInt(Number.MAX_SAFE_INTEGER)) last.size = Number(end - last.start);
    else joined.push({ start, size });
  }
  return joined;
};
