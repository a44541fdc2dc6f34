// Functions of oopslab.h, in our own words: those that the kernel has as inline functions, and those of its library that
// the release has no code for. Each group needs functions that the release can call.
// Source of their meaning: include/linux/slab.h, err.h, list.h, spinlock.h, ctype.h, lib/string.c, mm/util.c,
// arch/x86/include/asm/atomic.h and irqflags.h, v3.0.101

import { hex } from '../base/address.js';
import { CURRENT_TASK_OFFSET } from '../kernel/structs/task.js';

/** Inline functions that belong together. */
interface InlineGroup {
  /** Functions of the release that they call. */
  readonly needs: readonly string[];
  readonly text: string;
}

// In place whatever the level; `gnu_inline` lets a candidate define a function of the same name afterwards. What the
// kernel has in its library stays a function, so that a call trace has it; `inline` only keeps gcc -O0 from writing out those
// that nobody calls.
const MARK = `#define OOPSLAB_INLINE extern __inline__ __attribute__((__gnu_inline__, __always_inline__, __unused__))
#define OOPSLAB_LIBRARY static __inline__ __attribute__((__noinline__, __unused__))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wattributes"`;

const END = `#pragma GCC diagnostic pop`;

const ALLOCATION = `/*
 * Memory of the general cache whose objects are the smallest that hold size bytes, or NULL. Its old contents stay.
 * Another name of __kmalloc() and no inline function, so that the line table has the line of the caller.
 */
void *kmalloc(size_t size, gfp_t flags) __asm__("__kmalloc");

/* The same, cleared: the whole object, not only the requested bytes. */
#define kzalloc(size, flags) kmalloc(size, (flags) | __GFP_ZERO)

/* A cleared array; NULL too where its size does not fit in a size_t. */
#define kcalloc(count, size, flags) \\
	__extension__({ \\
		size_t kcalloc_count_ = (count), kcalloc_size_ = (size); \\
		kcalloc_size_ != 0 && kcalloc_count_ > ULONG_MAX / kcalloc_size_ \\
			? NULL \\
			: kmalloc(kcalloc_count_ * kcalloc_size_, (flags) | __GFP_ZERO); \\
	})`;

const DUPLICATES = `/* Copies in an allocation of their own, or NULL. */
OOPSLAB_LIBRARY void *kmemdup(const void *source, size_t size, gfp_t flags)
{
	void *copy = kmalloc(size, flags);

	return copy == NULL ? NULL : memcpy(copy, source, size);
}

OOPSLAB_LIBRARY char *kstrdup(const char *text, gfp_t flags)
{
	size_t size;
	char *copy;

	if (text == NULL)
		return NULL;
	size = strlen(text) + 1;
	copy = (char *)kmalloc(size, flags);
	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

OOPSLAB_LIBRARY char *kstrndup(const char *text, size_t most, gfp_t flags)
{
	size_t length;
	char *copy;

	if (text == NULL)
		return NULL;
	length = strnlen(text, most);
	copy = (char *)kmalloc(length + 1, flags);
	if (copy != NULL) {
		memcpy(copy, text, length);
		copy[length] = 0;
	}
	return copy;
}`;

const ERRORS = `/* An errno in a pointer. */
OOPSLAB_INLINE void *ERR_PTR(long error)
{
	return (void *)error;
}

OOPSLAB_INLINE long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

OOPSLAB_INLINE long IS_ERR(const void *pointer)
{
	return IS_ERR_VALUE(pointer);
}

OOPSLAB_INLINE long IS_ERR_OR_NULL(const void *pointer)
{
	return pointer == NULL || IS_ERR_VALUE(pointer);
}

OOPSLAB_INLINE void *ERR_CAST(const void *pointer)
{
	return (void *)(unsigned long)pointer;
}`;

const LISTS = `OOPSLAB_INLINE void INIT_LIST_HEAD(struct list_head *head)
{
	head->prev = head;
	head->next = head;
}

OOPSLAB_INLINE int list_empty(const struct list_head *head)
{
	return head->next == head;
}

OOPSLAB_INLINE int list_is_singular(const struct list_head *head)
{
	return head->next != head && head->next == head->prev;
}

OOPSLAB_INLINE int list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

OOPSLAB_INLINE void __list_add(struct list_head *added, struct list_head *before, struct list_head *after)
{
	added->prev = before;
	added->next = after;
	after->prev = added;
	before->next = added;
}

/* Behind the head: the first entry. */
OOPSLAB_INLINE void list_add(struct list_head *added, struct list_head *head)
{
	__list_add(added, head, head->next);
}

/* Before the head: the last entry. */
OOPSLAB_INLINE void list_add_tail(struct list_head *added, struct list_head *head)
{
	__list_add(added, head->prev, head);
}

OOPSLAB_INLINE void __list_del(struct list_head *before, struct list_head *after)
{
	before->next = after;
	after->prev = before;
}

OOPSLAB_INLINE void list_del(struct list_head *entry)
{
	__list_del(entry->prev, entry->next);
	entry->next = (struct list_head *)LIST_POISON1;
	entry->prev = (struct list_head *)LIST_POISON2;
}

OOPSLAB_INLINE void list_del_init(struct list_head *entry)
{
	__list_del(entry->prev, entry->next);
	INIT_LIST_HEAD(entry);
}

OOPSLAB_INLINE void list_replace(struct list_head *old, struct list_head *taking)
{
	__list_add(taking, old->prev, old->next);
}

OOPSLAB_INLINE void list_move(struct list_head *entry, struct list_head *head)
{
	__list_del(entry->prev, entry->next);
	list_add(entry, head);
}

OOPSLAB_INLINE void list_move_tail(struct list_head *entry, struct list_head *head)
{
	__list_del(entry->prev, entry->next);
	list_add_tail(entry, head);
}

OOPSLAB_INLINE void __list_splice(const struct list_head *list, struct list_head *before, struct list_head *after)
{
	before->next = list->next;
	list->next->prev = before;
	after->prev = list->prev;
	list->prev->next = after;
}

OOPSLAB_INLINE void list_splice(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head, head->next);
}

OOPSLAB_INLINE void list_splice_tail(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head->prev, head);
}

OOPSLAB_INLINE void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

OOPSLAB_INLINE void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}`;

const CHARACTERS = `/* Of the low byte, as Latin-1: capitals from 0xc0 on, small letters from 0xdf on, a hard blank at 0xa0. */
OOPSLAB_INLINE int isdigit(int c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= '0' && byte <= '9';
}

OOPSLAB_INLINE int isupper(int c)
{
	unsigned char byte = (unsigned char)c;

	return (byte >= 'A' && byte <= 'Z') || (byte >= 0xc0 && byte <= 0xde && byte != 0xd7);
}

OOPSLAB_INLINE int islower(int c)
{
	unsigned char byte = (unsigned char)c;

	return (byte >= 'a' && byte <= 'z') || (byte >= 0xdf && byte != 0xf7);
}

OOPSLAB_INLINE int isalpha(int c)
{
	return isupper(c) || islower(c);
}

OOPSLAB_INLINE int isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}

OOPSLAB_INLINE int isxdigit(int c)
{
	unsigned char byte = (unsigned char)c;

	return isdigit(c) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

OOPSLAB_INLINE int isspace(int c)
{
	unsigned char byte = (unsigned char)c;

	return byte == ' ' || (byte >= '\\t' && byte <= '\\r') || byte == 0xa0;
}

OOPSLAB_INLINE int tolower(int c)
{
	return (unsigned char)(isupper(c) ? c + 32 : c);
}

OOPSLAB_INLINE int toupper(int c)
{
	return (unsigned char)(islower(c) ? c - 32 : c);
}`;

const TEXTS = `OOPSLAB_LIBRARY int strncmp(const char *a, const char *b, size_t most)
{
	for (; most > 0; a++, b++, most--) {
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		if (*a == 0)
			break;
	}
	return 0;
}

OOPSLAB_LIBRARY void *memchr(const void *bytes, int byte, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;

	for (; size > 0; at++, size--)
		if (*at == (unsigned char)byte)
			return (void *)(unsigned long)at;
	return NULL;
}

OOPSLAB_LIBRARY size_t strspn(const char *text, const char *accept)
{
	size_t length, index;

	for (length = 0; text[length] != 0; length++) {
		for (index = 0; accept[index] != 0 && accept[index] != text[length]; index++)
			;
		if (accept[index] == 0)
			break;
	}
	return length;
}

OOPSLAB_LIBRARY size_t strcspn(const char *text, const char *reject)
{
	size_t length, index;

	for (length = 0; text[length] != 0; length++)
		for (index = 0; reject[index] != 0; index++)
			if (reject[index] == text[length])
				return length;
	return length;
}

OOPSLAB_LIBRARY char *strpbrk(const char *text, const char *accept)
{
	text += strcspn(text, accept);
	return *text == 0 ? NULL : (char *)(unsigned long)text;
}

OOPSLAB_LIBRARY char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)(unsigned long)text;
}

OOPSLAB_LIBRARY char *strsep(char **texts, const char *separators)
{
	char *first = *texts, *end;

	if (first == NULL)
		return NULL;
	end = strpbrk(first, separators);
	if (end != NULL)
		*end++ = 0;
	*texts = end;
	return first;
}`;

const LONGER_TEXTS = `OOPSLAB_LIBRARY char *strstr(const char *text, const char *part)
{
	size_t length = strlen(part);

	for (;; text++) {
		if (strncmp(text, part, length) == 0)
			return (char *)(unsigned long)text;
		if (*text == 0)
			return NULL;
	}
}

OOPSLAB_LIBRARY char *strncat(char *to, const char *from, size_t most)
{
	size_t end = strlen(to), index;

	for (index = 0; index < most && from[index] != 0; index++)
		to[end + index] = from[index];
	if (most > 0)
		to[end + index] = 0;
	return to;
}`;

const BOUNDED_TEXTS = `/* The length that the whole would have. */
OOPSLAB_LIBRARY size_t strlcat(char *to, const char *from, size_t size)
{
	size_t start = strlen(to), length = strlen(from), room;

	if (unlikely(start >= size))
		BUG();
	room = size - start - 1;
	memcpy(to + start, from, length < room ? length : room);
	to[start + (length < room ? length : room)] = 0;
	return start + length;
}`;

const KREFS = `struct kref {
	atomic_t refcount;
};

OOPSLAB_INLINE void kref_init(struct kref *kref)
{
	atomic_set(&kref->refcount, 1);
}

OOPSLAB_INLINE void kref_get(struct kref *kref)
{
	atomic_inc(&kref->refcount);
}

/* Whether release() was called: after the last reference. */
OOPSLAB_INLINE int kref_put(struct kref *kref, void (*release)(struct kref *kref))
{
	if (!atomic_dec_and_test(&kref->refcount))
		return 0;
	release(kref);
	return 1;
}`;

const LOCKS = `#define DEFINE_SPINLOCK(name) spinlock_t name

OOPSLAB_INLINE void spin_lock_init(spinlock_t *lock)
{
	lock->rlock.raw_lock.slock = 0;
}

OOPSLAB_INLINE void spin_lock(spinlock_t *lock)
{
	_raw_spin_lock(&lock->rlock);
}

OOPSLAB_INLINE void spin_unlock(spinlock_t *lock)
{
	_raw_spin_unlock(&lock->rlock);
}

/* Neither interrupts nor preemption happen here: only the flag is kept. */
OOPSLAB_INLINE void spin_lock_irq(spinlock_t *lock)
{
	local_irq_disable();
	_raw_spin_lock(&lock->rlock);
}

OOPSLAB_INLINE void spin_unlock_irq(spinlock_t *lock)
{
	_raw_spin_unlock(&lock->rlock);
	local_irq_enable();
}

#define spin_lock_irqsave(lock, flags) \\
	do { \\
		local_irq_save(flags); \\
		spin_lock(lock); \\
	} while (0)
#define spin_unlock_irqrestore(lock, flags) \\
	do { \\
		spin_unlock(lock); \\
		local_irq_restore(flags); \\
	} while (0)`;

const INTERRUPTS = `OOPSLAB_INLINE void local_irq_disable(void)
{
	__asm__ __volatile__("cli" : : : "memory");
}

OOPSLAB_INLINE void local_irq_enable(void)
{
	__asm__ __volatile__("sti" : : : "memory");
}

#define local_irq_save(flags) __asm__ __volatile__("pushf; pop %0; cli" : "=r"(flags) : : "memory")
#define local_irq_restore(flags) __asm__ __volatile__("push %0; popf" : : "r"((unsigned long)(flags)) : "memory", "cc")`;

const ATOMICS = `#define ATOMIC_INIT(value) { (value) }

OOPSLAB_INLINE int atomic_read(const atomic_t *at)
{
	return *(const volatile int *)&at->counter;
}

OOPSLAB_INLINE void atomic_set(atomic_t *at, int value)
{
	*(volatile int *)&at->counter = value;
}

OOPSLAB_INLINE void atomic_add(int value, atomic_t *at)
{
	__asm__ __volatile__("lock; addl %1,%0" : "+m"(at->counter) : "ir"(value) : "cc");
}

OOPSLAB_INLINE void atomic_sub(int value, atomic_t *at)
{
	__asm__ __volatile__("lock; subl %1,%0" : "+m"(at->counter) : "ir"(value) : "cc");
}

OOPSLAB_INLINE void atomic_inc(atomic_t *at)
{
	atomic_add(1, at);
}

OOPSLAB_INLINE void atomic_dec(atomic_t *at)
{
	atomic_sub(1, at);
}

OOPSLAB_INLINE int atomic_add_return(int value, atomic_t *at)
{
	int before = value;

	__asm__ __volatile__("lock; xaddl %0,%1" : "+r"(before), "+m"(at->counter) : : "memory", "cc");
	return before + value;
}

OOPSLAB_INLINE int atomic_sub_return(int value, atomic_t *at)
{
	return atomic_add_return(-value, at);
}

OOPSLAB_INLINE int atomic_inc_return(atomic_t *at)
{
	return atomic_add_return(1, at);
}

OOPSLAB_INLINE int atomic_dec_return(atomic_t *at)
{
	return atomic_add_return(-1, at);
}

OOPSLAB_INLINE int atomic_dec_and_test(atomic_t *at)
{
	return atomic_add_return(-1, at) == 0;
}

OOPSLAB_INLINE int atomic_inc_and_test(atomic_t *at)
{
	return atomic_add_return(1, at) == 0;
}

OOPSLAB_INLINE long atomic_long_read(const atomic_long_t *at)
{
	return *(const volatile long *)&at->counter;
}

OOPSLAB_INLINE void atomic_long_set(atomic_long_t *at, long value)
{
	*(volatile long *)&at->counter = value;
}

OOPSLAB_INLINE void atomic_long_inc(atomic_long_t *at)
{
	__asm__ __volatile__("lock; incq %0" : "+m"(at->counter) : : "cc");
}

OOPSLAB_INLINE void atomic_long_dec(atomic_long_t *at)
{
	__asm__ __volatile__("lock; decq %0" : "+m"(at->counter) : : "cc");
}

OOPSLAB_INLINE int atomic_long_dec_and_test(atomic_long_t *at)
{
	long before = -1;

	__asm__ __volatile__("lock; xaddq %0,%1" : "+r"(before), "+m"(at->counter) : : "memory", "cc");
	return before == 1;
}`;

const CURRENT = `/* The task that runs on this CPU. */
OOPSLAB_INLINE struct task_struct *get_current(void)
{
	struct task_struct *task;

	__asm__("movq %%gs:${hex(CURRENT_TASK_OFFSET)},%0" : "=r"(task));
	return task;
}

#define current get_current()`;

const MESSAGES = `#define pr_err(...) printk(KERN_ERR __VA_ARGS__)
#define pr_warning(...) printk(KERN_WARNING __VA_ARGS__)
#define pr_notice(...) printk(KERN_NOTICE __VA_ARGS__)
#define pr_info(...) printk(KERN_INFO __VA_ARGS__)`;

/** All groups; each uses those before it. */
const INLINES: readonly InlineGroup[] = [
  { needs: [], text: MARK },
  { needs: ['__kmalloc'], text: ALLOCATION },
  { needs: ['__kmalloc', 'memcpy', 'strlen', 'strnlen'], text: DUPLICATES },
  { needs: [], text: ERRORS },
  { needs: [], text: LISTS },
  { needs: [], text: CHARACTERS },
  { needs: [], text: TEXTS },
  { needs: ['strlen'], text: LONGER_TEXTS },
  { needs: ['strlen', 'memcpy'], text: BOUNDED_TEXTS },
  { needs: [], text: ATOMICS },
  { needs: [], text: KREFS },
  { needs: [], text: INTERRUPTS },
  { needs: ['_raw_spin_lock', '_raw_spin_unlock'], text: LOCKS },
  { needs: [], text: CURRENT },
  { needs: ['printk'], text: MESSAGES },
  { needs: [], text: END },
];

const FUNCTION = /^(?:static inline|OOPSLAB_(?:INLINE|LIBRARY)) [^(]*?(\w+)\(/mu;

/** The names of the inline functions of a C text. */
export const inlineNames = (text: string): string[] =>
  [...text.matchAll(new RegExp(FUNCTION, 'gmu'))].map(([, name]) => name!);

/**
 * The text of all inline functions for what a release can call. A function that the release has itself is left out: its own
 * code is called.
 */
export const inlineText = (callable: ReadonlySet<string>): string =>
  INLINES.filter(({ needs }) => needs.every((name) => callable.has(name)))
    .flatMap(({ text }) => text.split('\n\n'))
    .reduce<string[]>((parts, part) => {
      // A part without a function at its start is the rest of the one before: C has blank lines in functions.
      if (/^(?:\/\*|#|OOPSLAB_|void )/u.test(part)) parts.push(part);
      else parts.push(`${parts.pop() ?? ''}\n\n${part}`);
      return parts;
    }, [])
    .filter((part) => !callable.has(FUNCTION.exec(part)?.[1] ?? ''))
    .join('\n\n');
