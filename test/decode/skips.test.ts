// The table of functions that are not guilty: what it leaves out, what it does not, and that no name makes it slow.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Setting, skipOf } from '../../src/decode/judge/skips.js';

const kindOf = (name: string, ...settings: Setting[]): string | undefined =>
  skipOf(name, new Set(settings))?.kind;

describe('the table of skips', () => {
  it.each([
    ['reporting', 'dump_stack_lvl kasan_report __asan_load8 warn_slowpath_fmt __warn report_bug panic oops_end __die_body bad_page'],
    ['reporting', 'lockdep_rcu_suspicious __lock_acquire check_noncircular debug_object_activate usercopy_abort'],
    ['entry', 'asm_exc_page_fault exc_general_protection do_page_fault apic_timer_interrupt asm_sysvec_apic_timer_interrupt do_syscall_64 entry_SYSCALL_64_after_hwframe ret_from_fork_asm kthread'],
    ['helper', 'memcpy_erms __memset strcmp strscpy _copy_from_user list_del_init __list_add rb_erase kfree kmem_cache_alloc_noprof kmalloc_trace vfree refcount_warn_saturate kref_put snprintf vsnprintf'],
    ['locking', '_raw_spin_lock_irqsave native_queued_spin_lock_slowpath mutex_lock_nested __mutex_lock down_write up_read rwsem_down_write_slowpath'],
    ['scheduling', '__schedule schedule schedule_timeout io_schedule wait_for_completion synchronize_rcu'],
    ['dispatch', 'process_one_work worker_thread call_timer_fn task_work_run'],
  ])('has as %s: %s', (kind, names) => {
    expect(names.split(' ').map((name) => [name, kindOf(name)])).toEqual(names.split(' ').map((name) => [name, kind]));
  }); // prettier-ignore

  it.each([
    'frob_open', 'frob_memcpy_all', 'btrfs_list_del', 'xfs_kfree_all', 'copy_process', 'schedule_frob', 'update_frob', 'upload',
    'string_table_get', 'numbers', 'listen', 'downcast', 'panicked_frob', 'kmalloc_oob_frob', 'synchronize_frob', 'exception',
    'ext4_mark_inode_dirty', 'do_sys_open', 'sched_fork', 'completed', 'memory_frob', 'diet', 'printer_open',
  ])('does not have %s', (name) => {
    expect(kindOf(name)).toBeUndefined();
  }); // prettier-ignore

  it.each<[string, Setting]>([
    ['lock_sock', 'lockdep'],
    ['skb_put', 'BUG'],
    ['frob_alloc_all', 'memory leak'],
    ['frob_timer_start', 'tracked object'],
    ['aes_encrypt', 'KMSAN'],
    ['frob_rcu_get', 'RCU usage'],
    ['folio_put', 'bad page'],
    ['frob_wait_all', 'hung task'],
  ])('has %s in some reports alone: %s', (name, setting) => {
    expect(kindOf(name)).toBeUndefined();
    expect(kindOf(name, setting)).toBeDefined();
  });

  it('is not slow, whatever the name is', () => {
    const unit = fc.constantFrom(
      '_',
      'raw_',
      'spin_',
      'list_',
      'mem',
      'lock',
      'wait',
      'alloc',
      'k',
      'a',
      '0',
    );
    const name = fc
      .array(unit, { minLength: 40, maxLength: 256 })
      .map((parts) => parts.join('').slice(0, 256));
    const settings = new Set<Setting>(['memory leak', 'hung task', 'RCU usage', 'tracked object']);
    fc.assert(
      fc.property(name, (one) => {
        const start = performance.now();
        skipOf(one, settings);
        expect(performance.now() - start).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });
});
