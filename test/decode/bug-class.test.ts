// Classes and titles of reports of the memory allocators, of hardware and of faults without code. The reports are made up.
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { type Judgement, judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';

const judged = (text: string): Judgement => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return judge(reports[0]!, explainReport(reports[0]!));
};

const rest = `CPU: 1 PID: 77 Comm: frobd Not tainted 6.9.0-demo #3
Hardware name: Frob Works FW-2/FW-2, BIOS 1.0 01/02/2024
Call Trace:
 <TASK>
 dump_stack_lvl+0x5d/0x80
 frob_fill+0x51/0x120 [frob]
 frob_open+0x1f/0x60 [frob]
 do_syscall_64+0x82/0x190
 </TASK>
`;

const words: [first: string, bugClass: string, title: string][] = [
  [
    'frobd: page allocation failure: order:5, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)',
    'out-of-memory',
    'page allocation failure in frob_fill',
  ],
  [
    'frobd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    'out-of-memory',
    'out of memory',
  ],
  [
    'BUG frob_cache (Tainted: G        W         ): Objects remaining in frob_cache on __kmem_cache_shutdown()',
    'memory-leak',
    'BUG: Objects remaining in frob_fill',
  ],
  [
    'BUG kmalloc-128 (Not tainted): Poison overwritten',
    'use-after-free',
    'BUG: Poison overwritten in frob_fill',
  ],
  [
    'BUG: workqueue leaked atomic, lock or RCU: kworker/u8:3[77]',
    'lock-misuse',
    'BUG: workqueue leaked atomic, lock or RCU in frob_fill',
  ],
  ['BUG: Bad page state in process frobd  pfn:12345', 'use-after-free', 'BUG: Bad page state in frob_fill'],
];

describe('a report of the kernel without a trap', () => {
  it.each(words)('%s', (first, bugClass, title) => {
    const judgement = judged(`${first}\n${rest}`);
    expect([judgement.class, judgement.title]).toEqual([bugClass, title]);
  });
});

const oops = (headline: string, trap = ''): string => `${headline}
${trap}CPU: 1 PID: 77 Comm: frobd Not tainted 6.9.0-demo #3
RIP: 0010:frob_next+0x11/0x40 [frob]
Call Trace:
 frob_open+0x1f/0x60 [frob]
`;

describe('a fault without code', () => {
  const gpf = (address: string): string =>
    oops(`general protection fault, probably for non-canonical address ${address}: 0000 [#1] PREEMPT SMP`);
  const page = (address: string): string =>
    oops(`BUG: unable to handle page fault for address: ${address}`, 'Oops: 0000 [#1] SMP NOPTI\n');

  it.each([
    ['LIST_POISON2', gpf('0xdead000000000122'), 'list-corruption'],
    ['a field of a freed object', gpf('0x6b6b6b6b6b6b6d03'), 'use-after-free'],
    ['a red zone', gpf('0xcccccccccccccd04'), 'out-of-bounds'],
    ['what was never written', gpf('0x5a5a5a5a5a5a5a62'), 'uninitialised'],
    ['any other address', gpf('0x123456781f0a93c1'), 'wild-access'],
    ['a large field of a NULL pointer', page('0000000000002a18'), 'null-dereference'],
    ['an address where programs may be', page('0000000000032a18'), 'wild-access'],
  ])('is judged by the address: %s', (_, text, bugClass) => {
    expect(judged(text).class).toBe(bugClass);
  });
});

it('an assertion of the functions that check copies is an access beyond an object', () => {
  const bug = (place: string): string =>
    judged(oops(`kernel BUG at ${place}!`, 'invalid opcode: 0000 [#1] SMP\n')).class;
  expect(bug('lib/string_helpers.c:1029')).toBe('out-of-bounds');
  expect(bug('mm/slub.c:301')).toBe('double-free');
  expect(bug('drivers/frob/core.c:301')).toBe('assertion');
});

describe('a trace alone', () => {
  const trace = (...frames: string[]): Judgement =>
    judged(
      `CPU: 1 PID: 77 Comm: frobd Not tainted 6.9.0-demo #3\nCall Trace:\n${frames.map((one) => ` ${one}\n`).join('')}`,
    );

  it('is what the kernel printed of its own accord, where dump_stack() printed it', () => {
    const judgement = trace('dump_stack_lvl+0x5d/0x80', 'frob_fill+0x51/0x120', 'frob_open+0x1f/0x60');
    expect([judgement.class, judgement.sure, judgement.title]).toEqual([
      'warning',
      'possible',
      'Stack dump in frob_fill',
    ]);
  });

  it('may be that of a task which hung, where it slept', () => {
    const judgement = trace('__schedule+0x2bd/0x850', 'schedule+0x32/0x60', 'frob_wait+0x51/0x120');
    expect([judgement.class, judgement.sure]).toEqual(['hung-task', 'possible']);
  });

  it('is not judged where it says neither', () => {
    expect(trace('frob_fill+0x51/0x120', 'frob_open+0x1f/0x60').class).toBe('unknown');
  });
});
