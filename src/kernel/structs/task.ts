// Tasks and their kernel stacks, Linux 3.0.101 x86-64. Declared in include/linux/sched.h,
// arch/x86/include/asm/thread_info.h and arch/x86/include/asm/ptrace.h.
import { as, bytes, i32, ptr, ptrTo, struct, u16, ulong } from '../layout.js';
import { __u32, pid_t, pointer } from './types.js';

/** Bytes of a kernel stack, thread_info included. Source: arch/x86/include/asm/page_64_types.h, v3.0.101 */
export const THREAD_SIZE = 0x2000;

/** Offset of `current` in the per-CPU area: shm_close+72 reads %gs:0xa600 (test/golden/oops.txt, Code line). */
export const CURRENT_TASK_OFFSET = 0xa600n;

/**
 * A task. Size and offsets are invented: SLES's struct differs from v3.0.101 and the talk pins none of them.
 */
export const task_struct = struct(
  'task_struct',
  0x600,
  {
    state: [0x000, as('volatile long', ulong)],
    stack: [0x008, ptr],
    mm: [0x270, ptrTo('mm_struct')],
    pid: [0x2a0, pid_t],
    tgid: [0x2a4, pid_t],
    group_leader: [0x2d8, ptrTo('task_struct')],
    thread_pid: [0x320, ptrTo('pid')], //   pids[PIDTYPE_PID].pid
    comm: [0x480, bytes(16)],
    signal: [0x4d0, pointer('struct signal_struct *')],
  },
  { invented: true },
);

/** A process id in the initial namespace. Size and offset are invented. */
export const pid = struct('pid', 0x40, { nr: [0x30, i32] }, { invented: true });

/** At the bottom of each kernel stack. Source: arch/x86/include/asm/thread_info.h, v3.0.101 */
export const thread_info = struct('thread_info', 0x28, {
  task: [0x00, ptrTo('task_struct')],
  exec_domain: [0x08, pointer('struct exec_domain *')],
  flags: [0x10, __u32],
  status: [0x14, __u32],
  cpu: [0x18, __u32],
  preempt_count: [0x1c, i32],
  addr_limit: [0x20, as('mm_segment_t', ulong)],
});

/**
 * Registers that a trap or system call saved on the kernel stack.
 * Source: arch/x86/include/asm/ptrace.h, v3.0.101; test/golden/bt-FF.txt agrees word for word.
 */
export const pt_regs = struct('pt_regs', 0xa8, {
  r15: [0x00, ulong],
  r14: [0x08, ulong],
  r13: [0x10, ulong],
  r12: [0x18, ulong],
  bp: [0x20, ulong],
  bx: [0x28, ulong],
  r11: [0x30, ulong],
  r10: [0x38, ulong],
  r9: [0x40, ulong],
  r8: [0x48, ulong],
  ax: [0x50, ulong],
  cx: [0x58, ulong],
  dx: [0x60, ulong],
  si: [0x68, ulong],
  di: [0x70, ulong],
  orig_ax: [0x78, ulong],
  ip: [0x80, ulong],
  cs: [0x88, ulong],
  flags: [0x90, ulong],
  sp: [0x98, ulong],
  ss: [0xa0, ulong],
});

/** One BUG(): where, and in which source line. Source: arch/x86/include/asm/bug.h and lib/bug.c, v3.0.101 */
export const bug_entry = struct('bug_entry', 0x0c, {
  bug_addr_disp: [0x00, i32], //   relative to the entry
  file_disp: [0x04, i32], //       relative to the entry
  line: [0x08, u16],
  flags: [0x0a, u16],
});
