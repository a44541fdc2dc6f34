// Types, annotations and constants of oopslab.h that no layout and no symbol gives, in our own words.
// Source: include/linux/types.h, compiler.h, spinlock_types.h, path.h, rbtree.h, fs.h, mm_types.h, gfp.h, errno.h,
// poison.h and their x86 parts, v3.0.101

import { GFP_FLAGS } from '../kernel/gfp.js';

/** Names of plain types, and the structs that fields are whose parts no layout has. */
export const TYPES = `typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned short ushort;
typedef unsigned long size_t;
typedef long ssize_t;
typedef long ptrdiff_t;
typedef unsigned long uintptr_t;
typedef unsigned int gfp_t; /* flags of an allocation */
typedef unsigned int fmode_t;
typedef unsigned int mode_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int dev_t;
typedef int pid_t;
typedef int key_t;
typedef long time_t;
typedef long off_t;
typedef long long loff_t;
typedef unsigned long pgoff_t;
typedef unsigned int kmem_bufctl_t; /* index of the next free object of a slab */
typedef struct {
	unsigned long seg;
} mm_segment_t;
typedef struct pgprot {
	unsigned long pgprot;
} pgprot_t;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;
typedef struct arch_spinlock {
	unsigned int slock; /* ticket lock: the low half is served, the high half is next */
} arch_spinlock_t;
typedef struct raw_spinlock {
	arch_spinlock_t raw_lock;
} raw_spinlock_t;
typedef struct spinlock {
	struct raw_spinlock rlock;
} spinlock_t;
typedef struct nodemask nodemask_t;

#ifndef __cplusplus
#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 202311L
typedef _Bool bool;
#define true 1
#define false 0
#endif
#endif

#ifndef NULL
#define NULL ((void *)0)
#endif

struct dentry;
struct vfsmount;
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct rb_node {
	unsigned long rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
struct fown_struct {
	unsigned int lock;
	struct pid *pid;
	int pid_type;
	uid_t uid, euid;
	int signum;
};
struct file_ra_state {
	pgoff_t start;
	unsigned int size;
	unsigned int async_size;
	unsigned int ra_pages;
	unsigned int mmap_miss;
	loff_t prev_pos;
};`;

/** Words of kernel code that say something to its own tools: nothing here. */
export const ANNOTATIONS = `#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __nocast
#define __safe
#define __acquires(lock)
#define __releases(lock)
#define __init
#define __exit
#define __initdata
#define __devinit
#define __read_mostly
#define asmlinkage
#define notrace
#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __pure __attribute__((__pure__))
#define __attribute_const__ __attribute__((__const__))
#define __packed __attribute__((__packed__))
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define uninitialized_var(name) name = name
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)
#define module_init(function)
#define module_exit(function)
#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)`;

// Source: include/asm-generic/errno-base.h and errno.h, v3.0.101
const ERRNO: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    `EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
     ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK
     ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP`
      .split(/\s+/u)
      .map((name, index) => [name, index + 1]),
  ),
  EIDRM: 43,
  ENODATA: 61,
  ETIME: 62,
  ENOLINK: 67,
  EPROTO: 71,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EILSEQ: 84,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  ENETUNREACH: 101,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EALREADY: 114,
  EINPROGRESS: 115,
  ESTALE: 116,
  EREMOTEIO: 121,
  EDQUOT: 122,
  ERESTARTSYS: 512,
  ENOTSUPP: 524,
};

const define = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `#define ${name} ${value}`)
    .join('\n');

/** errno, pages, limits of types. */
export const CONSTANTS = `/* errno (include/asm-generic/errno-base.h and errno.h, v3.0.101) */
${define({ ...ERRNO, EWOULDBLOCK: 'EAGAIN' })}
#define MAX_ERRNO 4095

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PATH_MAX 4096
#define NAME_MAX 255
#define USHRT_MAX ((u16)~0U)
#define SHRT_MAX ((s16)(USHRT_MAX >> 1))
#define INT_MAX ((int)(~0U >> 1))
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX (~0U)
#define LONG_MAX ((long)(~0UL >> 1))
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (~0UL)
#define BITS_PER_LONG 64
#define LIST_POISON1 ((void *)0xdead000000100100UL)
#define LIST_POISON2 ((void *)0xdead000000200200UL)`;

/** The flags of an allocation. */
export const FLAGS = `/* flags of an allocation (include/linux/gfp.h, v3.0.101) */
${define(Object.fromEntries(Object.entries(GFP_FLAGS).map(([name, bit]) => [name, `0x${bit.toString(16)}u`])))}

/* an allocation that may sleep, do I/O and enter file systems: the usual flags */
#define GFP_KERNEL (__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_TEMPORARY (GFP_KERNEL | __GFP_RECLAIMABLE)
#define GFP_USER (GFP_KERNEL | __GFP_HARDWALL)
/* one that may sleep, and enters no file system, or does no I/O */
#define GFP_NOFS (__GFP_WAIT | __GFP_IO)
#define GFP_NOIO __GFP_WAIT
/* one that does not sleep, with a reserve, or without */
#define GFP_ATOMIC __GFP_HIGH
#define GFP_NOWAIT 0u`;
