// The memory that the page shows: stacks and slab pages, as they were at state 0, and every write to them.

import { type Addr, PAGE_SIZE, hex } from '../base/address.js';
import type { Case } from '../reading/case.js';
import type { Recording } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { slabPageOf } from '../kernel/slab-identify.js';
import type { PageReads, PageRegion, PageWrites } from './page-data.js';
import type { Pool } from './track.js';

// Most memory that a page shows of a run, bytes.
export const MAX_MEMORY = 1 << 20;

interface ShownRegion {
  readonly start: Addr;
  readonly size: number; // bytes
  readonly name: string;
}

/** The shown regions of a recording, the most telling ones first where not all have room. */
export class ShownMemory {
  readonly regions: readonly ShownRegion[];

  /** @param important addresses whose regions come first, in their order */
  constructor(run: Case, important: readonly Addr[]) {
    const { recording, regions: all } = run;
    const chosen = new Set<ShownRegion>();
    let room = MAX_MEMORY;
    const take = (address: Addr): void => {
      const found = all.find(({ start, size }) => address >= start && address < start + BigInt(size));
      if (found === undefined || chosen.has(found) || found.size > room) return;
      chosen.add(found);
      room -= found.size;
    };
    for (const stack of stackTops(recording)) take(stack);
    important.forEach(take);
    const state = run.stateAt(0);
    for (const { address } of recording.header.world)
      if (slabPageOf(state, BigInt(address)) !== undefined) take(BigInt(address));
    this.regions = [...chosen];
  }

  /** Where an address lies in the shown regions. */
  find(address: Addr): { readonly region: number; readonly offset: number } | undefined {
    const region = this.regions.findIndex(
      ({ start, size }) => address >= start && address < start + BigInt(size),
    );
    return region < 0 ? undefined : { region, offset: Number(address - this.regions[region]!.start) };
  }
}

// One address for each page that RSP pointed into.
const stackTops = (recording: Recording): Addr[] => {
  const pages = new Map<bigint, Addr>();
  for (const registers of recording.registerRows()) {
    const rsp = registers[REGISTER_INDEX.rsp]!;
    pages.set(rsp / BigInt(PAGE_SIZE), rsp);
  }
  return [...pages.values()];
};

const GRAIN = 16; // bytes: how finely zeros are left out

const nonZero = (bytes: Uint8Array): [offset: number, bytes: string][] => {
  const runs: [number, string][] = [];
  let end = -1;
  for (let offset = 0; offset < bytes.length; offset += GRAIN) {
    const part = bytes.subarray(offset, offset + GRAIN);
    if (part.every((byte) => byte === 0)) continue;
    const text = Buffer.from(part).toString('hex');
    const last = runs.at(-1);
    if (last !== undefined && end === offset) last[1] += text;
    else runs.push([offset, text]);
    end = offset + GRAIN;
  }
  return runs;
};

/** The regions as they were before the first step. */
export const pageRegions = (run: Case, { regions }: ShownMemory): PageRegion[] => {
  const state = run.stateAt(0);
  // What the sandbox wrote before instruction 0 belongs to state 0.
  return regions.map(({ start, size, name }) => ({
    start: hex(start),
    size,
    name,
    initial: nonZero(state.read(start, size)),
  }));
};

const bytesText = (value: bigint, first: number, size: number): string => {
  let text = '';
  for (let index = first; index < first + size; index += 1)
    text += Number((value >> BigInt(index * 8)) & 0xffn)
      .toString(16)
      .padStart(2, '0');
  return text;
};

/** Every write after state 0 to the shown regions, in order. */
export const pageWrites = (recording: Recording, shown: ShownMemory, words: Pool<string>): PageWrites => {
  const writes = {
    gaps: [] as number[],
    region: [] as number[],
    offset: [] as number[],
    old: [] as number[],
    new: [] as number[],
    host: [] as (0 | 1)[],
  };
  let last = 0;
  for (let index = recording.accessesBefore(0); index < recording.accessCount; index += 1) {
    const access = recording.access(index);
    if (access.kind === 'read' || access.faulted) continue;
    // A write over the edge of a region: its parts.
    for (let first = 0; first < access.size;) {
      const place = shown.find(access.address + BigInt(first));
      if (place === undefined) {
        first += 1;
        continue;
      }
      const size = Math.min(access.size - first, shown.regions[place.region]!.size - place.offset);
      const state = access.instruction + (access.host ? 0 : 1);
      writes.gaps.push(state - last);
      writes.region.push(place.region);
      writes.offset.push(place.offset);
      for (const side of ['old', 'new'] as const) {
        const text = bytesText(access[side], first, size);
        writes[side].push(words.add(text, text));
      }
      writes.host.push(access.host ? 1 : 0);
      last = state;
      first += size;
    }
  }
  return writes;
};

/** Every read of the shown regions by an instruction, in order; one over the edge of a region is left out. */
export const pageReads = ({ accesses }: Recording, shown: ShownMemory): PageReads => {
  const reads = {
    gaps: [] as number[],
    region: [] as number[],
    offset: [] as number[],
    size: [] as number[],
  };
  let last = 0;
  for (let index = 0; index < accesses.count; index += 1) {
    if (accesses.isWrite(index) || accesses.isHost(index)) continue;
    const place = shown.find(accesses.address(index));
    if (place === undefined) continue;
    const size = accesses.size(index);
    if (place.offset + size > shown.regions[place.region]!.size) continue;
    const instruction = accesses.instruction(index);
    reads.gaps.push(instruction - last);
    reads.region.push(place.region);
    reads.offset.push(place.offset);
    reads.size.push(size);
    last = instruction;
  }
  return reads;
};
