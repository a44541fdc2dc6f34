// Other functions under which the same bug may be filed.

import type { KernelReport } from '../read/report.js';
import { append } from '../../base/long-lists.js';
import { type Frame, framesOf, nameOf } from './frames.js';
import { isLockup, settingsOf } from './setting.js';
import { type Setting, skipOf } from './skips.js';
import { bareSymbol, titleSymbol } from './symbol.js';

// What hands requests on to file systems, drivers and protocols. The function that it called is the same wherever in it a
// CPU was found. Sources: fs/read_write.c, fs/ioctl.c, fs/open.c, mm/mmap.c, net/socket.c, net/core/dev.c, v3.0 to v6.14
const HANDS_ON =
  /^(?:process_one_work|call_timer_fn|_*run_timers|run_timer_softirq|\w*hrtimer_run\w*|run_ksoftirqd|smpboot_thread_fn|kthread|\w*do_softirq\w*|handle_softirqs|tasklet_\w*action\w*|do_(?:fast_)?syscall_\w+|entry_(?:SYSCALL|INT80|SYSENTER)\w*|system_call\w*|sysenter_dispatch|x64_sys_call|ia32_sys_call|start_secondary|cpu_startup_entry|ret_from_fork\w*|\w*vfs_(?:read|write|iter_read|iter_write|ioctl|open)\w*|do_iter_(?:read|write|readv_writev)\w*|call_(?:read|write)_iter|new_sync_(?:read|write)|ksys_ioctl|\w*compat_\w*ioctl|blkdev_(?:driver_)?ioctl|call_mmap|\w*mmap_region|do_mmap\w*|do_dentry_open|_*sock_(?:sendmsg|recvmsg|release|mmap|do_ioctl|ioctl)\w*|sock_common_setsockopt|kernel_(?:setsockopt|listen|accept)|sk_common_release|(?:nf|rt)netlink_rcv_msg|netlink_dump|_*do_fault|\w*do_page_fault|page_fault|asm_exc_page_fault|_*fput|task_work_run|exit_to_user\w*|\w*netif_receive_skb\w*)$/u;

// What an interrupt found was called by another dispatcher: each context has its own.
const dispatched = (frames: readonly Frame[]): string[] => {
  const names: string[] = [];
  let open = true;
  for (const [at, frame] of frames.entries()) {
    if (frame.trapping) open = true;
    if (!open || at === 0 || !HANDS_ON.test(nameOf(frame))) continue;
    names.push(nameOf(frames[at - 1]!));
    open = false;
  }
  return names;
};

// Tasks hang in these wherever the one that they wait for hangs: testers file them together.
const GATHERED: readonly (readonly [RegExp, string])[] = [
  [/^_*synchronize_(?:rcu|srcu|net|sched)/u, 'synchronize_rcu'],
  [/^_*rtnl_lock/u, 'rtnl_lock'],
  [/smp_call_function/u, 'smp_call_function'],
];

const gathered = (frames: readonly Frame[]): string | undefined => {
  for (const frame of frames) {
    const found = GATHERED.find(([pattern]) => pattern.test(nameOf(frame)));
    if (found !== undefined) return found[1];
  }
  return undefined;
};

// The first function that is not skipped of another trace: of the first use of a lock in an interrupt, of who allocated.
const firstOf = (report: KernelReport, title: string, more: readonly Setting[]): string | undefined => {
  const trace = report.traces.find((one) => one.title.startsWith(title));
  const settings = new Set([...settingsOf(report), ...more]);
  const names = (trace?.entries ?? []).map(({ symbol }) => bareSymbol(symbol ?? ''));
  return names.find((name) => name !== '' && skipOf(name, settings) === undefined);
};

/** Names that stand in the place of the guilty one in alternative titles. @param guilty its name as printed */
export const otherNames = (report: KernelReport, guilty: string): readonly string[] => {
  const names: (string | undefined)[] = [];
  if (
    isLockup(report) ||
    report.kind === 'stack-guard' ||
    /corrupted stack end/u.test(report.headline?.text ?? '')
  )
    append(names, dispatched(framesOf(report)));
  if (isLockup(report) || report.kind === 'hung-task') names.push(gathered(framesOf(report)));
  if (report.kind === 'lockdep') names.push(firstOf(report, '... which became ', []));
  if (report.headline?.text.includes('Bad page'))
    names.push(firstOf(report, 'page last allocated ', ['memory leak']));
  if (report.kind === 'lockdep')
    names.push(bareSymbol(report.waits?.lockdep?.held?.at?.symbol ?? '') || undefined);
  const all = names.flatMap((name) => (name === undefined ? [] : [titleSymbol(name), name]));
  return [...new Set([...all, bareSymbol(guilty)])].filter((name) => name !== titleSymbol(guilty));
};
