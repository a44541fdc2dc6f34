// What checkers say, as fields: one invented text for each form that a kernel prints.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/decode/read/finding/finding.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport, ReportKind } from '../../src/decode/read/report.js';
import { findingWords } from '../../src/decode/show/finding-words.js';

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const RUNNING = 'CPU: 2 PID: 711 Comm: frobd Not tainted 6.1.9-frob #3';
const TRACE = `${RUNNING}
Call Trace:
 <TASK>
 dump_stack_lvl+0x45/0x60
 frob_use+0x21/0x90
 </TASK>`;

type Row = readonly [
  name: string,
  text: string,
  kind: ReportKind,
  finding: unknown,
  words: readonly RegExp[],
];

const KASAN: readonly Row[] = [
  [
    'a freed object',
    `BUG: KASAN: slab-use-after-free in frob_use+0x21/0x90
Write of size 4 at addr ffff888104440a08 by task frob/2/711

${TRACE}

Allocated by task 600:
 kasan_save_stack+0x1e/0x40
 __kmalloc+0x55/0xa0
 frob_make+0x40/0x80

Freed by task 611:
 kasan_save_stack+0x1e/0x40
 kfree+0x90/0x1a0
 frob_drop+0x15/0x30

The buggy address belongs to the object at ffff888104440a00
 which belongs to the cache kmalloc-64 of size 64
The buggy address is located 8 bytes inside of
 freed 64-byte region [ffff888104440a00, ffff888104440a40)`,
    'kasan',
    {
      checker: 'KASAN',
      bug: 'slab-use-after-free',
      access: 'write',
      size: 4,
      address: 0xffff888104440a08n,
      by: { comm: 'frob/2', pid: 711 },
      at: { symbol: 'frob_use', offset: 0x21 },
      direction: 'inside',
      object: {
        kind: 'slab',
        address: 0xffff888104440a00n,
        size: 64,
        cache: 'kmalloc-64',
        cacheSize: 64,
        offset: 8,
        state: 'freed',
      },
      allocatedBy: { pid: 600, trace: 1 },
      freedBy: { pid: 611, trace: 2 },
    },
    [
      /^KASAN: slab-use-after-free: a write of 4 bytes at 0xffff888104440a08 by frob\/2, PID 711, in frob_use\+0x21\/0x90$/,
      /^It lies 8 bytes inside a freed object of 64 bytes at 0xffff888104440a00 from kmalloc-64$/,
      /^Allocated by PID 600 in frob_make$/,
      /^Freed by PID 611 in frob_drop$/,
    ],
  ],
  [
    'the end of an object',
    `BUG: KASAN: slab-out-of-bounds in frob_use+0x21/0x90
Read of size 1 at addr ffff888104440a30 by task frobd/711
${TRACE}
The buggy address belongs to the object at ffff888104440a00
 which belongs to the cache kmalloc-64 of size 64
The buggy address is located 8 bytes to the right of
 allocated 40-byte region [ffff888104440a00, ffff888104440a28)`,
    'kasan',
    {
      access: 'read',
      size: 1,
      direction: 'right',
      object: { size: 40, offset: 48, state: 'live', cacheSize: 64 },
    },
    [/^KASAN: /, /^It lies 8 bytes past the end of a live object of 40 bytes/],
  ],
  [
    'in front of an object, as before 6.3',
    `BUG: KASAN: slab-out-of-bounds in frob_use+0x21/0x90
Read of size 2 at addr ffff8881044409fe by task frobd/711
${TRACE}
The buggy address belongs to the object at ffff888104440a00
 which belongs to the cache kmalloc-64 of size 64
The buggy address is located 2 bytes to the left of
 64-byte region [ffff888104440a00, ffff888104440a40)`,
    'kasan',
    { direction: 'left', object: { size: 64, offset: -2 } },
    [/^KASAN: /, /^It lies 2 bytes in front of an object of 64 bytes/],
  ],
  [
    'the frame of a function',
    `BUG: KASAN: stack-out-of-bounds in frob_parse+0x90/0x200
Write of size 1 at addr ffffc90000a7f9d0 by task frobd/711
${TRACE}
The buggy address belongs to stack of task frobd/711
 and is located at offset 80 in frame:
 frob_parse+0x0/0x200

This frame has 2 objects:
 [32, 36) 'count'
 [48, 80) 'name'`,
    'kasan',
    {
      object: {
        kind: 'stack',
        offset: 80,
        at: { symbol: 'frob_parse', offset: 0 },
        variables: [
          { from: 32, to: 36, name: 'count' },
          { from: 48, to: 80, name: 'name' },
        ],
      },
    },
    [
      /^KASAN: /,
      /80 bytes inside a frame on the stack of frob_parse/,
      /count \[32, 36\), name \[48, 80\); it is after name$/,
    ],
  ],
  [
    'a variable',
    `BUG: KASAN: global-out-of-bounds in frob_use+0x21/0x90
Read of size 8 at addr ffffffffc0a41260 by task frobd/711
${TRACE}
The buggy address belongs to the variable:
 frob_table+0x60/0xfffffffffffff8a0 [frob]`,
    'kasan',
    { object: { kind: 'global', at: { symbol: 'frob_table', offset: 0x60 } } },
    [/^KASAN: global-out-of-bounds/, /variable .*frob_table\+0x60/],
  ],
  [
    'a vmalloc area',
    `BUG: KASAN: vmalloc-out-of-bounds in frob_use+0x21/0x90
Write of size 16 at addr ffffc90001a02000 by task frobd/711
${TRACE}
The buggy address belongs to the virtual mapping at
 [ffffc90001a00000, ffffc90001a03000) created by:
 frob_map+0x30/0x60`,
    'kasan',
    { object: { kind: 'vmalloc', address: 0xffffc90001a00000n, size: 0x3000 } },
    [/^KASAN: /, /vmalloc area has 12288 bytes/],
  ],
  [
    'a free of what is free',
    `BUG: KASAN: double-free in frob_drop+0x15/0x30
Free of addr ffff888104440a00 by task frobd/711
${TRACE}`,
    'kasan',
    { bug: 'double-free', access: 'free', address: 0xffff888104440a00n, at: { symbol: 'frob_drop' } },
    [/^KASAN: double-free: a free of 0xffff888104440a00 by frobd, PID 711, in frob_drop\+0x15\/0x30$/],
  ],
  [
    'the layout of 4.0',
    `BUG: KASAN: use-after-free in frob_use+0x21/0x90 at addr ffff880104440a08
Read of size 8 by task frobd/711
=============================================================================
BUG kmalloc-96 (Not tainted): kasan: bad access detected
-----------------------------------------------------------------------------

INFO: Allocated in frob_make+0x40/0x80 age=21 cpu=1 pid=600
	___slab_alloc+0x4ab/0x4f0
	frob_make+0x40/0x80
INFO: Freed in frob_drop+0x15/0x30 age=3 cpu=2 pid=611
	__slab_free+0x1ea/0x2f0
	frob_drop+0x15/0x30
INFO: Object 0xffff880104440a00 @offset=2560 fp=0xbbbbbbbbbbbbbbbb
${TRACE}`,
    'kasan',
    {
      access: 'read',
      size: 8,
      address: 0xffff880104440a08n,
      object: { cache: 'kmalloc-96', address: 0xffff880104440a00n },
      allocatedBy: { pid: 600, cpu: 1, at: { symbol: 'frob_make' }, trace: 0 },
      freedBy: { pid: 611, cpu: 2, at: { symbol: 'frob_drop' }, trace: 1 },
    },
    [
      /^KASAN: use-after-free/,
      /from kmalloc-96$/,
      /^Allocated by PID 600 in frob_make, on CPU 1$/,
      /^Freed by PID 611/,
    ],
  ],
  [
    'the layout of 4.9',
    `BUG: KASAN: use-after-free in frob_use+0x21/0x90 at addr ffff880104440a08
Write of size 8 by task frobd/711
${TRACE}
Object at ffff880104440a00, in cache kmalloc-32 size: 32
Allocated:
PID = 600
 [<ffffffff81234567>] frob_make+0x40/0x80
Freed:
PID = 611
 [<ffffffff81234599>] frob_drop+0x15/0x30`,
    'kasan',
    {
      object: { cache: 'kmalloc-32', cacheSize: 32, address: 0xffff880104440a00n },
      allocatedBy: { pid: 600, trace: 1 },
      freedBy: { pid: 611, trace: 2 },
    },
    [/^KASAN: /, /kmalloc-32/, /^Allocated by PID 600 in frob_make$/, /^Freed by PID 611 in frob_drop$/],
  ],
  [
    'what a bad address stands for',
    `general protection fault, probably for non-canonical address 0xdffffc0000000003: 0000 [#1] SMP KASAN
KASAN: null-ptr-deref in range [0x0000000000000018-0x000000000000001f]
${RUNNING}
RIP: 0010:frob_use+0x21/0x90
RAX: dffffc0000000000 RBX: 0000000000000000 RCX: 0000000000000003`,
    'gpf',
    { checker: 'KASAN', bug: 'null-ptr-deref', range: { from: 0x18n, to: 0x1fn } },
    [/^KASAN: null-ptr-deref$/, /from 0x18 to 0x1f$/],
  ],
];

const KFENCE: readonly Row[] = [
  [
    'behind an object',
    `BUG: KFENCE: out-of-bounds write in frob_use+0x21/0x90

Out-of-bounds write at 0xffff888237a0c010 (16B right of kfence-#81):
 frob_use+0x21/0x90
 frob_run+0x14/0x50

kfence-#81: 0xffff888237a0c000-0xffff888237a0c00f, size=16, cache=kmalloc-16

allocated by task 600 on cpu 3 at 77.100001s (2.500s ago):
 frob_make+0x40/0x80

${RUNNING}`,
    'kasan',
    {
      checker: 'KFENCE',
      bug: 'out-of-bounds',
      access: 'write',
      address: 0xffff888237a0c010n,
      direction: 'right',
      object: { address: 0xffff888237a0c000n, size: 16, cache: 'kmalloc-16', offset: 16, state: 'live' },
      allocatedBy: { pid: 600, cpu: 3, trace: 1 },
    },
    [
      /^KFENCE: out-of-bounds/,
      /^It lies 0 bytes past the end of a live object of 16 bytes/,
      /in frob_make, on CPU 3$/,
    ],
  ],
  [
    'a freed object, in the layout of 5.12',
    `BUG: KFENCE: use-after-free read in frob_use+0x21/0x90

Use-after-free read at 0xffff888237a0e004 (in kfence-#90):
 frob_use+0x21/0x90

kfence-#90 [0xffff888237a0e000-0xffff888237a0e01f, size=32, cache=frob_cache] allocated by task 600:
 frob_make+0x40/0x80

freed by task 611:
 frob_drop+0x15/0x30

${RUNNING}`,
    'kasan',
    {
      access: 'read',
      object: { size: 32, cache: 'frob_cache', offset: 4, state: 'freed' },
      allocatedBy: { pid: 600, trace: 1 },
      freedBy: { pid: 611, trace: 2 },
    },
    [
      /^KFENCE: use-after-free/,
      /4 bytes inside a freed object/,
      /^Allocated by PID 600 in frob_make$/,
      /^Freed by PID 611 in frob_drop$/,
    ],
  ],
  [
    'bytes around an object',
    `BUG: KFENCE: memory corruption in frob_drop+0x15/0x30

Corrupted memory at 0xffff888237a0efe8 [ 0x00 . . . . . . . ] (in kfence-#91):
 frob_drop+0x15/0x30

kfence-#91: 0xffff888237a0efd0-0xffff888237a0efe7, size=24, cache=kmalloc-32
${RUNNING}`,
    'kasan',
    { bug: 'memory corruption', address: 0xffff888237a0efe8n, object: { size: 24, offset: 24 } },
    [/^KFENCE: memory corruption/, /0 bytes past the end of an object of 24 bytes/, /0x00/],
  ],
  [
    'a free of what was no object',
    `BUG: KFENCE: invalid free in frob_drop+0x15/0x30

Invalid free of 0xffff888237a0e004 (in kfence-#90):
 frob_drop+0x15/0x30

${RUNNING}`,
    'kasan',
    { bug: 'invalid free', access: 'free', address: 0xffff888237a0e004n },
    [/^KFENCE: invalid free/],
  ],
];

const OTHERS: readonly Row[] = [
  [
    'a data race',
    `BUG: KCSAN: data-race in frob_get / frob_put

write to 0xffff888104440a10 of 4 bytes by task 711 on cpu 2:
 frob_put+0x30/0x50
 frob_run+0x14/0x50

read (marked) to 0xffff888104440a10 of 4 bytes by interrupt on cpu 0:
 frob_get+0x12/0x20
 frob_irq+0x44/0x90

value changed: 0x00000001 -> 0x00000000

Reported by Kernel Concurrency Sanitizer on:
${RUNNING}`,
    'kasan',
    {
      checker: 'KCSAN',
      bug: 'data-race',
      at: { symbol: 'frob_get' },
      other: { symbol: 'frob_put' },
      size: 4,
      address: 0xffff888104440a10n,
      accesses: [
        { access: 'write', marked: false, pid: 711, cpu: 2, trace: 0 },
        { access: 'read', marked: true, interrupt: true, cpu: 0, trace: 1 },
      ],
      facts: { before: '0x00000001', after: '0x00000000' },
    },
    [
      /^KCSAN: data-race/,
      /^a write of 4 bytes at 0xffff888104440a10 by PID 711 on CPU 2$/,
      /^a read \(marked\) .* by an interrupt on CPU 0$/,
      /value before/,
    ],
  ],
  [
    'a race whose other side nobody saw',
    `BUG: KCSAN: data-race in frob_get

race at unknown origin, with read to 0xffff888104440a10 of 8 bytes by task 711 on cpu 2:
 frob_get+0x12/0x20

value changed: 0x0000000000000001 -> 0x0000000000000003
${RUNNING}`,
    'kasan',
    { accesses: [{ access: 'read', unknownOrigin: true, size: 8 }] },
    [/^KCSAN/, /the other access was not seen$/, /value before/],
  ],
  [
    'a value that was never written',
    `=====================================================
BUG: KMSAN: uninit-value in frob_use+0x21/0x90
 frob_use+0x21/0x90
 frob_run+0x14/0x50

Uninit was stored to memory at:
 frob_copy+0x31/0x70

Uninit was created at:
 __kmalloc+0x55/0xa0
 frob_make+0x40/0x80

Bytes 4-7 of 16 are uninitialized
Memory access of size 16 starts at ffff888104440a00

${RUNNING}`,
    'kasan',
    {
      checker: 'KMSAN',
      bug: 'uninit-value',
      size: 16,
      address: 0xffff888104440a00n,
      facts: { bytes: '4-7', of: '16' },
      storedBy: { trace: 1 },
      allocatedBy: { trace: 2 },
    },
    [
      /^KMSAN: uninit-value/,
      /^Bytes 4-7 of 16 are not initialised$/,
      /^Created in frob_make$/,
      /^Stored in frob_copy$/,
    ],
  ],
  [
    'an index',
    `UBSAN: array-index-out-of-bounds in drivers/frob/core.c:120:30
index 15 is out of range for type 'u8 [8]'
${TRACE}`,
    'kasan',
    {
      checker: 'UBSAN',
      bug: 'array-index-out-of-bounds',
      value: '15',
      type: 'u8 [8]',
      facts: { file: 'drivers/frob/core.c', line: '120', column: '30' },
    },
    [/^UBSAN: array-index/, /^The value is 15, the type u8 \[8\]$/],
  ],
  [
    'a shift',
    `UBSAN: shift-out-of-bounds in drivers/frob/core.c:121:3
shift exponent 64 is too large for 64-bit type 'long unsigned int'
${TRACE}`,
    'kasan',
    { bug: 'shift-out-of-bounds', value: '64', type: 'long unsigned int', facts: { bits: '64' } },
    [/^UBSAN/, /^The value is 64/],
  ],
  [
    'an overflow in the words of 4.5',
    `UBSAN: Undefined behaviour in drivers/frob/core.c:99:12
signed integer overflow:
2147483647 + 7 cannot be represented in type 'int'
${TRACE}`,
    'kasan',
    { bug: 'signed-integer-overflow', value: '2147483647 + 7', type: 'int' },
    [/^UBSAN: signed-integer-overflow/, /2147483647 \+ 7/],
  ],
  [
    'a bool that is none',
    `UBSAN: invalid-load in drivers/frob/core.c:77:6
load of value 107 is not a valid value for type '_Bool'
${TRACE}`,
    'kasan',
    { bug: 'invalid-load', value: '107', type: '_Bool' },
    [/^UBSAN/, /107/],
  ],
  [
    'a red zone',
    `=============================================================================
BUG kmalloc-64 (Tainted: G    B  W): Right Redzone overwritten
-----------------------------------------------------------------------------

0xffff888104440a40-0xffff888104440a43 @offset=2624. First byte 0x41 instead of 0xcc
Allocated in frob_make+0x40/0x80 age=24 cpu=1 pid=600
 ___slab_alloc+0x4ab/0x4f0
 frob_make+0x40/0x80
Freed in frob_drop+0x15/0x30 age=90 cpu=2 pid=611
 frob_drop+0x15/0x30
Slab 0xffffea0004111000 objects=16 used=5 fp=0xffff888104440b00 flags=0x200
Object 0xffff888104440a00 @offset=2560 fp=0xffff888104440b00

Redzone  ffff888104440a00: cc cc cc cc cc cc cc cc                          ........
Object   ffff888104440a00: 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41  AAAAAAAAAAAAAAAA
${TRACE}`,
    'other-bug',
    {
      checker: 'SLUB',
      bug: 'Right Redzone overwritten',
      address: 0xffff888104440a40n,
      range: { from: 0xffff888104440a40n, to: 0xffff888104440a43n },
      found: 0x41n,
      expected: 0xccn,
      object: { cache: 'kmalloc-64', address: 0xffff888104440a00n, offset: 64 },
      allocatedBy: { pid: 600, cpu: 1, at: { symbol: 'frob_make' } },
      freedBy: { pid: 611 },
      facts: { objects: '16', used: '5' },
    },
    [
      /^SLUB: Right Redzone overwritten/,
      /first damaged byte is 0x41, it should be 0xcc/,
      /64 bytes inside an? object/,
      /frob_make, on CPU 1$/,
      /frob_drop/,
    ],
  ],
  [
    'a pointer of a list',
    `list_del corruption. next->prev should be ffff888104440a00, but was ffff888104440a40. (next=ffff888104440b00)
------------[ cut here ]------------
kernel BUG at lib/list_debug.c:62!
invalid opcode: 0000 [#1] SMP
${TRACE}`,
    'list-corruption',
    {
      checker: 'list',
      bug: 'list_del corruption',
      compared: 'next->prev',
      expected: 0xffff888104440a00n,
      found: 0xffff888104440a40n,
      object: { address: 0xffff888104440b00n },
    },
    [
      /^list: list_del corruption/,
      /^next->prev should be 0xffff888104440a00, and is 0xffff888104440a40: one bit differs$/,
      /0xffff888104440b00/,
    ],
  ],
  [
    'a removed entry',
    `list_del corruption, ffff888104440a00->next is LIST_POISON1 (dead000000000100)
${TRACE}`,
    'list-corruption',
    {
      compared: 'next',
      found: 0xdead000000000100n,
      object: { address: 0xffff888104440a00n },
      facts: { poison: 'LIST_POISON1' },
    },
    [/^list/, /^next is 0xdead000000000100: LIST_POISON1/, /./],
  ],
  [
    'an entry that is added again',
    `list_add double add: new=ffff888104440a00, prev=ffff888104440a00, next=ffff888104440b00.
${TRACE}`,
    'list-corruption',
    {
      bug: 'list_add double add',
      object: { address: 0xffff888104440a00n },
      facts: { prev: '0xffff888104440a00' },
    },
    [/^list: list_add double add/, /./],
  ],
  [
    'the neighbour of a new entry, as 2.6.18 says it',
    `list_add corruption. prev->next should be next (ffff880104440a00), but was 6b6b6b6b6b6b6b6b. (prev=ffff880104440b00).
${TRACE}`,
    'list-corruption',
    {
      bug: 'list_add corruption',
      compared: 'prev->next',
      found: 0x6b6b6b6b6b6b6b6bn,
      object: { address: 0xffff880104440b00n },
    },
    [/^list/, /POISON_FREE/, /./],
  ],
  [
    'a reference counter',
    `------------[ cut here ]------------
refcount_t: underflow; use-after-free.
WARNING: CPU: 2 PID: 711 at lib/refcount.c:28 refcount_warn_saturate+0x100/0x110
${TRACE}`,
    'warning',
    { checker: 'refcount', bug: 'underflow; use-after-free' },
    [/^refcount: underflow; use-after-free$/],
  ],
  [
    'a copy to user space',
    `usercopy: Kernel memory exposure attempt detected from SLUB object 'frob_cache' (offset 24, size 100)!
------------[ cut here ]------------
kernel BUG at mm/usercopy.c:102!
invalid opcode: 0000 [#1] SMP
${TRACE}`,
    'bug',
    {
      checker: 'usercopy',
      bug: 'memory exposure',
      access: 'read',
      direction: 'from',
      size: 100,
      object: { kind: 'slab', cache: 'frob_cache', offset: 24 },
    },
    [/^usercopy: memory exposure from kernel memory: a read of 100 bytes$/, /24 bytes inside/],
  ],
  [
    'a copy over the stack',
    `usercopy: Kernel memory overwrite attempt detected to process stack (offset 0, size 4096)!
kernel BUG at mm/usercopy.c:102!
${TRACE}`,
    'bug',
    {
      bug: 'memory overwrite',
      access: 'write',
      direction: 'to',
      size: 4096,
      facts: { memory: 'process stack' },
    },
    [/^usercopy: memory overwrite to kernel memory: a write of 4096 bytes$/, /process stack/],
  ],
  [
    'the canary of a stack',
    `Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: frob_parse+0x1f0/0x200
${TRACE}`,
    'panic',
    { checker: 'stack protector', at: { symbol: 'frob_parse', offset: 0x1f0 } },
    [/^stack protector: kernel stack is corrupted.* in frob_parse\+0x1f0/],
  ],
  [
    'a write over several fields',
    `------------[ cut here ]------------
memcpy: detected field-spanning write (size 40) of single field "dst->name" at drivers/frob/core.c:33 (size 16)
WARNING: CPU: 2 PID: 711 at drivers/frob/core.c:33 frob_use+0x21/0x90
${TRACE}`,
    'warning',
    {
      checker: 'fortify',
      access: 'write',
      size: 40,
      object: { size: 16 },
      facts: { field: 'dst->name', function: 'memcpy' },
    },
    [/^fortify: field-spanning write/, /16 bytes/, /dst->name/],
  ],
  [
    'a buffer that is too small',
    `strnlen: detected buffer overflow: 10 byte read of buffer size 8
WARNING: CPU: 2 PID: 711 at lib/string_helpers.c:1030 __fortify_report+0x40/0x50
${TRACE}`,
    'warning',
    { checker: 'fortify', bug: 'buffer overflow', access: 'read', size: 10, object: { size: 8 } },
    [/^fortify: buffer overflow/, /8 bytes/, /strnlen/],
  ],
  [
    'a leak',
    `unreferenced object 0xffff888104440a00 (size 64):
  comm "frob d", pid 711, jiffies 4294951234 (age 12.340s)
  hex dump (first 32 bytes):
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ................
  backtrace (crc 1c2d3e4f):
    [<ffffffff81234567>] __kmalloc+0x55/0xa0
    [<ffffffff81239999>] frob_make+0x40/0x80`,
    'memory-leak',
    {
      checker: 'kmemleak',
      object: { address: 0xffff888104440a00n, size: 64 },
      by: { comm: 'frob d', pid: 711 },
      allocatedBy: { pid: 711, trace: 0 },
      facts: { ageSeconds: '12.340' },
    },
    [/^kmemleak: unreferenced object/, /64 bytes/, /age/, /^Allocated by frob d, PID 711 in frob_make$/],
  ],
  [
    'an object that is freed while it runs',
    `ODEBUG: free active (active state 0) object: ffff888104440a10 object type: timer_list hint: frob_timer+0x0/0x30
WARNING: CPU: 2 PID: 711 at lib/debugobjects.c:514 debug_print_object+0x16a/0x250
${TRACE}`,
    'warning',
    {
      checker: 'ODEBUG',
      bug: 'free active',
      access: 'free',
      type: 'timer_list',
      object: { address: 0xffff888104440a10n },
      other: { symbol: 'frob_timer' },
    },
    [/^ODEBUG: free active/, /timer_list/, /./, /frob_timer/],
  ],
  [
    'a page',
    `BUG: Bad page state in process frobd  pfn:10444
page:ffffea0000411100 refcount:0 mapcount:-128 mapping:0000000000000000 index:0x1 pfn:0x10444
flags: 0x200000000000000(node=0|zone=2)
page dumped because: nonzero mapcount
${TRACE}`,
    'other-bug',
    {
      checker: 'page',
      bug: 'Bad page state',
      by: { comm: 'frobd' },
      object: { kind: 'page', address: 0xffffea0000411100n },
      facts: { pfn: '0x10444', refcount: '0', mapcount: '-128', reason: 'nonzero mapcount' },
    },
    [/^page: Bad page state/, /./, /nonzero mapcount/],
  ],
  [
    'an allocation',
    `frobd: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null),cpuset=/,mems_allowed=0
${TRACE}
Mem-Info:`,
    'out-of-memory',
    { checker: 'page allocator', by: { comm: 'frobd' }, size: 65536, facts: { order: '4', mode: '0x40dc0' } },
    [/^page allocator: page allocation failure/, /order 4/],
  ],
  [
    'a victim',
    `frobd invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
${TRACE}
Mem-Info:
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/frob,task_memcg=/frob,task=hog d,pid=900,uid=1000
Memory cgroup out of memory: Killed process 900 (hog d) total-vm:9000kB, anon-rss:8000kB, file-rss:16kB, shmem-rss:0kB, UID:1000 pgtables:60kB oom_score_adj:0`,
    'out-of-memory',
    {
      checker: 'OOM',
      by: { comm: 'frobd' },
      victim: { comm: 'hog d', pid: 900 },
      facts: { constraint: 'CONSTRAINT_MEMCG', anonymousRss: '8000kB', order: '0' },
    },
    [/^OOM: out of memory/, /^The victim is hog d, PID 900$/, /8000kB/],
  ],
  [
    'a counter of memory',
    `BUG: Bad rss-counter state mm:ffff888104440a00 type:MM_ANONPAGES val:-3`,
    'other-bug',
    { checker: 'rss counter', compared: 'MM_ANONPAGES', expected: 0n, found: -3n },
    [/^rss counter/, /^MM_ANONPAGES should be 0, and is -3$/, /./],
  ],
  [
    'a name that exists',
    `sysfs: cannot create duplicate filename '/class/frob/frob0'
${TRACE}
kobject: kobject_add_internal failed for frob0 with -EEXIST, don't try to register things with the same name in the same directory.`,
    'warning',
    { checker: 'sysfs', value: '/class/frob/frob0', facts: { object: 'frob0', error: '-EEXIST' } },
    [/^sysfs: duplicate filename/, /\/class\/frob\/frob0/],
  ],
  [
    'a device that is still used',
    `unregister_netdevice: waiting for frob0 to become free. Usage count = 2
unregister_netdevice: waiting for frob0 to become free. Usage count = 2`,
    'other-bug',
    { checker: 'netdevice', value: 'frob0', facts: { usageCount: '2' } },
    [/^netdevice/, /^The device is frob0, used 2 times$/],
  ],
];

// As a mail program does: at the last blank within 72 columns.
const mailed = (line: string): string[] => {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > 72) {
    const at = rest.lastIndexOf(' ', 72);
    if (at <= 0 || rest.slice(0, at).trim() === '') break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...lines, rest];
};

// A title that is in two lines may open no trace.
const withoutTraces = (finding: unknown): object =>
  JSON.parse(
    JSON.stringify(finding, (name, value: unknown) =>
      name === 'trace' ? undefined : typeof value === 'bigint' ? `big:${value}` : value,
    ),
    (_name, value: unknown) =>
      typeof value === 'string' && value.startsWith('big:') ? BigInt(value.slice(4)) : value,
  ) as object;

describe.each([
  ['KASAN', KASAN],
  ['KFENCE', KFENCE],
  ['the other checkers', OTHERS],
] as const)('%s', (_checker, rows) => {
  it.each(rows)('%s', (_name, text, kind, finding, words) => {
    const report = only(text);
    expect(report.kind).toBe(kind);
    expect(report.finding).toMatchObject(finding as Partial<Finding>);
    const said = findingWords(report.finding!, report.traces);
    expect(said).toHaveLength(words.length);
    said.forEach((one, index) => expect(one).toMatch(words[index]!));
  });

  it.each(rows)('%s, in a log with prefixes', (_name, text, kind, finding) => {
    const log = text
      .split('\n')
      .map((line, index) => `[  100.${String(index).padStart(6, '0')}][ T711] ${line}`)
      .join('\n');
    const report = only(log);
    expect(report.kind).toBe(kind);
    expect(report.finding).toMatchObject(finding as Partial<Finding>);
  });

  it.each(rows)('%s, in a mail', (_name, text, kind, finding) => {
    const report = only(
      text
        .split('\n')
        .flatMap((line) => (/^(?:Redzone|Object) /u.test(line) ? [line] : mailed(line)))
        .join('\n'),
    );
    expect(report.kind).toBe(kind);
    expect(report.finding).toMatchObject(withoutTraces(finding));
  });
});

describe('an address that %p printed as a hash', () => {
  it.each([
    `list_del corruption. next->prev should be 000000004440a001, but was 000000003341a002. (next=00000000aa41a003)`,
    `BUG kmalloc-64 (Not tainted): Poison overwritten
INFO: 0x000000004440a001-0x000000004440a001. First byte 0x6a instead of 0x6b
INFO: Object 0x000000004440a000 @offset=2560 fp=0x000000003341a002`,
    `ODEBUG: free active (active state 0) object: 00000000aa41a003 object type: timer_list hint: frob_timer+0x0/0x30
WARNING: CPU: 2 PID: 711 at lib/debugobjects.c:514 debug_print_object+0x16a/0x250`,
    `BUG: KFENCE: use-after-free read in frob_use+0x21/0x90

Use-after-free read at 0x00000000aa41a003 (in kfence-#90):
 frob_use+0x21/0x90

kfence-#90: 0x000000004440a001-0x000000003341a002, size=32, cache=frob_cache`,
  ])('is none: %#', (text) => {
    const { finding } = only(text);
    expect(finding).toBeDefined();
    const said = JSON.stringify(finding, (_name, value: unknown) =>
      typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    );
    expect(said).not.toMatch(/4440a00|3341a00|aa41a00/);
    expect(findingWords(finding!).join(' ')).not.toMatch(/4440a00|3341a00|aa41a00/);
  });
});

it('fault 04: what KASAN says is told, and an interrupted context is not where it happened', () => {
  const report = only(
    readFileSync(
      fileURLToPath(new URL('../fixtures/decode/04-interrupted-registers-called-trap.txt', import.meta.url)),
      'utf8',
    ),
  );
  expect(report.trap).toBeUndefined();
  expect(report.place).toMatchObject({ symbol: 'frob_timer', offset: 0x156 });
  expect(report.registers[0]?.role).toBe('interrupted');
  expect(findingWords(report.finding!, report.traces)).toEqual([
    'KASAN: slab-use-after-free: a read of 8 bytes at 0xffff888101234568 by swapper/0, PID 0, in frob_timer+0x156/0x3e0',
    'It lies 104 bytes inside a freed object of 256 bytes at 0xffff888101234500 from kmalloc-256',
    'Allocated by PID 4321 in frob_new',
    'Freed by PID 77 in frob_free',
  ]);
});
