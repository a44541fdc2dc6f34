// The guilty frame, the title and the signature of a report. All names and addresses are made up.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judged } from '../helpers/judged.js';

const who = 'CPU: 2 PID: 311 Comm: frobd Not tainted 6.8.0-demo #7\n';

const trace = (...entries: readonly string[]): string =>
  `Call Trace:\n <TASK>\n${entries.map((one) => ` ${one}\n`).join('')} </TASK>\n`;

const oops = (headline: string, die: string, rip: string, ...entries: readonly string[]): string =>
  `${headline}\n${die}\n${who}RIP: 0010:${rip}\n${trace(...entries)}`;

const paging = 'BUG: unable to handle page fault for address: ffff99a1c0de0000';
const oops0 = 'Oops: 0000 [#1] PREEMPT SMP NOPTI';
const below = ['do_syscall_64+0x5c/0x90', 'entry_SYSCALL_64_after_hwframe+0x6e/0xd8'];

/** A text, and the function that is guilty of it. */
const cases: readonly (readonly [what: string, guilty: string, text: string])[] = [
  ['the trapping function', 'frob_read', oops(paging, oops0, 'frob_read+0x11/0x40', 'vfs_read+0xa0/0x3a0', ...below)],
  [
    'the caller of a copy with a bad pointer',
    'frob_pull',
    oops(paging, oops0, 'memcpy_erms+0x6/0x10', 'frob_pull+0x33/0x90 [frob]', ...below),
  ],
  [
    'the caller of a helper of lists that warns',
    'frob_unlink',
    `list_del corruption. prev->next should be ffff99a1c0de1000, but was ffff99a1c0de2000\n------------[ cut here ]------------\n` +
      oops(
        'kernel BUG at lib/list_debug.c:62!',
        'invalid opcode: 0000 [#1] SMP',
        '__list_del_entry_valid_or_report+0xc4/0x100',
        'frob_unlink+0x20/0x60 [frob]',
        ...below,
      ),
  ],
  [
    'the caller of a counter that saturates',
    'frob_put',
    `refcount_t: underflow; use-after-free.\nWARNING: CPU: 2 PID: 311 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110\n${who}RIP: 0010:refcount_warn_saturate+0xba/0x110\n${trace('frob_put+0x44/0x50 [frob]', ...below)}`,
  ],
  [
    'what called into warn_slowpath of old kernels',
    'frob_start',
    `WARNING: at drivers/frob/core.c:88 frob_start+0x51/0x70 [frob]()\n${who}Call Trace:\n [<ffffffff8106e2d7>] ? warn_slowpath_common+0x87/0xc0\n [<ffffffff8106e32a>] warn_slowpath_null+0x1a/0x20\n [<ffffffffa0123451>] frob_start+0x51/0x70 [frob]\n [<ffffffffa0123561>] frob_init+0x61/0x70 [frob]\n`,
  ],
  [
    'the caller of an instrumented access',
    'frob_stop',
    `BUG: KASAN: slab-use-after-free in frob_stop+0x91/0xe0\nRead of size 8 at addr ffff88810c0de018 by task frobd/311\n\n${who}${trace('dump_stack_lvl+0x4a/0x60', 'print_report+0xcf/0x630', 'kasan_report+0xab/0xe0', 'frob_stop+0x91/0xe0', ...below)}\nAllocated by task 300:\n kasan_save_stack+0x20/0x40\n frob_alloc+0x20/0x80\n`,
  ],
  [
    'the task that holds on while another schedules',
    'frob_flush',
    `INFO: task frobd:311 blocked for more than 120 seconds.\n      Not tainted 6.8.0-demo #7\ntask:frobd           state:D stack:0     pid:311   ppid:1      flags:0x00004000\n${trace('__schedule+0x3a0/0x1440', 'schedule+0x5e/0xd0', 'schedule_preempt_disabled+0x15/0x30', '__mutex_lock.constprop.0+0x3f0/0x6e0', 'frob_flush+0x2a/0x80 [frob]', ...below)}`,
  ],
  [
    'the interrupted code of a soft lockup',
    'frob_spin',
    `watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [frobd:311]\n${who}RIP: 0010:frob_spin+0x18/0x30 [frob]\nCall Trace:\n <IRQ>\n ? watchdog_timer_fn+0x1a2/0x210\n </IRQ>\n <TASK>\n ? asm_sysvec_apic_timer_interrupt+0x1a/0x20\n frob_loop+0x55/0x90 [frob]\n kthread+0xe5/0x120\n ret_from_fork+0x31/0x50\n </TASK>\n`,
  ],
  [
    'who wants the lock in a soft lockup',
    'frob_take',
    `watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [frobd:311]\n${who}RIP: 0010:native_queued_spin_lock_slowpath+0x64/0x2a0\n${trace('_raw_spin_lock+0x2c/0x40', 'frob_take+0x19/0x40 [frob]', 'kthread+0xe5/0x120')}`,
  ],
  [
    'what the stalled CPU ran, not the detector',
    'frob_scan',
    `rcu: INFO: rcu_preempt self-detected stall on CPU\nrcu: \t2-....: (20999 ticks this GP) idle=0d6/1/0x4000000000000000 softirq=100/100 fqs=5000\nNMI backtrace for cpu 2\n${who}Call Trace:\n <IRQ>\n dump_stack_lvl+0x4a/0x60\n nmi_cpu_backtrace.cold+0x32/0x69\n rcu_dump_cpu_stacks+0xc2/0x110\n rcu_sched_clock_irq+0x5e3/0xa60\n update_process_times+0x62/0x90\n hrtimer_interrupt+0x10e/0x240\n __sysvec_apic_timer_interrupt+0x4f/0x150\n sysvec_apic_timer_interrupt+0x6d/0x90\n </IRQ>\n <TASK>\n asm_sysvec_apic_timer_interrupt+0x1a/0x20\nRIP: 0010:frob_scan+0x77/0x120\nRSP: 0018:ffffc90000c0de00 EFLAGS: 00000246\n frob_walk+0x22/0x60\n kthread+0xe5/0x120\n </TASK>\n`,
  ],
  [
    'the caller of a function whose address is NULL',
    'frob_notify',
    `BUG: kernel NULL pointer dereference, address: 0000000000000000\nOops: 0010 [#1] PREEMPT SMP\n${who}RIP: 0010:0x0\nCode: Bad RIP value.\n${trace('frob_notify+0x40/0x70', ...below)}`,
  ],
  [
    'a dispatcher, where the trap is in it and nothing else is named',
    'process_one_work',
    oops(paging, oops0, 'process_one_work+0x90/0x3d0', 'worker_thread+0x4d/0x3e0', 'kthread+0xe5/0x120'),
  ],
]; // prettier-ignore

describe('the guilty frame', () => {
  it.each(cases)('is %s: %s', (_, guilty, text) => {
    expect(judged(text).guilty?.symbol).toBe(guilty);
  });

  it('comes with the reason why each frame before it is passed over', () => {
    const { skipped } = judged(cases[1]![2]);
    expect(skipped).toEqual([
      { symbol: 'memcpy_erms', why: 'copies, fills or compares memory or text for its caller' },
    ]);
  });

  it('is not one with a question mark', () => {
    const text = oops(paging, oops0, 'memcpy_erms+0x6/0x10', '? frob_stale+0x1/0x20', 'frob_pull+0x33/0x90');
    expect(judged(text).guilty?.symbol).toBe('frob_pull');
  });

  it('is the place that the text names, where there is no trace', () => {
    expect(judged('BUG: KASAN: use-after-free in frob_stop+0x91/0xe0 at addr ffff8801d0c0de80').title).toBe(
      'KASAN: use-after-free in frob_stop',
    );
  });

  it('names its module, and the subsystem where that is known', () => {
    const { module, subsystem } = judged(cases[1]![2]);
    expect([module, subsystem]).toEqual(['frob', undefined]);
    expect(judged(oops(paging, oops0, 'btrfs_frob+0x6/0x10 [btrfs]', ...below))).toMatchObject({
      module: 'btrfs',
      subsystem: 'fs/btrfs',
    });
  });
});

describe('the title', () => {
  const bug = (headline: string): string =>
    `${headline}\n${who}${trace('dump_stack_lvl+0x4a/0x60', 'frob_run+0x30/0x80', ...below)}`;
  it.each([
    [oops('general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#1] SMP', '', 'frob_run+0x1/0x2'), 'general protection fault in frob_run'],
    [oops('BUG: kernel NULL pointer dereference, address: 0000000000000008', oops0, 'frob_run+0x1/0x2'), 'BUG: unable to handle kernel NULL pointer dereference in frob_run'],
    [oops(paging, oops0, 'frob_run.isra.0+0x1/0x2'), 'BUG: unable to handle kernel paging request in frob_run'],
    [oops('divide error: 0000 [#1] SMP', '', 'frob_run+0x1/0x2'), 'divide error in frob_run'],
    [oops('kernel BUG at drivers/frob/core.c:17!', 'invalid opcode: 0000 [#1] SMP', 'frob_run.cold+0x1/0x2'), 'kernel BUG in frob_run'],
    [bug('BUG: scheduling while atomic: frobd/311/0x00000002'), 'BUG: scheduling while atomic in frob_run'],
    [bug('BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580'), 'BUG: sleeping function called from invalid context in frob_run'],
    [bug('BUG: using smp_processor_id() in preemptible [00000000] code: frobd/311'), 'BUG: using smp_processor_id() in preemptible code in frob_run'],
    [bug('UBSAN: shift-out-of-bounds in drivers/frob/core.c:31:14'), 'UBSAN: shift-out-of-bounds in frob_run'],
    [bug('BUG: KCSAN: data-race in frob_run / frob_tick'), 'KCSAN: data-race in frob_run / frob_tick'],
    [bug('BUG: KCSAN: data-race in frob_run [frob] / frob_tick [frob]'), 'KCSAN: data-race in frob_run / frob_tick'],
    [bug('BUG: KMSAN: uninit-value in frob_run+0x30/0x80'), 'KMSAN: uninit-value in frob_run'],
    [bug('WARNING: suspicious RCU usage'), 'WARNING: suspicious RCU usage in frob_run'],
    [bug('unregister_netdevice: waiting for frob0 to become free. Usage count = 2'), 'unregister_netdevice: waiting for DEV to become free'],
    [bug('Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(8,1)'), 'kernel panic: VFS: Unable to mount root fs on unknown-block(NUM,NUM)'],
    [oops(paging, oops0, '__x64_sys_frobctl+0x1/0x2'), 'BUG: unable to handle kernel paging request in sys_frobctl'],
  ])('%#: %s', (text, title) => {
    expect(judged(text).title).toBe(title);
  }); // prettier-ignore

  it('has alternatives: the family, the name as printed, and the function that was dispatched', () => {
    expect(judged(oops(paging, oops0, '__x64_sys_frobctl+0x1/0x2')).alternativeTitles).toEqual([
      'bad-access in sys_frobctl',
      'BUG: unable to handle kernel paging request in __x64_sys_frobctl',
      'bad-access in __x64_sys_frobctl',
    ]);
    const stall = `watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [frobd:311]\n${who}RIP: 0010:frob_spin+0x18/0x30\n${trace('frob_inner+0x1/0x9', 'frob_ioctl+0x1/0x9', 'vfs_ioctl+0x1/0x9', ...below)}`;
    expect(judged(stall)).toMatchObject({
      title: 'BUG: soft lockup in frob_spin',
      alternativeTitles: expect.arrayContaining(['BUG: soft lockup in frob_ioctl']),
    });
  });

  const noise = fc.record({
    address: fc.bigInt({ min: 0xffff888000000000n, max: 0xffff8fffffffffffn }),
    pid: fc.integer({ min: 1, max: 4_000_000 }),
    comm: fc.constantFrom('frobd', 'a b', 'x/1', 'kworker/2:1', '12345'),
  });

  it('has no address, number or process of the report in it', () => {
    fc.assert(
      fc.property(noise, fc.constantFrom(...cases), ({ address, pid, comm }, [, , text]) => {
        const other = text
          .replaceAll('ffff99a1c0de0000', address.toString(16))
          .replaceAll('PID: 311', `PID: ${pid}`)
          .replaceAll('Comm: frobd', `Comm: ${comm}`);
        expect(judged(other).title).toBe(judged(text).title);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the signature', () => {
  const frame = fc.constantFrom('frob_a', 'frob_b', 'frob_c', 'frob_d', 'memcpy', 'do_syscall_64', 'frob_e');
  const frames = fc.array(frame, { minLength: 1, maxLength: 9 });
  const suffix = fc.constantFrom(
    '',
    '.isra.0',
    '.constprop.3',
    '.part.12',
    '.cold',
    '.isra.1.cold',
    '.part.0.constprop.1',
  );
  const build = fc.record({
    suffixes: fc.array(suffix, { minLength: 10, maxLength: 10 }),
    offsets: fc.array(fc.integer({ min: 1, max: 0x7ff }), { minLength: 10, maxLength: 10 }),
    stale: fc.boolean(),
    release: fc.constantFrom('6.8.0-demo', '5.15.0-77-frob', '6.14.0-rc3+'),
    buildId: fc.constantFrom('', ' 0123456789abcdef0123456789abcdef01234567'),
  }); // prettier-ignore

  interface Build {
    readonly suffixes: readonly string[];
    readonly offsets: readonly number[];
    readonly stale: boolean;
    readonly release: string;
    readonly buildId: string;
  }

  const printed = (names: readonly string[], made: Build): string => {
    const place = (name: string, at: number): string =>
      `${name}${made.suffixes[at]}+0x${made.offsets[at]!.toString(16)}/0x${(made.offsets[at]! + 0x40).toString(16)} [frob${made.buildId}]`;
    const [rip, ...rest] = names;
    return `${paging}\n${oops0}\nCPU: 2 PID: 311 Comm: frobd Not tainted ${made.release} #7\nRIP: 0010:${place(rip!, 0)}\n${trace(
      ...(made.stale ? ['? frob_stale+0x1/0x20'] : []),
      ...rest.map((name, index) => place(name, index + 1)),
    )}`;
  }; // prettier-ignore

  it('is the same for the same crash of another build', () => {
    fc.assert(
      fc.property(frames, build, build, (names, one, other) => {
        expect(judged(printed(names, one)).signature).toBe(judged(printed(names, other)).signature);
      }),
      { numRuns: 100 },
    );
  });

  it('is another one for another way to the guilty function', () => {
    const made = { suffixes: new Array<string>(10).fill(''), offsets: new Array<number>(10).fill(9), stale: false, release: '6.8.0', buildId: '' }; // prettier-ignore
    const one = judged(printed(['frob_a', 'frob_b', 'frob_c'], made)).signature;
    expect(judged(printed(['frob_a', 'frob_d', 'frob_c'], made)).signature).not.toBe(one);
    expect(one).toMatch(/^sha256:[0-9a-f]{64}$/u);
  });

  it('does not depend on what an interrupt found', () => {
    const irq = (task: string): string =>
      `${paging}\n${oops0}\n${who}RIP: 0010:frob_tick+0x1/0x20\nCall Trace:\n <IRQ>\n frob_timer+0x1/0x20\n call_timer_fn+0x1/0x20\n asm_sysvec_apic_timer_interrupt+0x1a/0x20\n </IRQ>\n <TASK>\n ${task}+0x1/0x20\n kthread+0x1/0x20\n </TASK>\n`;
    expect(judged(irq('frob_one')).signature).toBe(judged(irq('frob_other')).signature);
  });
});
