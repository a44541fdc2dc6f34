// Types of fields by the kernel's names. Declared in include/linux/types.h, spinlock_types.h, gfp.h and their x86 parts,
// v3.0.101.
import { type Scalar, as, bytes, i32, i64, ptr, u16, u32, ulong } from '../layout.js';

export const atomic_t = as('atomic_t', i32);
export const atomic_long_t = as('atomic_long_t', i64);
export const spinlock_t = as('spinlock_t', u32);
export const gfp_t = as('gfp_t', u32);
export const uid_t = as('uid_t', u32);
export const gid_t = as('gid_t', u32);
export const mode_t = as('mode_t', u32);
export const pid_t = as('pid_t', i32);
export const key_t = as('key_t', i32);
export const time_t = as('time_t', i64);
export const size_t = as('size_t', ulong);
export const __u16 = as('__u16', u16);
export const __u32 = as('__u32', u32);
export const u64 = as('u64', ulong);
export const text = as('char *', ptr);
export const rcu_head = as('struct rcu_head', bytes(16));
export const rb_node = as('struct rb_node', bytes(24));

/** A pointer that the kernel declares so; `(*)` stands where the name goes. */
export const pointer = (declared: string): Scalar<bigint> => as(declared, ptr);
