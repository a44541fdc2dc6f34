// System V shared memory, Linux 3.0.101 x86-64. Declared in ipc/shm.c, include/linux/shm.h,
// include/linux/ipc.h, include/linux/ipc_namespace.h, include/linux/idr.h and include/linux/rwsem.h.
import { array, as, i32, i64, ptr, ptrTo, struct, u16, ulong } from '../layout.js';
import { list_head } from './list.js';
import {
  atomic_t,
  gid_t,
  key_t,
  mode_t,
  pid_t,
  pointer,
  rcu_head,
  size_t,
  spinlock_t,
  time_t,
  uid_t,
} from './types.js';

/** Most segments of a namespace, and the distance between sequence numbers in an id. Source: include/linux/ipc.h, v3.0.101 */
export const IPCMNI = 32768;

/** The slot of an IPC id in its idr. Source: ipcid_to_idx(), ipc/util.h, v3.0.101 (C remainder: keeps the sign) */
export const ipcIdToSlot = (id: number): number => id % IPCMNI;

/** mode bit of a segment that is destroyed on its last detach. Source: include/linux/shm.h, v3.0.101 */
export const SHM_DEST = 0o1000;

/** Read-write semaphore; count 0 is free. Source: arch/x86/include/asm/rwsem.h, v3.0.101 */
export const rw_semaphore = struct('rw_semaphore', 0x20, {
  count: [0x00, i64],
  wait_lock: [0x08, spinlock_t],
  wait_list: [0x10, list_head],
});

/** One layer of an idr: 64 slots. Source: include/linux/idr.h, v3.0.101; size 544 fits R9 of test/golden/oops.txt */
export const idr_layer = struct('idr_layer', 0x220, {
  bitmap: [0x00, ulong],
  ary: [0x08, array(pointer('struct idr_layer *'), 64)],
  count: [0x208, i32],
  layer: [0x20c, i32], //   distance from the leaves: 0 is a leaf
  rcu_head: [0x210, rcu_head],
});

/** Root of an id radix tree. Source: include/linux/idr.h, v3.0.101 */
export const idr = struct('idr', 0x20, {
  top: [0x00, ptrTo('idr_layer')],
  id_free: [0x08, ptrTo('idr_layer')],
  layers: [0x10, i32],
  id_free_cnt: [0x14, i32],
  lock: [0x18, spinlock_t],
});

/** Identifiers of one kind of IPC object. Source: include/linux/ipc_namespace.h, v3.0.101 */
export const ipc_ids = struct('ipc_ids', 0x48, {
  in_use: [0x00, i32],
  seq: [0x04, u16],
  seq_max: [0x06, u16],
  rw_mutex: [0x08, rw_semaphore],
  ipcs_idr: [0x28, idr],
});

/**
 * An IPC namespace; ids[2] are the shared memory segments.
 * Offset of ids[2] is pinned by shm_close+39 (lea 0x98), its rw_mutex by shm_close+22 (lea 0xa0):
 * test/golden/dis-lr-shm_close.txt. The rest: include/linux/ipc_namespace.h, v3.0.101.
 */
export const ipc_namespace = struct('ipc_namespace', 0x168, {
  count: [0x00, atomic_t],
  ids: [0x08, array(ipc_ids, 3)],
  sem_ctls: [0xe0, array(i32, 4)],
  used_sems: [0xf0, i32],
  msg_ctlmax: [0xf4, i32],
  msg_ctlmnb: [0xf8, i32],
  msg_ctlmni: [0xfc, i32],
  msg_bytes: [0x100, atomic_t],
  msg_hdrs: [0x104, atomic_t],
  auto_msgmni: [0x108, i32],
  shm_ctlmax: [0x110, size_t],
  shm_ctlall: [0x118, size_t],
  shm_tot: [0x120, ulong],
  shm_ctlmni: [0x128, i32],
});

/** What every IPC object starts with. Source: include/linux/ipc.h, v3.0.101; order as in test/golden/struct-shmid_kernel.txt */
export const kern_ipc_perm = struct('kern_ipc_perm', 0x38, {
  lock: [0x00, spinlock_t], //    ticket spinlock: low half is served, high half is next
  deleted: [0x04, i32],
  id: [0x08, i32],
  key: [0x0c, key_t],
  uid: [0x10, uid_t],
  gid: [0x14, gid_t],
  cuid: [0x18, uid_t],
  cgid: [0x1c, gid_t],
  mode: [0x20, mode_t],
  seq: [0x28, ulong],
  security: [0x30, ptr],
});

/**
 * A shared memory segment. A 16-byte ipc_rcu header lies before it in its slab object.
 * Offsets: include/linux/shm.h, v3.0.101. SLES's struct is larger than vanilla's (its objects fit size-256
 * only), so fields after shm_nattch may lie elsewhere there.
 */
export const shmid_kernel = struct('shmid_kernel', 0x78, {
  shm_perm: [0x00, kern_ipc_perm],
  shm_file: [0x38, ptrTo('file')],
  shm_nattch: [0x40, ulong], //   live shm_file_data of this segment
  shm_segsz: [0x48, ulong],
  shm_atim: [0x50, time_t],
  shm_dtim: [0x58, time_t],
  shm_ctim: [0x60, time_t],
  shm_cprid: [0x68, pid_t],
  shm_lprid: [0x6c, pid_t],
  mlock_user: [0x70, pointer('struct user_struct *')],
});

/** Header that ipc_rcu_alloc() puts before an IPC object. Source: struct ipc_rcu_hdr, ipc/util.c, v3.0.101 */
export const ipc_rcu_hdr = struct('ipc_rcu_hdr', 0x10, {
  refcount: [0x00, i32],
  is_vmalloc: [0x04, i32],
});

/**
 * What `file.private_data` points to for each attach; one object of kmem_cache `size-32`.
 *
 * Offsets: shm_close+18 loads ns from 0x8, shm_close+37 loads id from 0x0
 * (test/golden/dis-lr-shm_close.txt); file and vm_ops follow in declaration order.
 */
export const shm_file_data = struct('shm_file_data', 0x20, {
  id: [0x00, i32], //     IPC identifier: sequence * 32768 + slot
  ns: [0x08, ptrTo('ipc_namespace')],
  file: [0x10, ptrTo('file')], //   the shmem file that backs the segment
  vm_ops: [0x18, as('const struct vm_operations_struct *', ptrTo('vm_operations_struct'))],
});
