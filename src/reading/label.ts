// Names for addresses in a dump: symbols as crash(8) writes them, slab caches, objects and fields of the scenario.

import { type Addr, hex } from '../base/address.js';
import { fieldAt } from '../kernel/layout.js';
import { cacheNameAt, identifySlabAddress, slabPageOf } from '../kernel/slab-identify.js';
import type { Dump } from './dump.js';

/** The cache whose slab page the value points into; `undefined` when there is none, or its name cannot be read. */
export const cacheLabel = ({ memory }: Dump, value: Addr): string | undefined => {
  const page = slabPageOf(memory, value);
  return page === undefined ? undefined : cacheNameAt(memory, page.cache);
};

// The scenario's object that covers the address; of several the one that was named last.
const objectAt = ({ objects, structs }: Dump, address: Addr): string | undefined => {
  const found = objects.findLast(({ address: start, size, header }) => {
    const distance = address - BigInt(start);
    return distance >= BigInt(-header) && distance < BigInt(size);
  });
  if (found === undefined) return undefined;
  const offset = Number(address - BigInt(found.address));
  const struct = found.struct === null ? undefined : structs.find(found.struct);
  const field = struct === undefined || offset < 0 ? undefined : fieldAt(struct, offset);
  if (field === undefined)
    return offset === 0 ? found.name : `${found.name}${offset < 0 ? '-' : '+'}${hex(Math.abs(offset))}`;
  return `${found.name}: ${found.struct}.${field.path}${field.within === 0 ? '' : `+${hex(field.within)}`}`;
};

/**
 * What lies at an address, in a line: `size-32 ffff8803f382cc60+0x10, sfd: shm_file_data.file`.
 *
 * @returns the region's name where nothing more is known
 */
export const describeAddress = (dump: Dump, address: Addr): string => {
  const place = identifySlabAddress(dump.memory, address);
  const object = objectAt(dump, address);
  const named = object === undefined ? '' : `, ${object}`;
  if (place?.kind === 'object') {
    const offset = place.offset === 0 ? '' : `+${hex(place.offset)}`;
    const free = dump.heap.free.has(place.object) ? ' (free)' : '';
    return `${place.cacheName} ${place.object.toString(16)}${offset}${free}${named}`;
  }
  if (place?.kind === 'management') return `${place.cacheName}: management of its slab${named}`;
  const symbol = dump.symbols.crashName(address);
  if (symbol !== undefined) return `${symbol}${named}`;
  const region = dump.regions.find(({ start, size }) => address >= start && address < start + BigInt(size));
  return `${region?.name ?? 'not mapped'}${named}`;
};
