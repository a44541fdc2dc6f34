// A pool as KFENCE has it: every other page is a guard, and each object has a page of its own between two of them, at its
// beginning or at its end. The rest of the page holds a pattern that is checked when the object is freed.
// KFENCE puts one allocation of many there, and chooses the side by chance; here all of a scenario's steps go there until
// the pool is full, to the side that is asked for.
// Source: mm/kfence/core.c, kfence.h and report.c, v5.13

import { type Addr, PAGE_SIZE, frameAddress, hex, pageStart } from '../base/address.js';
import type { WritableMemory } from '../kernel/memory.js';
import type { DetectorReport, DetectorSight } from './detector.js';
import type { PoolLayout, PoolObject } from './pool-heap.js';

/** Objects of a pool. Source: the default of CONFIG_KFENCE_NUM_OBJECTS */
export const KFENCE_OBJECTS = 255;

/** The first page frame of the pool. Invented, without a byte of zero in its address, as on a machine in use. */
const POOL_FRAME = 0x1c3f_9d20n;

const PAGE = BigInt(PAGE_SIZE);
const ALIGN = 8n; // of kmalloc()
const SHOWN = 16; // bytes of a pattern that a report shows

/** Bytes of the whole pool. */
export const KFENCE_POOL_SIZE = (KFENCE_OBJECTS + 1) * 2 * PAGE_SIZE;

/** Where the pool begins. */
export const KFENCE_POOL: Addr = frameAddress(POOL_FRAME);

/** What a byte of the page holds beside the object. Source: KFENCE_CANARY_PATTERN() */
const canary = (address: Addr): number => 0xaa ^ Number(address & 7n);

const canaries = (start: Addr, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => canary(start + BigInt(index)));

/** `kfence-#3` */
export const kfenceName = ({ number }: PoolObject): string => `kfence-#${number}`;

/** The line that says which object a report is about. */
export const kfenceObjectLine = (object: PoolObject): string => {
  const { address, requested, cache } = object;
  const last = address + BigInt(requested) - 1n;
  return `${kfenceName(object)}: ${hex(address)}-${hex(last)}, size=${requested}, cache=${cache}`;
};

/** A pool whose objects lie at the beginning of their page, after a guard, or at its end, before one. */
export const kfencePool = (side: 'left' | 'right'): PoolLayout => {
  let taken = 0;
  return {
    regions: [{ name: 'KFENCE pool', start: KFENCE_POOL, size: KFENCE_POOL_SIZE, protection: 'read-write' }],
    take: (requested) => {
      if (taken >= KFENCE_OBJECTS) return undefined;
      taken += 1;
      const page = KFENCE_POOL + BigInt(taken * 2) * PAGE;
      return side === 'left' ? page : (page + PAGE - BigInt(requested)) & ~(ALIGN - 1n);
    },
    usable: (requested) => requested,
    prepare: (memory, { address, requested }) => {
      for (const [start, size] of besides(address, requested)) memory.write(start, canaries(start, size));
    },
    check: checkCanaries,
    invalidFree: (address, object, sight) => ({
      kind: 'invalid free',
      address,
      lines: [
        `BUG: KFENCE: invalid free in ${sight.symbol(sight.caller())}`,
        '',
        `Invalid free of 0x${address.toString(16)}${object === undefined ? '' : ` (in ${kfenceName(object)})`}:`,
        ...(object === undefined ? [] : ['', kfenceObjectLine(object)]),
      ],
    }),
  };
};

/** What of an object's page lies before it and after it: start and bytes. */
export const besides = (address: Addr, requested: number): [Addr, number][] => {
  const page = pageStart(address);
  const end = address + BigInt(requested);
  return [
    [page, Number(address - page)],
    [end, Number(page + PAGE - end)],
  ];
};

// Source: check_canary(), KFENCE_ERROR_CORRUPTION of kfence_report_error()
const checkCanaries = (
  memory: WritableMemory,
  object: PoolObject,
  sight: DetectorSight,
): DetectorReport | undefined => {
  let report: DetectorReport | undefined;
  for (const [start, size] of besides(object.address, object.requested)) {
    sight.checked(size);
    const bytes = memory.read(start, size);
    const wrong = bytes.findIndex((byte, index) => byte !== canary(start + BigInt(index)));
    if (wrong < 0 || report !== undefined) continue;
    const at = start + BigInt(wrong);
    const shown = [...bytes.subarray(wrong, wrong + SHOWN)].map((byte, index) =>
      byte === canary(at + BigInt(index)) ? '.' : `0x${byte.toString(16).padStart(2, '0')}`,
    );
    report = {
      kind: 'canary',
      address: at,
      lines: [
        `BUG: KFENCE: memory corruption in ${sight.symbol(sight.caller())}`,
        '',
        `Corrupted memory at 0x${at.toString(16)} [ ${shown.join(' ')} ] (in ${kfenceName(object)}):`,
        '',
        kfenceObjectLine(object),
      ],
    };
  }
  return report;
};
