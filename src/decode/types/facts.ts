// Fields whose name says a number and that the kernel keeps a pointer in, with flags in its low bits; and functions that
// compilers and the kernel know more of than their prototype says.

import type { RegisterName } from '../../x86/registers.js';

/** A pointer in a number. */
interface PointerField {
  /** The struct that it points to. */
  readonly to: string;
  /** Bits that are flags. */
  readonly flags: bigint;
}

/** By struct and field, or by the function that returns it. Sources: the files named, of Linux 6.1 and 6.12. */
const POINTER_FIELDS: Readonly<Record<string, PointerField>> = {
  'rb_node.__rb_parent_color': { to: 'rb_node', flags: 3n }, // include/linux/rbtree_augmented.h, rb_parent()
  'page.compound_head': { to: 'page', flags: 1n }, // include/linux/page-flags.h, _compound_head()
  'sk_buff._skb_refdst': { to: 'dst_entry', flags: 1n }, // include/linux/skbuff.h, SKB_DST_PTRMASK
  'mutex.owner.counter': { to: 'task_struct', flags: 7n }, // kernel/locking/mutex.c, MUTEX_FLAGS
  'rw_semaphore.owner.counter': { to: 'task_struct', flags: 7n }, // kernel/locking/rwsem.c, RWSEM_OWNER_FLAGS_MASK
  'work_struct.data.counter': { to: 'pool_workqueue', flags: 0xffn }, // kernel/workqueue.c, get_work_pwq()
  // include/linux/file.h, fdget(), up to 6.11
  '__fdget()': { to: 'file', flags: 3n },
  '__fdget_raw()': { to: 'file', flags: 3n },
  '__fdget_pos()': { to: 'file', flags: 3n },
};

/** The pointer that a number holds. @param source `rb_node.__rb_parent_color`, `__fdget()` */
export const pointerIn = (source: string | undefined): PointerField | undefined =>
  source !== undefined && Object.hasOwn(POINTER_FIELDS, source) ? POINTER_FIELDS[source] : undefined;

/** Structs that stand for others that begin like them: include/linux/socket.h. */
const GENERIC: ReadonlySet<string> = new Set(['sockaddr']);

export const isGeneric = (struct: string): boolean => GENERIC.has(struct);

/** Functions that do not come back, by which no register reaches the next instruction. Source: tools/objtool/noreturns.h, 6.6 */
const NO_RETURN: ReadonlySet<string> = new Set([
  '__stack_chk_fail', 'panic', 'do_exit', 'do_group_exit', 'make_task_dead', 'kthread_exit', 'kthread_complete_and_exit',
  '__module_put_and_kthread_exit', 'machine_real_restart', 'rewind_stack_and_make_dead', 'fortify_panic', '__fortify_panic',
  'usercopy_abort', 'nmi_panic_self_stop', 'stop_this_cpu', '__reiserfs_panic', 'xen_start_kernel', 'cpu_startup_entry',
  'ex_handler_msr_mce', 'hlt_play_dead', 'x86_64_start_kernel', 'lbug_with_loc', '__ubsan_handle_builtin_unreachable',
]); // prettier-ignore

export const returns = (name: string | undefined): boolean => name === undefined || !NO_RETURN.has(name);

/**
 * Functions in assembly that keep registers that C functions may destroy, and those that they do not keep.
 * Sources: arch/x86/lib/getuser.S, putuser.S, hweight.S; arch/x86/entry/thunk_64.S; arch/x86/kernel/ftrace_64.S of Linux 6.1
 */
const KEEPING: readonly (readonly [name: RegExp, destroyed: readonly RegisterName[]])[] = [
  [/^(?:__fentry__|preempt_schedule(?:_notrace)?_thunk|__SCT__preempt_schedule(?:_notrace)?)$/u, []],
  [/^(?:__sw_hweight(?:32|64)|__raw_callee_save_.*)$/u, ['rax']],
  [/^__get_user_.*$/u, ['rax', 'rdx']],
  [/^__put_user_.*$/u, ['rax', 'rcx']],
];

/** The registers that a call destroys, where they are others than those of the ABI. */
export const destroyedBy = (name: string | undefined): readonly RegisterName[] | undefined =>
  name === undefined ? undefined : KEEPING.find(([pattern]) => pattern.test(name))?.[1];
