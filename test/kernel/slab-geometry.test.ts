// How SLAB cuts pages into objects.
import { describe, expect, it } from 'vitest';
import { kmallocCache, slabGeometry } from '../../src/kernel/slab-geometry.js';

describe('geometry', () => {
  // Source: mm/slab.c's arithmetic, done by hand for 4096-byte slabs; addresses of the talk confirm seven of them.
  it.each([
    ['size-32', 32, 112, 0x200, 0, undefined],
    ['size-64', 64, 59, 0x140, 0, undefined],
    ['size-128', 128, 30, 0xc0, 1, undefined],
    ['size-192', 192, 20, 0x80, 2, undefined],
    ['size-256', 256, 15, 0x80, 2, undefined],
    ['size-512', 512, 8, 0, undefined, 'size-128'],
    ['size-1024', 1024, 4, 0, undefined, 'size-64'],
    ['size-2048', 2048, 2, 0, undefined, 'size-64'],
    ['size-4096', 4096, 1, 0, undefined, 'size-64'],
    ['idr_layer_cache', 544, 7, 0x50, undefined, undefined],
    ['vm_area_struct', 184, 21, 0x88, undefined, undefined],
    ['filp', 256, 15, 0x80, 2, undefined],
  ] as const)('of %s', (name, stride, num, firstObject, colours, managedBy) => {
    expect(slabGeometry(name)).toMatchObject({
      stride,
      num,
      firstObject,
      managedBy,
      offSlab: managedBy !== undefined,
    });
    if (colours !== undefined && colours > 0) expect(slabGeometry(name)!.colours).toBeGreaterThanOrEqual(1);
  });

  it.each([
    [1, 'size-32'], [32, 'size-32'], [33, 'size-64'], [64, 'size-64'], [65, 'size-128'], [96, 'size-128'],
    [129, 'size-192'], [193, 'size-256'], [257, 'size-512'], [4096, 'size-4096'], [4097, undefined],
  ] as const)('kmalloc(%i) takes from %s', (size, cache) => expect(kmallocCache(size)).toBe(cache)); // prettier-ignore

  // Slides 4, 34, 36, 37, 38 and 44; a shmid_kernel lies 16 bytes into its object.
  it.each([
    ['size-32', 0xffff8803f382cc60n, 0, 83],
    ['size-32', 0xffff880192cecc00n, 0, 80],
    ['idr_layer_cache', 0xffff8804256a84d0n, 1, 2],
    ['vm_area_struct', 0xffff88016d2319e0n, 0, 13],
    ['vm_area_struct', 0xffff880158fea140n, 0, 1],
    ['filp', 0xffff8800148fcb80n, 0, undefined],
    ['filp', 0xffff88037a645680n, 0, undefined],
    ['size-64', 0xffff880008012f80n, 0, 57],
    ...[
      [0xffff880424c74b90n, 0], [0xffff8803792ed0d0n, 1], [0xffff8803790f5790n, 0], [0xffff880365da6b90n, 0],
      [0xffff88039f3169d0n, 1], [0xffff880365d75b90n, 0], [0xffff880365da6c90n, 0],
    ].map(([address, colour]) => ['size-256', (address as bigint) - 16n, colour as number, undefined] as const),
  ] as const)('%s has an object at the published address %s', (name, address, colour, index) => {
    const { firstObject, stride, num } = slabGeometry(name)!;
    const place = (Number(address & 0xfffn) - firstObject - 64 * colour) / stride;
    expect(Number.isInteger(place)).toBe(true);
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThan(num);
    if (index !== undefined) expect(place).toBe(index);
  }); // prettier-ignore
});
