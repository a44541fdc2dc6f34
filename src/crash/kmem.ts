// kmem: slab caches, slabs and objects, from the heap's own data in guest memory, with an integrity check.
// Source of the format: crash 7's kmem -s, -S.

import { type Addr, PAGE_SIZE, pageStart } from '../base/address.js';
import {
  type CacheInMemory,
  type SlabFinding,
  type SlabInMemory,
  formatSlabFinding,
  objectsOf,
} from '../kernel/slab.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import { parseAddress, readArguments } from './arguments.js';
import { nearest } from '../base/did-you-mean.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';

const CACHES = 'CACHE            NAME                 OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE';
const SLABS = 'SLAB              MEMORY            TOTAL  ALLOCATED  FREE';

const cacheLine = ({ cache, name, objectSize, num, slabs, allocated }: CacheInMemory): string =>
  [
    `${cache.toString(16)} ${name.padEnd(20)}`,
    String(objectSize).padStart(7),
    String(allocated).padStart(10),
    String(slabs.length * num).padStart(9),
    String(slabs.length).padStart(6),
    `${PAGE_SIZE / 1024}k`.padStart(6),
  ].join(' ');

/** Objects of a cache in per-CPU and shared array caches: which one holds each. */
const cachedObjects = ({ cpus, shared }: CacheInMemory): Map<Addr, string> =>
  new Map([
    ...cpus.flatMap((objects, cpu) => objects.map((object) => [object, `cpu ${cpu} cache`] as const)),
    ...shared.map((object) => [object, 'shared cache'] as const),
  ]);

const slabLine = (dump: Dump, cache: CacheInMemory, slab: SlabInMemory): string => {
  const free = objectsOf(cache, slab).filter((object) => dump.heap.free.has(object)).length;
  return [
    `${slab.slab.toString(16)}  ${slab.objects.toString(16)}`,
    String(cache.num).padStart(6),
    String(cache.num - free).padStart(10),
    String(free).padStart(5),
  ].join(' ');
};

const objectLine = (dump: Dump, object: Addr, cached: ReadonlyMap<Addr, string>): string => {
  if (!dump.heap.free.has(object)) return `  [${object.toString(16)}]`;
  const where = cached.get(object);
  return `   ${object.toString(16)}${where === undefined ? '' : `  (${where})`}`;
};

const isOf = (name: string, { where }: SlabFinding): boolean =>
  where === name || where.startsWith(`${name}: `);

const findingLines = (findings: readonly SlabFinding[]): string[] =>
  findings.map((finding) => `kmem: ${formatSlabFinding(finding)}`);

const cacheLines = (dump: Dump, cache: CacheInMemory, everything: boolean): string[] => {
  const lines = [cacheLine(cache)];
  if (everything) {
    const cached = cachedObjects(cache);
    for (const slab of cache.slabs) {
      lines.push(SLABS, slabLine(dump, cache, slab), 'FREE / [ALLOCATED]');
      for (const object of objectsOf(cache, slab)) lines.push(objectLine(dump, object, cached));
    }
  }
  return [...lines, ...findingLines(dump.heap.findings.filter((finding) => isOf(cache.name, finding)))];
};

const addressLines = (dump: Dump, address: Addr): string[] => {
  const place = identifySlabAddress(dump.memory, address);
  const cache = dump.heap.caches.find((one) => one.cache === place?.cache);
  const slab = cache?.slabs.find((one) => pageStart(one.objects) === place?.page);
  if (place === undefined || cache === undefined || slab === undefined) {
    const description = dump.heap.caches.find((one) => one.cache === address);
    if (description !== undefined) return [CACHES, ...cacheLines(dump, description, false)];
    return complain('kmem', `${address.toString(16)} is in no slab object that the heap's lists lead to`);
  }
  const lines = [CACHES, cacheLine(cache), SLABS, slabLine(dump, cache, slab)];
  if (place.kind === 'management')
    lines.push(`(${address.toString(16)} is management of this slab, no object)`);
  else lines.push('FREE / [ALLOCATED]', objectLine(dump, place.object, cachedObjects(cache)));
  const findings = dump.heap.findings.filter(
    (finding) => finding.where === `${cache.name}: slab 0x${slab.slab.toString(16)}`,
  );
  return [...lines, ...findingLines(findings)];
};

export const kmem: CrashCommand = {
  name: 'kmem',
  summary: 'the slab heap, and whether its data fits together',
  usage: '-s [CACHE | ADDRESS] | -S [CACHE] | ADDRESS',
  help: [
    '-s   caches, or one cache; of an address, its cache, slab and object',
    '-S   with every slab and object: [allocated], free, or free in an array cache',
    '',
    'Checks lists and their back pointers, counts against free lists, s_mem, colour and the owners of pages;',
    'findings follow the cache, with address, expected and found value.',
    '',
    '  crash> kmem -s',
    '  crash> kmem -s ffff8803f382cc60',
    '  crash> kmem -S size-32',
  ],
  run: ({ dump }, args) => {
    const options = readArguments('kmem', args, 'sS');
    const [name, ...more] = options.rest;
    if (more.length > 0) return complain('kmem', 'one cache or address at a time');
    const { caches, findings } = dump.heap;
    if (name === undefined) {
      if (!options.has('s') && !options.has('S')) return complain('kmem', 'give -s, -S or an address');
      const own = findings.filter((finding) => !caches.some((cache) => isOf(cache.name, finding)));
      return [
        CACHES,
        ...caches.flatMap((cache) => cacheLines(dump, cache, options.has('S'))),
        ...findingLines(own),
      ];
    }
    const cache = caches.find((one) => one.name === name);
    if (cache !== undefined) return [CACHES, ...cacheLines(dump, cache, options.has('S'))];
    const address = parseAddress(name, dump.symbols);
    if (address !== undefined) return addressLines(dump, address);
    const names = caches.map((one) => one.name);
    const near = nearest(name, names, 2);
    return complain(
      'kmem',
      `there is no cache "${name}"; ${near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`}`,
    );
  },
};
