// The functions that are not guilty although the trace begins with them, and why: one table.
// Sources: the files that print reports (lib/dump_stack.c, kernel/panic.c, mm/kasan/, mm/kfence/, mm/kmsan/,
// kernel/kcsan/, lib/ubsan.c, mm/slub.c, lib/debugobjects.c, kernel/locking/lockdep.c, arch/x86/kernel/traps.c and
// dumpstack.c, arch/x86/mm/fault.c), and the libraries of the kernel (lib/, include/linux/), v2.6.32 to v6.14.

/** What a skipped function is. */
export type SkipKind = 'reporting' | 'entry' | 'helper' | 'locking' | 'scheduling' | 'dispatch';

interface Row {
  readonly kind: SkipKind;
  readonly why: string;
  readonly pattern: RegExp;
}

/** Anchored at both ends: `names` are alternatives. */
const row = (kind: SkipKind, why: string, ...names: readonly string[]): Row => ({
  kind,
  why,
  pattern: new RegExp(`^(?:${names.join('|')})$`, 'u'),
});

const ROWS: readonly Row[] = [
  row(
    'reporting',
    'prints the report',
    '_*dump_stack(?:_lvl)?',
    'show_(?:stack|regs|trace)\\w*',
    'print_(?:address_description|report|trailer|tainted|usage_bug|circular_bug|deadlock_bug|irq_inversion_bug|bad_irq_dependency|unlock_imbalance_bug|freed_lock_bug|lock_\\w+|irq_lock_\\w+|unlock_\\w+|other_cpu_stall|cpu_stall\\w*)(?:_header|_constprop)?',
    'printk|_printk|vprintk\\w*|console_\\w+|dump_header|__dump_page|dump_page',
    '_?dev_(?:info|notice|warn|err|alert|crit|emerg|printk\\w*)|dynamic_\\w+_dbg',
    'warn_(?:slowpath|bogus|alloc)\\w*|__warn\\w*|report_bug|fixup_bug|handle_bug|_*report_bug\\w*',
    'panic|vpanic|nmi_panic|__?die\\w*|die|oops_\\w+|crash_kexec|__crash_kexec|machine_kexec',
    'unwind_\\w+|walk_stack\\w*|arch_stack_walk|stack_trace_\\w+|save_stack\\w*|set_track\\w*|get_taint',
    'assfail|assertfail|asswarn|bad_page\\w*|free_pages?_(?:check|is_bad)\\w*',
    '_*should_fail\\w*|fail_dump',
  ),
  row(
    'reporting',
    'is part of a checker, which found the bug in its caller',
    '_*(?:k|hw)asan_\\w+|__asan_\\w+|__hwasan_\\w+|_*check_memory_region\\w*|memory_is_poisoned\\w*|check_region_inline',
    '_*kfence_\\w+',
    '_*kmsan_\\w+|__msan_\\w+',
    '_*kcsan_\\w+|__tsan_\\w+|find_watchpoint|check_access',
    '_*ubsan_\\w+|handle_overflow|val_to_string',
    'object_err|slab_(?:err|fix|bug|pad_check)|check_(?:object|slab|bytes\\w*)|(?:free|alloc)_debug_processing|_*free_to_partial_list|on_freelist',
    '_*debug_(?:object|print|check|deactivate|activate)\\w*|lookup_object_or_alloc|\\w+_is_static_object',
    '_*might_(?:sleep|resched|fault)\\w*|__schedule_bug|__cant_\\w+|debug_smp_processor_id|check_preemption_disabled|__this_cpu_preempt_check',
    'usercopy_\\w+|_*check_object_size|check_heap_object|check_stack_object|_*fortify_\\w+|__stack_chk_fail|report_usercopy',
    'create_object|kmemleak_\\w+|_*kmemleak\\w*',
    'ref_tracker_\\w+|seqprop_\\w+|__?list_(?:add|del)\\w*_(?:valid|or_report)\\w*|_*list_del_entry_valid\\w*|_*list_add_valid\\w*',
    'lockdep_\\w+|rcu_lockdep\\w*|_*lock_(?:acquire|release|acquired|contended|is_held\\w*|set_class|downgrade|pin_lock|unpin_lock)\\w*|reacquire_held_locks|mark_\\w+|validate_chain|check_(?:prev_add|prevs_add|noncircular|deadlock|irq_usage|usage\\w*|wait_context|chain_key|flags|lock\\w*|path)\\w*|register_lock_class|look_up_lock_class|assign_lock_key|valid_state|(?:trace|lockdep)_(?:hard|soft)irqs?\\w*|_*trace_hardirqs\\w*|lock_class\\w*|__lock_\\w+|debug_check_no_locks\\w*',
    'perf_trace_\\w+|_*bpf_trace_\\w+|trace_event_\\w+|__traceiter_\\w+|_*sanitizer_\\w+|kcov_\\w+',
  ),
  row(
    'reporting',
    'is a detector: it looks for what others do',
    'watchdog\\w*|softlockup_\\w+|check_hung\\w*|hung_task\\w*|perf_event_\\w*overflow|__perf_event_overflow|intel_pmu_handle_irq\\w*|handle_pmi_common',
    'rcu_(?:dump_cpu_stacks|check_callbacks|sched_clock_irq|pending)\\w*|check_cpu_stall\\w*|update_process_times|tick_(?:sched|nohz)_\\w+|_*nmi_\\w*backtrace\\w*|trigger_\\w*backtrace\\w*|arch_trigger_\\w+',
  ),
  row(
    'entry',
    'is the way into an exception; what trapped is below',
    '(?:asm_)?exc_\\w+|do_(?:error_trap|trap\\w*|page_fault|general_protection|invalid_op|divide_error|int3|double_fault|stack_segment|user_addr_fault|kern_addr_fault|async_page_fault|nmi|debug|bounds|overflow)|_*do_page_fault|handle_page_fault|page_fault|async_page_fault|general_protection|divide_error|stack_segment|double_fault|error_entry|error_exit|invalid_op|trace_page_fault|trace_do_page_fault|int3|no_context|_*bad_area\\w*|page_fault_oops|kernelmode_fixup_or_oops|mm_fault_error|pgtable_bad|spurious_\\w*fault\\w*|fixup_exception|search_exception_tables?|default_do_nmi|nmi_handle|end_repeat_nmi|nmi',
  ),
  row(
    'entry',
    'is the way into an interrupt',
    '(?:asm_)?sysvec_\\w+|_*sysvec_\\w+|(?:asm_)?common_interrupt|_*common_interrupt|(?:smp_|trace_|smp_trace_)*apic_timer_interrupt|ret_from_intr|reschedule_interrupt|call_function(?:_single)?_interrupt|smp_call_function_\\w*interrupt|irq_work_interrupt|do_IRQ|retint_\\w+|local_apic_timer_interrupt|_*irq_exit\\w*|_*handle_irq\\w*|instr_sysvec_\\w+|call_(?:on_\\w*|soft)irq\\w*|irq_stack_union|entering_irq|exiting_irq|instrument_irq\\w*|_*do_softirq\\w*|do_softirq_own_stack|handle_softirqs|invoke_softirq|run_ksoftirqd|asm_call_\\w+|run_\\w*irq_on_irqstack\\w*',
  ),
  row(
    'entry',
    'is the way into the kernel, or the start of a thread',
    'entry_SYSCALL\\w*|entry_INT80\\w*|entry_SYSENTER\\w*|do_syscall_\\w+|do_fast_syscall\\w*|do_int80\\w*|x64_sys_call|ia32_sys_call|system_call\\w*|sysenter_\\w+|sysret_\\w+|tracesys\\w*|ia32_sysret|cstar_\\w+|int_ret_from_sys_call|ret_from_fork\\w*|kernel_thread_helper|child_rip|kthread|start_secondary|secondary_startup\\w*|cpu_startup_entry|rest_init|x86_64_start_\\w+|start_kernel|do_idle|cpu_idle\\w*|syscall_exit_\\w+|exit_to_user\\w*|prepare_exit_to_usermode|syscall_return_slowpath|_*syscall_\\w+_work',
  ),
  row(
    'helper',
    'copies, fills or compares memory or text for its caller',
    '_*(?:inline_)?mem(?:cpy|move|set|cmp|chr|dup|scan|zero)\\w*|rep_movs\\w*|rep_stos\\w*|_*str(?:n|l|r|s|case|ncase)?(?:cmp|cpy|len|chr|str|dup|cat|sep|scpy|casecmp)\\w*|str(?:scpy|chrnul|ncasecmp|spn|cspn|pbrk|im)\\w*|sized_strscpy\\w*|read_word_at_a_time|kstrdup\\w*|kmemdup\\w*|memweight|crc\\w+|crc_\\w+|csum_partial\\w*|_*sw_hweight\\w*|clear_page\\w*|copy_page\\w*|clear_highpage\\w*|copy_highpage\\w*|csum_and_copy\\w*|hex_dump_to_buffer|print_hex_dump\\w*',
    '_*(?:inline_|raw_)?copy_(?:to|from|in|mc)\\w*|copyin|copyout|_*(?:put|get)_user\\w*|_*clear_user\\w*|copy_user_\\w+|copy_(?:page|folio)_(?:to|from)_iter\\w*|extract_(?:user|iter)_to_sg|strn(?:cpy|len)_from_user|strnlen_user|csum_partial_copy\\w*|fault_in_\\w+|iov_iter_\\w+|_*copy_from_iter\\w*',
    'v?s[cn]*printf|vsnprintf|vscnprintf|bprintf|v?sprintf|string(?:_nocheck)?|pointer(?:_string)?|va_format|number|k?v?asprintf|kv?asprintf\\w*|seq_printf|seq_vprintf|widen_string|\\w*_string_nocheck|device_node_string|vbin_printf|bstr_printf|add_uevent_var',
  ),
  row(
    'helper',
    'changes a list, a tree or a table of its caller',
    '_*list_(?:add|del|move|replace|splice|cut|lru_(?:add|del|init)\\w*|first|next)\\w*|_*hlist_\\w+|_*klist_\\w+|llist_\\w+|plist_\\w+',
    '_*rb_\\w+|rb_(?:erase|insert_color|next|first|prev|last|replace_node)\\w*|_*interval_tree_\\w+|xas_\\w+|xa_\\w+|_*radix_tree_\\w+|idr_\\w+|ida_\\w+|mas_\\w+|mtree_\\w+|mt_\\w+|_*rhashtable_(?:lookup|insert|remove)\\w*|rht_\\w+|sbitmap_\\w+|bitmap_\\w+|_*find_(?:next|first|last)_\\w*bit\\w*|find_lock_entries|sort|sort_r|bsearch|timerqueue_\\w+',
  ),
  row(
    'helper',
    'counts or sets bits for its caller',
    '_*(?:raw_|arch_|instrument_)?atomic(?:64|_long)?_\\w+|_*(?:arch_|raw_)*_*(?:test_and_|variable_test_|constant_test_)?(?:set|clear|change|test)_bit\\w*|(?:arch_|raw_)*(?:try_)?(?:cmp)?xchg\\w*|_*refcount_\\w+|_*kref_\\w+|percpu_ref_\\w+|percpu_counter_\\w+|_*this_cpu_\\w+|(?:read|write)_once\\w*|_*(?:READ|WRITE)_ONCE\\w*|instrument_(?:atomic_)?(?:read|write)\\w*|kobject_\\w+|lockref_\\w+|page_ref_\\w+|get_page|put_page|get_device|put_device|_*phys_addr\\w*|_*virt_addr_valid|_*pa_\\w+|mm_get_\\w+|\\w*_indirect_thunk_\\w+|_*x86_return_thunk|srso_\\w*thunk\\w*|kernel_text_address|__static_call_\\w+|static_key_\\w+|jump_label_\\w+|logic_(?:in|out)\\w+|(?:io)?(?:read|write)[bwlq](?:_relaxed)?|(?:in|out)[bwl]|read_msr\\w*|rdmsr\\w*|native_(?:read|write)_msr\\w*|_*preempt_\\w+|warn_rlimit',
  ),
  row(
    'helper',
    'allocates or frees memory for its caller',
    '_*k(?:v|m|z|c)?(?:v)?(?:m|z|c)alloc\\w*|_*do_kmalloc\\w*|kvm(?:emdup|alloc|free)\\w*|_*kmem_cache_\\w+|_*kmalloc\\w*|_*kvmalloc\\w*|_*v(?:m|z)alloc\\w*|krealloc\\w*|kvrealloc\\w*|_*krealloc\\w*|_*kv?free(?:_\\w+)?|kfree_\\w+|kzfree|_*vfree\\w*|_*vunmap\\w*|_*slab_\\w+|_*slub_\\w+|_*cache_(?:alloc|free|flusharray|grow)\\w*|allocate_slab|new_slab\\w*|_*alloc_(?:pages?|frozen_pages)\\w*|_*free_(?:pages?|frozen_pages|unref_\\w+|one_page|slab|percpu)\\w*|get_page_from_freelist|post_alloc_hook|prep_new_page|rmqueue\\w*|free_(?:pcppages|unref)\\w*|get_partial\\w*|_*memdup_user\\w*|memdup_\\w+|vmemdup_\\w+|strndup_user|devm_k\\w+|mempool_\\w+|pcpu_\\w+|folio_alloc\\w*|filemap_alloc_folio\\w*|discard_slab|unfreeze_partials|put_cpu_partial|qlist_free_all|qlink_free|__put_single_page|_*folio_put\\w*|put_pages_list|release_pages|alloc_skb\\w*|_*alloc_skb\\w*',
  ),
  row(
    'helper',
    'is a service that many use; its caller is told apart by it',
    'del_timer\\w*|mod_timer\\w*|_*mod_timer\\w*|timer_(?:delete|shutdown)\\w*|_*timer_delete\\w*|try_to_del_timer\\w*|add_timer\\w*|lock_timer_base|detach_if_pending|sk_stop_timer\\w*|_*queue_(?:delayed_)?work\\w*|insert_work|queue_work_on|_*cancel_(?:delayed_)?work\\w*|_*flush_work\\w*|_*flush_workqueue|drain_workqueue|destroy_workqueue|try_to_grab_pending|kthread_stop|_*wake_up\\w*|try_to_wake_up|default_wake_function|autoremove_wake_function|complete(?:_all)?|complete_with_flags|swake_up\\w*|finish_wait|prepare_to_wait\\w*|call_rcu\\w*|_*call_rcu\\w*|kvfree_call_rcu|kfree_call_rcu|cleanup_srcu_struct',
    'device_(?:add|del|register|unregister|destroy|release|remove_file|for_each_child|initial_probe)|get_device_parent|devres_\\w+|release_nodes|sysfs_remove_\\w+|tty_unregister_device|usb_(?:kill_urb|kill_anchored_urbs|control_msg|hcd_submit_urb|submit_urb)|dummy_urb_enqueue|unregister_netdev\\w*|rollback_registered\\w*|hwrng_unregister|i2c_del_adapter|__unregister_client|iput(?:_final)?|ihold|drop_nlink|dput|fast_dput|_*dput\\w*|mark_buffer_dirty|kfree_skb\\w*|_*kfree_skb\\w*|consume_skb|skb_(?:release_\\w+|under_panic|over_panic|panic)|sk_skb_reason_drop|folio_unlock|_*(?:un)?lock_page\\w*|truncate_inode_pages_range|pagecache_get_page|_*filemap_get_folio\\w*|find_or_create_page|grab_cache_page\\w*|do_read_cache_\\w+|read_cache_page\\w*',
  ),
  row(
    'locking',
    'takes or gives back a lock for its caller',
    '_*(?:raw_)*_*(?:do_raw_)?(?:spin|read|write)_(?:lock|trylock|unlock)\\w*|_*raw_(?:spin|read|write)_\\w+|(?:native_)?queued_(?:spin|read|write)_\\w+|(?:native|pv|kvm|__pv)_\\w*(?:spin|lock)\\w*|_*pv_queued_\\w+|_*ticket_spin_\\w+|kvm_wait|pv_wait\\w*|_*bit_spin_\\w+|spin_(?:bug|dump)|rwlock_bug|arch_(?:spin|read|write)_\\w+|do_raw_\\w+|virt_spin_lock',
    '_*mutex_\\w+|_*rt_mutex_\\w+|rt_mutex\\w*|rtlock_\\w+|rt_(?:spin|read|write)_\\w+|_*ww_mutex_\\w+|owner_on_cpu|(?:osq|mcs_spin)_\\w+|debug_mutex_\\w+|(?:rwbase|rwsem)_\\w+|call_rwsem_\\w+|_*down(?:_read|_write|_trylock|_interruptible|_killable|_timeout|_common)?(?:_\\w+)?|_*up(?:_read|_write)?(?:_\\w+)?|percpu_(?:down|up)_\\w+|_*percpu_(?:down|up)\\w*|seqcount_\\w+|read_seq\\w+|write_seq\\w+|_*local_bh_\\w+|_*local_(?:irq|lock)_\\w+|raw_spin_rq_\\w+|rcu_read_(?:lock|unlock)\\w*|_*rcu_read_\\w+|srcu_(?:read_|lock_)\\w+|lock_sock_\\w*nested|sync_\\w*lock',
  ),
  row(
    'scheduling',
    'waits or switches tasks for its caller',
    '_*schedule|schedule_(?:timeout\\w*|preempt_disabled|hrtimeout\\w*|idle|debug|tail|rtlock)|_*schedule_\\w+|preempt_schedule\\w*|context_switch|_*switch_to\\w*|io_schedule\\w*|_*cond_resched\\w*|_*might_resched|yield|msleep\\w*|usleep_range\\w*|do_nanosleep|hrtimer_nanosleep|_*wait_(?:for|on)_\\w+|do_wait_for_common|_*wait_rcu_gp|wait_woken|bit_wait\\w*|out_of_line_wait\\w*|_*wait_event\\w*|prepare_to_swait\\w*|synchronize_\\w+|_*synchronize_\\w+|rcu_barrier\\w*|folio_wait_\\w+|_*folio_lock\\w*|kthread_park\\w*',
  ),
  row(
    'dispatch',
    'calls the work of others',
    'process_(?:one_work|scheduled_works)|worker_thread|smpboot_thread_fn|kthread_worker_fn|call_timer_fn|_*run_timers\\w*|run_timer_(?:base|softirq)|expire_timers|_*hrtimer_run_queues|hrtimer_(?:interrupt|run_queues|run_softirq)|tasklet_(?:action|hi_action)\\w*|rcu_(?:process_callbacks|do_batch|core\\w*)|task_work_run|notifier_call_chain|(?:blocking|raw|atomic|srcu)_notifier_call_chain\\w*|do_one_initcall|do_basic_setup|kernel_init\\w*|irq_thread\\w*|handle_\\w*irq\\w*|_*handle_irq_event\\w*|generic_handle_\\w+|flush_smp_call_function\\w*|_*flush_smp_call\\w*|_*call_rcu_core|smp_call_function\\w*|on_each_cpu\\w*|stop_machine\\w*|multi_cpu_stop|cpu_stopper_thread',
  ),
];

/** Why a function is not the guilty one; `undefined` where it may be. @param name without suffixes of the compiler */
export const skipOf = (name: string): { kind: SkipKind; why: string } | undefined => {
  const found = ROWS.find(({ pattern }) => pattern.test(name));
  return found === undefined ? undefined : { kind: found.kind, why: found.why };
};
