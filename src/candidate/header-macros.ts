// Macros of oopslab.h that ordinary kernel code uses, in our own words.
// Source of their meaning: include/linux/kernel.h, compiler.h, stddef.h, list.h, err.h and asm-generic/bug.h, v3.0.101

/** Expressions. */
export const MACROS = `#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define ACCESS_ONCE(place) (*(volatile __typeof__(place) *)&(place))
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#define container_of(pointer, type, member) \\
	((type *)((char *)(1 ? (pointer) : &((type *)0)->member) - __builtin_offsetof(type, member)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD_SIZEOF(type, member) (sizeof(((type *)0)->member))

/* Each argument is evaluated once. */
#define min(a, b) \\
	__extension__({ \\
		__typeof__(a) min_a_ = (a); \\
		__typeof__(b) min_b_ = (b); \\
		(void)(&min_a_ == &min_b_); /* the types must agree */ \\
		min_a_ < min_b_ ? min_a_ : min_b_; \\
	})
#define max(a, b) \\
	__extension__({ \\
		__typeof__(a) max_a_ = (a); \\
		__typeof__(b) max_b_ = (b); \\
		(void)(&max_a_ == &max_b_); \\
		max_a_ > max_b_ ? max_a_ : max_b_; \\
	})
#define min_t(type, a, b) \\
	__extension__({ \\
		type min_ta_ = (a); \\
		type min_tb_ = (b); \\
		min_ta_ < min_tb_ ? min_ta_ : min_tb_; \\
	})
#define max_t(type, a, b) \\
	__extension__({ \\
		type max_ta_ = (a); \\
		type max_tb_ = (b); \\
		max_ta_ > max_tb_ ? max_ta_ : max_tb_; \\
	})
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define clamp(value, low, high) clamp_t(__typeof__(value), value, low, high)
#define swap(a, b) \\
	do { \\
		__typeof__(a) swap_ = (a); \\
		(a) = (b); \\
		(b) = swap_; \\
	} while (0)
#define ALIGN(value, power) (((value) + ((__typeof__(value))(power) - 1)) & ~((__typeof__(value))(power) - 1))
#define PTR_ALIGN(pointer, power) ((__typeof__(pointer))ALIGN((unsigned long)(pointer), (power)))
#define IS_ALIGNED(value, power) (((value) & ((__typeof__(value))(power) - 1)) == 0)
#define round_up(value, power) ALIGN(value, power)
#define round_down(value, power) ((value) & ~((__typeof__(value))(power) - 1))
#define roundup(value, step) ((((value) + ((step) - 1)) / (step)) * (step))
#define DIV_ROUND_UP(value, step) (((value) + (step) - 1) / (step))
#define BIT(number) (1UL << (number))
#define BUILD_BUG_ON(condition) ((void)sizeof(char[1 - 2 * !!(condition)]))

#define IS_ERR_VALUE(value) unlikely((unsigned long)(value) >= (unsigned long)-MAX_ERRNO)

#ifdef OOPSLAB_CASE
/* Its place and line go into the kernel's table of BUG()s. */
#define BUG() \\
	do { \\
		__asm__ __volatile__( \\
			"1:\\tud2\\n\\t.pushsection .oopslab.bugs,\\"\\"\\n\\t.quad 1b\\n\\t.quad %c0\\n\\t.popsection" \\
			: \\
			: "i"(__LINE__)); \\
		__builtin_unreachable(); \\
	} while (0)
#else
/* An invalid opcode: a candidate has no entry in the table that makes it a BUG. */
#define BUG() \\
	do { \\
		__asm__ __volatile__("ud2"); \\
		__builtin_unreachable(); \\
	} while (0)
#endif
#define BUG_ON(condition) \\
	do { \\
		if (unlikely(condition)) \\
			BUG(); \\
	} while (0)
/* Says nothing here: the sandbox keeps no log. */
#define WARN_ON(condition) __extension__({ int warn_on_ = !!(condition); unlikely(warn_on_); })
#define WARN_ON_ONCE(condition) WARN_ON(condition)
#define might_sleep() do { } while (0)

/* This CPU; the sandbox runs a little-endian one. */
#define cpu_to_le16(value) ((__le16)(u16)(value))
#define cpu_to_le32(value) ((__le32)(u32)(value))
#define cpu_to_le64(value) ((__le64)(u64)(value))
#define le16_to_cpu(value) ((u16)(__le16)(value))
#define le32_to_cpu(value) ((u32)(__le32)(value))
#define le64_to_cpu(value) ((u64)(__le64)(value))
#define cpu_to_be16(value) ((__be16)__builtin_bswap16((u16)(value)))
#define cpu_to_be32(value) ((__be32)__builtin_bswap32((u32)(value)))
#define cpu_to_be64(value) ((__be64)__builtin_bswap64((u64)(value)))
#define be16_to_cpu(value) ((u16)__builtin_bswap16((__be16)(value)))
#define be32_to_cpu(value) ((u32)__builtin_bswap32((__be32)(value)))
#define be64_to_cpu(value) ((u64)__builtin_bswap64((__be64)(value)))
#define htons(value) cpu_to_be16(value)
#define htonl(value) cpu_to_be32(value)
#define ntohs(value) be16_to_cpu(value)
#define ntohl(value) be32_to_cpu(value)

#define KERN_EMERG "<0>"
#define KERN_ALERT "<1>"
#define KERN_CRIT "<2>"
#define KERN_ERR "<3>"
#define KERN_WARNING "<4>"
#define KERN_NOTICE "<5>"
#define KERN_INFO "<6>"
#define KERN_DEBUG "<7>"
#define KERN_CONT "<c>"`;

/** Walks along lists. */
export const LIST_MACROS = `#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_for_each(at, head) for (at = (head)->next; at != (head); at = at->next)
#define list_for_each_prev(at, head) for (at = (head)->prev; at != (head); at = at->prev)
#define list_for_each_safe(at, after, head) \\
	for (at = (head)->next, after = at->next; at != (head); at = after, after = at->next)
#define list_for_each_entry(at, head, member) \\
	for (at = list_entry((head)->next, __typeof__(*at), member); &at->member != (head); \\
	     at = list_entry(at->member.next, __typeof__(*at), member))
#define list_for_each_entry_reverse(at, head, member) \\
	for (at = list_entry((head)->prev, __typeof__(*at), member); &at->member != (head); \\
	     at = list_entry(at->member.prev, __typeof__(*at), member))
#define list_for_each_entry_continue(at, head, member) \\
	for (at = list_entry(at->member.next, __typeof__(*at), member); &at->member != (head); \\
	     at = list_entry(at->member.next, __typeof__(*at), member))
#define list_for_each_entry_safe(at, after, head, member) \\
	for (at = list_entry((head)->next, __typeof__(*at), member), \\
	     after = list_entry(at->member.next, __typeof__(*at), member); \\
	     &at->member != (head); at = after, after = list_entry(after->member.next, __typeof__(*after), member))`;
