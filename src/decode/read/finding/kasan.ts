// KASAN's reports.
// Sources: mm/kasan/report.c, v4.0 (`… at addr X`, the object as SLUB prints it), v4.9 (`Object at X, in cache`), v4.12
// (`The buggy address …`), v6.3 (`freed 256-byte region`, `Free of addr`) to v6.14; report_generic.c (frames, ranges).

import { defined } from '../../../base/defined.js';
import type { FoundObject } from './finding.js';
import { type CheckerTable, type Part, address, decimal, joined, namedTask, place } from './part.js';
import { TRACKS } from './track.js';

// `104 bytes inside of`, `0 bytes to the right of`: the second is counted from the end of the region.
const located = (bytes: string, where: string): Part => {
  const distance = Number(bytes);
  if (where.startsWith('inside')) return { direction: 'inside', object: { offset: distance } };
  return where.includes('left')
    ? { direction: 'left', object: { offset: -distance } }
    : { direction: 'right', facts: { beyond: bytes } };
};

const region = ([, state, size, from]: readonly (string | undefined)[], so: Part): Part => {
  const bytes = Number(size);
  const beyond = so.direction === 'right' ? decimal(so.facts?.['beyond']) : undefined;
  const object: FoundObject = defined({
    state: state === 'freed' ? ('freed' as const) : state === 'allocated' ? ('live' as const) : undefined,
    size: bytes,
    address: address(from),
    offset: beyond === undefined ? undefined : bytes + beyond,
  });
  return { object };
};

const MAX_VARIABLES = 64;

const frameVariable = ([, from, to, name]: readonly (string | undefined)[], so: Part): Part =>
  (so.object?.variables?.length ?? 0) >= MAX_VARIABLES
    ? {}
    : { object: { kind: 'stack', variables: [{ from: Number(from), to: Number(to), name: name! }] } };

export const KASAN: CheckerTable = {
  checker: 'KASAN',
  begins: [
    [
      /^BUG: KASAN: ([\w -]{1,60}?) on address\s{1,16}(\(null\)|(?:0x)?[0-9a-f]{1,16})/u,
      ([, bug, addr]) => defined({ bug: bug!, address: addr === '(null)' ? 0n : address(addr) }),
    ],
    [
      /^BUG: KASAN: ([\w -]{1,60}?)(?: in (\S.{0,300}?))?(?: at addr ([0-9a-f]{8,16}))?$/u,
      ([, bug, at, addr]) => ({
        ...defined({ bug: bug!, at: place(at), address: address(addr) }),
        // Before 6.3 no line says what was freed.
        ...(/^(?:double|invalid)-free\b/u.test(bug!) ? { access: 'free' as const } : {}),
      }),
    ],
    [
      /^KASAN: ([\w -]{1,60}?) in range \[0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\]/u,
      ([, bug, from, to]) => ({ bug: bug!, range: { from: address(from)!, to: address(to)! } }),
    ],
  ],
  adds: [
    // Inlined functions have a line each; the one with an offset is the last.
    [
      /^BUG: KASAN: [\w -]{1,60}? in ([A-Za-z_][\w.$]{0,200}\+0x.{1,200})$/u,
      ([, at]) => defined({ at: place(at) }),
    ],
    [
      /^(Read|Write|Free) (?:of|at) (?:size (\d{1,9}) (?:at )?)?(?:addr (?:0x)?([0-9a-f]{1,16}) )?by task (.{1,80})$/u,
      ([, access, size, addr, task]) =>
        defined({
          access: access === 'Read' ? 'read' : access === 'Write' ? 'write' : 'free',
          size: decimal(size),
          address: address(addr),
          by: namedTask(task),
        } as const),
    ],
    [
      /^The buggy address belongs to the object at ([0-9a-f]{8,16})/u,
      ([, addr]) => ({ object: defined({ kind: 'slab' as const, address: address(addr) }) }),
    ],
    [
      /^which belongs to the cache (\S{1,80}) of size (\d{1,9})/u,
      ([, cache, size]) => ({ object: { kind: 'slab', cache: cache!, cacheSize: Number(size) } }),
    ],
    [
      /^The buggy address is located (\d{1,9}) bytes (inside of|to the left of|to the right of)(?:(?:\s|#012|\[\s{0,12}[\d.]{1,20}\]){1,12}(freed |allocated )?(\d{1,9})-byte region \[([0-9a-f]{8,16}), )?/u,
      ([whole, bytes, where, state, size, from]) => {
        const part = located(bytes!, where!);
        // One line where a mail program joined them.
        return size === undefined ? part : joined(part, region([whole, state?.trim(), size, from], part));
      },
    ],
    [
      /^(freed |allocated )?(\d{1,9})-byte region \[([0-9a-f]{8,16}), /u,
      ([whole, state, size, from], so) => region([whole, state?.trim(), size, from], so),
    ],
    [
      /^Object at ([0-9a-f]{8,16}), in cache (\S{1,80})(?: size: (\d{1,9}))?/u,
      ([, addr, cache, size]) => ({
        object: defined({
          kind: 'slab' as const,
          address: address(addr),
          cache: cache!,
          cacheSize: decimal(size),
        }),
      }),
    ],
    [
      /^BUG (\S{1,80}) \(.{1,80}\): kasan: bad access detected/u,
      ([, cache]) => ({ object: { kind: 'slab', cache: cache! } }),
    ],
    [
      /^INFO: Object 0x([0-9a-f]{8,16}) @offset=(\d{1,9})/u,
      ([, addr]) => ({ object: defined({ address: address(addr) }) }),
    ],
    [
      /^(?:The buggy address belongs to stack of task|addr [0-9a-f]{8,16} is located in stack of task) (.{1,80}?)(?: at offset (\d{1,9}) in frame:?)?$/u,
      ([, , offset]) => ({ object: defined({ kind: 'stack' as const, offset: decimal(offset) }) }),
    ],
    [
      /^and is located at offset (\d{1,9}) in frame:/u,
      ([, offset]) => ({ object: { kind: 'stack', offset: Number(offset) } }),
    ],
    [/^\[(\d{1,9}), (\d{1,9})\) '([^']{1,80})'/u, frameVariable],
    [/^The buggy address belongs to the variable:/u, () => ({ object: { kind: 'global' } })],
    [
      /^The buggy address belongs to (?:a|the) (?:vmalloc )?virtual mapping/u,
      () => ({ object: { kind: 'vmalloc' } }),
    ],
    [
      /^\[([0-9a-f]{16}), ([0-9a-f]{16})\) (?:created by|allocated at)/u,
      ([, from, to]) => ({
        object: {
          kind: 'vmalloc',
          address: address(from)!,
          size: Number(address(to)! - address(from)!),
        },
      }),
    ],
    [
      /^([A-Za-z_.$][\w.$-]{0,200}\+0x[0-9a-f]{1,12}\/0x[0-9a-f]{1,12}.{0,80})$/u,
      ([, at], so) => {
        // The line after `in frame:` and `belongs to the variable:` is the only place that these want.
        const kind = so.object?.kind;
        const wants = (kind === 'stack' || kind === 'global') && so.object?.at === undefined;
        const named = wants ? place(at) : undefined;
        return named === undefined ? {} : { object: { at: named } };
      },
    ],
    ...TRACKS,
  ],
};
