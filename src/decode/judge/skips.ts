// The functions that are not guilty although the trace begins with them, and why: one table.
// Sources: the files that print reports (lib/dump_stack.c, kernel/panic.c, mm/kasan/, mm/kfence/, mm/kmsan/,
// kernel/kcsan/, lib/ubsan.c, mm/slub.c, lib/debugobjects.c, kernel/locking/lockdep.c, arch/x86/kernel/traps.c and
// dumpstack.c, arch/x86/mm/fault.c), and the libraries of the kernel (lib/, include/linux/), v2.6.32 to v6.14.

/** What a skipped function is. */
export type SkipKind = 'reporting' | 'entry' | 'helper' | 'locking' | 'scheduling' | 'dispatch';

/** What some rows are for alone. */
export type Setting =
  | 'lockdep'
  | 'lock warning' // a WARN() of lockdep itself
  | 'lockup'
  | 'memory leak'
  | 'tracked object' // ODEBUG
  | 'KMSAN'
  | 'BUG'
  | 'RCU usage'
  | 'bad page'
  | 'hung task';

interface Row {
  readonly kind: SkipKind;
  readonly why: string;
  readonly pattern: RegExp;
  /** Where the row counts; absent: everywhere. */
  readonly only?: ReadonlySet<Setting>;
}

// Anchored at both ends; the names are alternatives.
const row = (kind: SkipKind, why: string, ...names: readonly string[]): Row => ({
  kind,
  why,
  pattern: new RegExp(`^(?:${names.join('|')})$`, 'u'),
});

const only = (settings: readonly Setting[], one: Row): Row => ({ ...one, only: new Set(settings) });

const REPORTING: readonly Row[] = [
  row(
    'reporting',
    'prints the report',
    '_*dump_stack(?:_lvl|_print_info)?|dump_backtrace|_?sched_show_task|dump_cpu_task|show_state_filter',
    'show_(?:stack|regs|trace)\\w*',
    'print_(?:address_description|report|trailer|tainted|usage_bug\\w*|circular_bug\\w*|deadlock_bug|irq_inversion_bug|bad_irq_dependency|unlock_imbalance_bug|freed_lock_bug|lock_\\w+|irq_lock_\\w+|unlock_\\w+)|spin_(?:bug|dump)|rwlock_bug',
    '_?printk|vprintk\\w*|console_(?:unlock|flush_all|cpu_notify|emit_next_record)|dump_header|_*dump_page',
    '_*(?:dev|netdev)_(?:info|notice|warn|err|alert|crit|emerg|printk\\w*)|dev_vprintk_emit',
    'warn_(?:slowpath|bogus|alloc)\\w*|__warn\\w*|report_bug|_*report_bug\\w*|fixup_bug|handle_bug|\\w*rust_(?:helper_BUG|begin_unwind)|_R\\w*panic\\w*',
    '_*panic(?:_\\w+)?|vpanic|nmi_panic|\\w+_panic|__?die\\w*|die|oops_\\w+|_*crash_kexec|machine_kexec',
    'unwind_\\w+|walk_stack\\w*|arch_stack_walk|stack_trace_\\w+|save_stack\\w*|set_track\\w*|get_taint|\\w*read_once_word_nocheck',
    'assfail|assertfail|asswarn|bad_page\\w*|free_pages?_(?:check|is_bad)\\w*',
    '_*should_fail\\w*|fail_dump',
  ),
  row(
    'reporting',
    'is part of a checker, which found the bug in its caller',
    '_*(?:k|hw)asan_\\w+|__asan_\\w+|__hwasan_\\w+|_*check_memory_region\\w*|memory_is_poisoned\\w*|check_region_inline',
    '_*kfence_\\w+|_*kmsan_\\w+|_*msan_\\w+|_*kcsan_\\w+|__tsan_\\w+|_*sanitizer_\\w+|kcov_\\w+|write_comp_data|check_kcov_mode',
    '_*ubsan_\\w+|handle_overflow|val_to_string',
    'object_err|slab_(?:err|fix|bug|pad_check)|check_(?:object|slab|bytes\\w*)|(?:free|alloc)_debug_processing|free_to_partial_list|on_freelist',
    '_*debug_(?:object|print|check|deactivate|activate)\\w*|lookup_object_or_alloc|\\w+_is_static_object',
    '_*might_(?:sleep|resched|fault)\\w*|__schedule_bug|__cant_\\w+|debug_smp_processor_id|check_preemption_disabled|__this_cpu_preempt_check',
    'usercopy_\\w+|_*check_object_size|_*check_heap_object|check_stack_object|_*fortify_\\w+|__stack_chk_fail|report_usercopy',
    'create_object|_*kmemleak\\w*|ref_tracker_\\w+|seqprop_\\w+|_*set_page_owner|_*reset_page_owner',
    '_*list_(?:add|del_entry)_valid\\w*',
    'lockdep_\\w+|rcu_lockdep\\w*|_*lock_(?:acquire|release|acquired|contended|is_held\\w*|set_class|downgrade|pin_lock|unpin_lock)\\w*|reacquire_held_locks|mark_(?:lock|usage|held_locks|irqflags|lock_irq)\\w*|validate_chain|check_(?:prev_add|prevs_add|noncircular|deadlock|irq_usage|usage\\w*|wait_context|chain_key|flags|lock\\w*|path)\\w*|register_lock_class|look_up_lock_class|assign_lock_key|valid_state|_*(?:trace|lockdep)_(?:hard|soft)irqs?\\w*|h?lock_class\\w*|debug_check_no_locks\\w*|rcu_lock_(?:acquire|release)|fs_reclaim_(?:acquire|release)',
    'perf_trace_\\w+|_*bpf_trace_\\w+|trace_event_\\w+|__traceiter_\\w+',
  ),
  row(
    'reporting',
    'is a detector: it looks at what others do',
    'watchdog\\w*|softlockup_\\w+|check_hung\\w*|hung_task\\w*|_*perf_event_\\w*overflow|intel_pmu_handle_irq\\w*|handle_pmi_common',
    'rcu_(?:dump_cpu_stacks|check_callbacks|sched_clock_irq|pending)\\w*|(?:check|print)_(?:other_)?cpu_stall\\w*|update_process_times|tick_(?:sched|nohz)_(?:handle|timer|handler)\\w*|nmi_\\w*backtrace\\w*|trigger_\\w*backtrace\\w*|arch_trigger_\\w+',
  ),
];

const ENTRY: readonly Row[] = [
  row(
    'entry',
    'is the way into an exception; what trapped is below',
    '(?:asm_)?exc_\\w+|do_(?:error_trap|trap\\w*|page_fault|general_protection|invalid_op|divide_error|int3|double_fault|stack_segment|(?:user|kern)_addr_fault|async_page_fault|nmi|debug|bounds|overflow)|_*do_page_fault|handle_page_fault|(?:trace_)?(?:async_)?page_fault|trace_do_page_fault|general_protection|divide_error|stack_segment|double_fault|error_(?:entry|exit)|invalid_op|int3|no_context|_*bad_area\\w*|page_fault_oops|kernelmode_fixup_or_oops|mm_fault_error|pgtable_bad|spurious_\\w*fault\\w*|fixup_exception|default_do_nmi|nmi_handle|end_repeat_nmi|nmi|df_debug',
  ),
  row(
    'entry',
    'is the way into an interrupt',
    '\\w*sysvec_\\w+|\\w*common_interrupt|\\w*apic_timer_interrupt\\w*|ret_from_intr|reschedule_interrupt|call_function(?:_single)?_interrupt|smp_call_function_\\w*interrupt|irq_work_interrupt|do_IRQ|retint_\\w+|_*irq_exit\\w*|_*handle_irq\\w*|call_(?:on_\\w*|soft)irq\\w*|(?:entering|exiting)_irq|_*do_softirq\\w*|invoke_softirq|run_ksoftirqd|asm_call_\\w+|run_\\w*irq_on_irqstack\\w*',
  ),
  row(
    'entry',
    'is the way into the kernel, or the start of a thread',
    'entry_(?:SYSCALL|INT80|SYSENTER)\\w*|do_(?:fast_)?syscall_\\w+|do_int80\\w*|(?:x64|ia32)_sys_call|system_call\\w*|sysenter_\\w+|sysret_\\w+|tracesys\\w*|ia32_sysret|cstar_\\w+|irqentry_\\w+|int_ret_from_sys_call|ret_from_fork\\w*|kernel_thread_helper|child_rip|kthread|start_secondary|secondary_startup\\w*|cpu_startup_entry|rest_init|x86_64_start_\\w+|start_kernel|do_idle|cpu_idle\\w*|_*syscall_\\w+_work',
  ),
];

const HELPERS: readonly Row[] = [
  row(
    'helper',
    'copies, fills or compares memory or text for its caller',
    '_*(?:inline_)?mem(?:cpy|move|set|cmp|chr|dup|scan|zero)\\w*|rep_(?:movs|stos)\\w*|_*str(?:n|l|r|s|case|ncase)?(?:cmp|cpy|len|chr|str|dup|cat|sep|scpy|casecmp)\\w*|str(?:scpy|chrnul|spn|cspn|pbrk|im)\\w*|sized_strscpy\\w*|read_word_at_a_time|k(?:str|mem)dup\\w*|memweight|crc\\d\\w*|crc_itu_t\\w*|_*sw_hweight\\w*|(?:clear|copy)_(?:page|highpage)\\w*|hex_dump_to_buffer|print_hex_dump\\w*',
    '\\w*copy_(?:to|from)_(?:user|iter)\\w*|_*(?:raw_)?copy_(?:in|mc)\\w*|copyin|copyout|_*(?:put|get)_user\\w*|_*clear_user\\w*|copy_user_\\w+|copy_(?:page|folio)_(?:to|from)_iter\\w*|extract_(?:user|iter)_to_sg|strn(?:cpy|len)_from_user|strnlen_user|csum_(?:partial|and)_copy\\w*|iov_iter_(?:advance|revert|init)',
    'v?s[cn]*printf|vsnprintf|vscnprintf|bprintf|k?v?asprintf|k?vasprintf\\w*|\\w+_string(?:_nocheck)?|string(?:_nocheck)?|pointer(?:_string)?|va_format|number|seq_v?printf|add_uevent_var',
  ),
  row(
    'helper',
    'changes a list, a tree or a table of its caller',
    '_*list_(?:add|del|move|replace|splice|cut|lru_(?:add|del|init))\\w*|_*hlist_\\w+|_*klist_\\w+|llist_\\w+|plist_\\w+|_*rb_\\w+|xas_(?:start|load|find)\\w*|ida_free|_*find_(?:next|first|last)_\\w*bit\\w*|find_lock_entries|_*rhashtable_lookup\\w*',
  ),
  row(
    'helper',
    'counts or sets bits for its caller',
    '_*(?:raw_|arch_|instrument_)?atomic(?:64|_long)?_\\w+|(?:arch_|raw_)*_*(?:test_and_|variable_test_|constant_test_)?(?:set|clear|change|test)_bit\\w*|(?:arch_|raw_)*(?:try_)?(?:cmp)?xchg\\w*|_*refcount_\\w+|_*kref_\\w+|_*this_cpu_\\w+|_*(?:read|write|READ|WRITE)_(?:once|ONCE)\\w*|instrument_(?:atomic_)?(?:read|write)\\w*|kobject_\\w+|page_ref_\\w+|get_page|put_page|put_device|_*phys_addr\\w*|_*virt_addr_valid|\\w*_indirect_thunk_\\w+|_*x86_return_thunk|srso_\\w*thunk\\w*|logic_(?:in|out)\\w+|(?:read|write)[bwlq](?:_relaxed)?|native_(?:read|write)_msr\\w*|_*preempt_(?:count|schedule)\\w*',
  ),
  row(
    'helper',
    'allocates or frees memory for its caller',
    'kmalloc_(?:slab|fix_flags)|_*(?:do_)?k(?:v?[mzc])?alloc(?:_(?:node|track|caller|large|order|trace|array|cache|noprof|reserve|bulk|objs?|flex|nolock|index)\\w*)?|_*k[mvz]+alloc(?:_(?:node|track|caller|large|order|trace|array|cache|noprof|reserve|objs?|flex|nolock)\\w*)?|_*kcalloc\\w*|_*kmem_cache_\\w+|_*v[mz]alloc\\w*|_*kv?realloc\\w*|_*kv?free(?:_(?:sensitive|bulk|call_rcu))?|kzfree|_*vfree|_*vunmap|_*slab_\\w+|_*cache_(?:alloc|free|flusharray|grow)\\w*|allocate_slab|new_slab\\w*|_*alloc_(?:pages?|frozen_pages|percpu)\\w*|_*free_(?:pages?|frozen_pages|unref\\w*|one_page|slab|percpu)\\w*|get_page_from_freelist|prepare_alloc_pages|slab_pre_alloc_hook|might_alloc\\w*|cache_from_obj|mempool_(?:alloc|free)\\w*|post_alloc_hook|prep_new_page|rmqueue\\w*|free_pcppages\\w*|get_partial\\w*|_*v?memdup_user\\w*|strndup_user|devm_k\\w+|pcpu_\\w+|folio_alloc\\w*|filemap_alloc_folio\\w*|discard_slab|unfreeze_partials|put_cpu_partial',
  ),
  row(
    'helper',
    'is a service that many use: the caller tells the bug apart',
    '_*(?:del|mod|add)_timer\\w*|_*timer_(?:delete|shutdown)\\w*|_*try_to_del_timer\\w*|lock_timer_base|detach_if_pending|sk_stop_timer\\w*|_*queue_(?:delayed_)?work\\w*|insert_work|_*cancel_(?:delayed_)?work\\w*|_*flush_work\\w*|_*flush_workqueue|drain_workqueue|destroy_workqueue|try_to_grab_pending|kthread_stop|_*wake_up(?:_(?:all|locked|sync|common|bit|klogd|process|state|nr|poll|parent|interruptible)\\w*)?|try_to_wake_up|default_wake_function|autoremove_wake_function|complete(?:_all)?|complete_with_flags|swake_up\\w*|finish_wait|prepare_to_wait\\w*|cleanup_srcu_struct|_*proc_(?:register|create|mkdir|symlink)\\w*|remove_proc_\\w+',
    'device_(?:add|del|register|unregister|destroy|release|remove_file|for_each_child)|get_device_parent|devres_\\w+|release_nodes|(?:dpm_)?sysfs_remove\\w*|tty_unregister_device|usb_(?:kill_urb|kill_anchored_urbs|internal_control_msg|control_msg\\w*|hcd_submit_urb|submit_urb|start_wait_urb|bulk_msg|interrupt_msg)|dummy_urb_enqueue|unregister_netdev\\w*|rollback_registered\\w*|hwrng_unregister|i2c_del_adapter|__unregister_client|iput(?:_final)?|ihold|drop_nlink|fast_dput|_*dput\\w*|mark_buffer_dirty|_*kfree_skb\\w*|folio_unlock|_*(?:un)?lock_page|truncate_inode_pages_range|pagecache_get_page|_*filemap_get_folio\\w*|find_or_create_page|grab_cache_page\\w*|do_read_cache_\\w+|read_cache_page\\w*',
  ),
  only(['BUG'], row('helper', 'checks the buffer that its caller gives', '_*p?skb_\\w+')),
  only(
    ['memory leak'],
    row(
      'helper',
      'allocates what its caller loses',
      '\\w*alloc\\w*|\\w*mmap\\w*|\\w*k(?:mem|slab)\\w*|idr_get\\w*|_*list_lru_init\\w*|pcpu_create\\w*|\\w*asprintf\\w*|\\w*dup(?:_user|_nul)?',
    ),
  ),
  only(
    ['tracked object'],
    row(
      'helper',
      'handles the object that is tracked, for its caller',
      '\\w*(?:rcu|hrtimer_|timer_|work_|percpu_|vunmap|vfree|__free_|kobject_)\\w*',
    ),
  ),
  only(
    ['KMSAN'],
    row(
      'helper',
      'computes with what its caller gives',
      '\\w*_encrypt|(?:crypto|cipher|drbg|rng)_\\w+|_*alloc_skb\\w*|netlink_(?:ack|rcv_skb)',
    ),
  ),
  only(['RCU usage'], row('helper', 'is the access that its caller asks for', '\\w*rcu\\w*|\\w*slab\\w*')),
  only(
    ['bad page'],
    row(
      'helper',
      'frees the page for its caller',
      '\\w*(?:free|put|get|update|release)_pages?\\w*|_*folio\\w*|\\w*free_unref\\w*|truncate_inode_pages\\w*|page_frag_free',
    ),
  ),
];

const WAITING: readonly Row[] = [
  row(
    'locking',
    'takes or gives back a lock for its caller',
    '_*(?:raw_)*_*(?:do_raw_)?(?:spin|read|write)_(?:lock|trylock|unlock)\\w*|_*raw_(?:spin|read|write)_\\w+|(?:native_)?queued_(?:spin|read|write)_\\w+|_*pv_queued_\\w+|_*ticket_spin_\\w+|_*bit_spin_\\w+|arch_(?:spin|read|write)_\\w+|virt_spin_lock|raw_spin_rq_\\w+|_*task_rq_lock\\w*',
    '_*mutex_\\w+|_*rt_mutex\\w*|rtlock_\\w+|rt_(?:spin|read|write)_\\w+|_*ww_mutex_\\w+|owner_on_cpu|(?:osq|mcs_spin)_\\w+|debug_mutex_\\w+|(?:rwbase|rwsem|ldsem)_\\w+|call_rwsem_\\w+|_*down(?:_read|_write|_trylock|_interruptible|_killable|_timeout|_common)?(?:_\\w+)?|_*up(?:_read|_write)?(?:_\\w+)?|_*percpu_(?:down|up)\\w*|_*local_bh_\\w+|local_(?:lock|unlock)(?:_\\w+)?|rcu_read_(?:lock|unlock)\\w*|_*srcu_read_\\w+|_*ldsem_\\w+|_*seqcount_\\w+',
  ),
  only(
    ['lockup', 'lockdep'],
    row('locking', 'waits for a lock of its caller', 'kvm_wait|pv_wait\\w*|pv_spin_\\w+'),
  ),
  only(
    ['lockdep', 'lock warning'],
    row(
      'locking',
      'takes or gives back the lock of its caller',
      '_*(?:lock|release)_sock\\w*|console_(?:lock|trylock)',
    ),
  ),
  row(
    'scheduling',
    'waits or switches tasks for its caller',
    '_*schedule|schedule_(?:timeout\\w*|preempt_disabled|hrtimeout\\w*|idle|debug|tail|rtlock)|preempt_schedule\\w*|context_switch|_*switch_to\\w*|_*io_schedule\\w*|_*cond_resched\\w*|msleep\\w*|usleep_range\\w*|_*wait_(?:for|on)_\\w+|do_wait_for_common|_*wait_rcu_gp|wait_woken|bit_wait\\w*|out_of_line_wait\\w*|_*wait_event\\w*|prepare_to_swait\\w*|_*synchronize_(?:rcu|srcu|sched|net|irq|hardirq)(?:_(?:expedited|normal|mult|tasks\\w*|busted|bh))?|rcu_barrier\\w*|folio_wait_\\w+|_*folio_lock\\w*|_*filemap_fdatawait\\w*|kthread_park\\w*|_*flush_work|smp_call_function\\w*|on_each_cpu\\w*',
  ),
  only(
    ['hung task'],
    row(
      'scheduling',
      'waits for what its caller needs',
      '\\w*(?:_lock|_slowlock|rwsem|completion|wait|synchronize|barrier|cancel_delayed_work)\\w*|down\\w*',
    ),
  ),
  row(
    'dispatch',
    'calls the work of others',
    'process_(?:one_work|scheduled_works)|worker_thread|smpboot_thread_fn|kthread_worker_fn|call_timer_fn|expire_timers|_*hrtimer_run_queues|hrtimer_(?:interrupt|run_queues|run_softirq)|tasklet_(?:action|hi_action)\\w*|rcu_(?:process_callbacks|do_batch|core\\w*)|task_work_run|(?:blocking_|raw_|atomic_|srcu_)?_*notifier_call_chain\\w*|do_basic_setup|irq_thread\\w*|handle_\\w*irq\\w*|_*handle_irq_event\\w*|generic_handle_\\w+|_*flush_smp_call\\w*|_*call_rcu_core|multi_cpu_stop|cpu_stopper_thread',
  ),
];

const ROWS: readonly Row[] = [...REPORTING, ...ENTRY, ...HELPERS, ...WAITING];

/** A row that fits: what the function is, and why it is not the guilty one. */
interface Skip {
  readonly kind: SkipKind;
  readonly why: string;
}

const ALL: ReadonlySet<SkipKind> = new Set(ROWS.map(({ kind }) => kind));

/** Names whose rows are remembered: a log with thousands of reports has few. */
const MAX_REMEMBERED = 4096;
const remembered = new Map<string, readonly Row[]>();

// In the order of the table.
const rowsOf = (name: string): readonly Row[] => {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const rows = ROWS.filter(({ pattern }) => pattern.test(name));
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(name, rows);
  return rows;
};

/**
 * Why a function is not the guilty one; `undefined` where it may be.
 *
 * @param name without suffixes of the compiler
 * @param kinds the rows that count
 */
export const skipOf = (
  name: string,
  settings: ReadonlySet<Setting>,
  kinds: ReadonlySet<SkipKind> = ALL,
): Skip | undefined =>
  rowsOf(name).find(
    ({ kind, only: where }) =>
      kinds.has(kind) && (where === undefined || [...where].some((one) => settings.has(one))),
  );
