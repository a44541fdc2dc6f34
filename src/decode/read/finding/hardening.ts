// The checks of hardened kernels: reference counters, copies from and to user space, the stack's canary, FORTIFY_SOURCE.
// Sources: lib/refcount.c, v4.11 to v6.14; usercopy_abort() and report_usercopy(), mm/usercopy.c, v4.8 to v6.14;
// __stack_chk_fail(), kernel/panic.c; __fortify_report(), lib/string_helpers.c, v6.8, fortify_panic(), lib/string.c, v4.13;
// fortify_memcpy_chk(), include/linux/fortify-string.h, v6.0.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, type Part, address, decimal, facts, place } from './part.js';

export const REFCOUNT: CheckerTable = {
  checker: 'refcount',
  begins: [[/^refcount_t: (.{1,80}?)\.?$/u, ([, bug]) => ({ bug: bug! })]],
  adds: [],
};

// `SLUB object 'kmalloc-64'`, `kernel text`, `process stack`, `vmalloc`. Only of objects the offset means anything.
const copied = ([, what, way, object, quoted, offset, size]: readonly (string | undefined)[]): Part => ({
  bug: `memory ${what!}`,
  access: what === 'exposure' ? 'read' : 'write',
  direction: way === 'from' ? 'from' : 'to',
  ...defined({ size: decimal(size) }),
  ...(/^SL[AU]B object/u.test(object ?? '')
    ? { object: defined({ kind: 'slab' as const, cache: quoted, offset: decimal(offset) }) }
    : {}),
  ...facts({ memory: object?.trim() }),
});

export const USERCOPY: CheckerTable = {
  checker: 'usercopy',
  begins: [
    [
      /^(?:usercopy: )?(?:Bad or missing usercopy whitelist\? )?[Kk]ernel memory (exposure|overwrite) attempt detected (from|to) ([^'(]{1,60}?)(?: '([^']{1,80})')? \(offset (\d{1,20}), size (\d{1,20})\)/u,
      copied,
    ],
    [
      /^(?:usercopy: )?kernel memory (exposure|overwrite) attempt detected (from|to) (?:0x)?([0-9a-f]{8,16}|\(null\)) \((.{1,80}?)\) \((\d{1,20}) bytes\)/u,
      ([, what, way, addr, memory, bytes]) => ({
        bug: `memory ${what!}`,
        access: what === 'exposure' ? 'read' : 'write',
        direction: way === 'from' ? 'from' : 'to',
        ...defined({ size: decimal(bytes), address: address(addr) }),
        ...(/^[a-z]\S*$/u.test(memory!) ? { object: { kind: 'slab' as const, cache: memory! } } : {}),
        facts: { memory: memory! },
      }),
    ],
  ],
  adds: [],
};

export const STACK_PROTECTOR: CheckerTable = {
  checker: 'stack protector',
  begins: [
    [
      /^(?:Kernel panic - not syncing: )?stack-protector: Kernel stack is corrupted in: ?(.{0,300})$/u,
      ([, at]) => ({
        bug: 'kernel stack is corrupted',
        access: 'write',
        object: { kind: 'stack' },
        ...defined({ at: place(at) }),
      }),
    ],
  ],
  adds: [],
};

export const FORTIFY: CheckerTable = {
  checker: 'fortify',
  begins: [
    [
      /^(\w{1,40}): detected buffer overflow(?:: (\d{1,20}) byte (read|write) of buffer size (\d{1,20}))?/u,
      ([, name, size, access, buffer]) => ({
        bug: 'buffer overflow',
        ...defined({ size: decimal(size) }),
        ...(access === 'read' || access === 'write' ? { access } : {}),
        ...(buffer === undefined ? {} : { object: defined({ size: decimal(buffer) }) }),
        facts: { function: name! },
      }),
    ],
    [
      /^detected buffer overflow in (\w{1,40})/u,
      ([, name]) => ({ bug: 'buffer overflow', facts: { function: name! } }),
    ],
    [
      /^(\w{1,40}): detected field-spanning (read|write) \(size (\d{1,20})\) of (?:single )?field "([^"]{1,160})" at (\S{1,250}):(\d{1,9}) \(size (\d{1,20})\)/u,
      ([, name, access, size, field, file, line, room]) => ({
        bug: `field-spanning ${access!}`,
        access: access === 'read' ? 'read' : 'write',
        ...defined({ size: decimal(size) }),
        object: defined({ size: decimal(room) }),
        facts: { function: name!, field: field!, file: file!, line: line! },
      }),
    ],
  ],
  adds: [],
};
