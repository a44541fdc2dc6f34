// SLUB's reports of a damaged slab.
// Source: slab_bug(), slab_fix(), print_trailer(), check_bytes_and_report(), mm/slub.c, v2.6.22 (`INFO: `) to v6.14.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, type Part, facts, kernelAddress, place } from './part.js';
import { TRACKS } from './track.js';

// Rows of the dump that are kept, 16 bytes each.
const MAX_ROWS = 8;

const dumpRow = ([, what, at, bytes]: readonly (string | undefined)[], so: Part): Part => {
  const kept = Object.keys(so.facts ?? {}).filter((name) => name.includes(' ffff')).length;
  return kept >= MAX_ROWS ? {} : { facts: { [`${what!.trim()} ${at!}`]: bytes!.trim() } };
};

export const SLUB: CheckerTable = {
  checker: 'SLUB',
  begins: [
    [
      /^BUG (\S{1,80}) \((?:Not tainted|Tainted.{0,60})\): (.{1,160})$/u,
      ([, cache, bug]) => ({
        bug: bug!.trim(),
        object: { kind: 'slab', cache: cache! },
        ...(bug!.startsWith('Object already free') ? { access: 'free' as const } : {}),
      }),
    ],
    [
      /^kmem_cache_destroy (\S{1,80}): Slab cache still has objects(?: when called from (\S.{0,200}))?$/u,
      ([, cache, at]) => ({
        bug: 'Slab cache still has objects',
        object: { kind: 'slab', cache: cache! },
        ...defined({ at: place(at) }),
      }),
    ],
    [
      /^cache_from_obj: Wrong slab cache\. (\S{1,80}) but object is from (\S{1,80})/u,
      ([, cache, from]) => ({
        bug: 'Wrong slab cache',
        access: 'free',
        object: { kind: 'slab', cache: from! },
        facts: { freedTo: cache! },
      }),
    ],
  ],
  adds: [
    [
      /^(?:INFO: )?0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})(?: @offset=\d{1,9})?\. First byte 0x([0-9a-f]{1,2}) instead of 0x([0-9a-f]{1,2})/u,
      ([, from, to, found, expected]) => {
        const first = kernelAddress(from);
        const last = kernelAddress(to);
        return {
          ...(first === undefined || last === undefined
            ? {}
            : { range: { from: first, to: last }, address: first }),
          compared: 'byte',
          found: BigInt(`0x${found!}`),
          expected: BigInt(`0x${expected!}`),
        };
      },
    ],
    [
      /^(?:INFO: )?Object 0x([0-9a-f]{1,16}) @offset=(\d{1,9})(?: fp=0x([0-9a-f]{1,16}))?/u,
      ([, addr, offset, fp], so) => {
        const start = kernelAddress(addr);
        const at = so.address === undefined || start === undefined ? undefined : Number(so.address - start);
        return {
          object: defined({
            kind: 'slab' as const,
            address: start,
            offset: at !== undefined && Math.abs(at) < 1 << 20 ? at : undefined,
          }),
          ...facts({
            slabOffset: offset,
            freePointer: kernelAddress(fp) === undefined ? undefined : `0x${fp!}`,
          }),
        };
      },
    ],
    [
      /^(?:INFO: )?Slab 0x[0-9a-f]{1,16} objects=(\d{1,9}) used=(\d{1,9})/u,
      ([, objects, used]) => facts({ objects, used }),
    ],
    [
      /^((?:Left |Right )?(?:Redzone|Object|Padding)|Bytes b4)\s{1,4}(?:0x)?([0-9a-f]{16}): ((?:[0-9a-f]{2} ){1,16})/u,
      dumpRow,
    ],
    ...TRACKS,
  ],
};
