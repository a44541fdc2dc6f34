// Values that a kernel engineer knows by sight: fills of freed memory, error numbers, addresses, changes of a byte.

import { type Addr, isCanonical } from '../base/address.js';
import { BUFCTL_END } from '../kernel/structs/slab.js';
import { type ValueSize, filledWith, signedOf, valueOf } from './pair.js';

/** A value, or a byte that fills one, and its meaning. */
export interface Pattern {
  readonly name: string;
  /** Completes "it is": `the fill of freed slab objects`. */
  readonly meaning: string;
  readonly source: string;
  /** Every byte of a value has this value. */
  readonly fill?: number;
  /** Differs from the fill in the last byte in memory, the most significant one. */
  readonly last?: number;
  /** The value itself, of `size` bytes. */
  readonly value?: bigint;
  readonly size?: ValueSize;
  /** A pointer, or the fill of an object with pointers: a field or a decremented counter lies near it. */
  readonly near?: true;
}

const POISON = 'include/linux/poison.h, v3.0.101';
const SLAB = 'mm/slab.c, v3.0.101';
const CONVENTION = 'a habit of programmers; not from a kernel header';

const fill = (name: string, byte: number, meaning: string, near?: true): Pattern => ({
  name,
  meaning,
  source: POISON,
  fill: byte,
  ...(near === undefined ? {} : { near }),
});

const word = (name: string, value: bigint, meaning: string, source = POISON): Pattern => ({
  name,
  meaning,
  source,
  value,
  size: value > 0xffffffffn ? 8 : 4,
});

const listPoison = (name: string, value: bigint, source = POISON): Pattern => ({
  ...word(name, value, 'what list_del() leaves in the entry that it removed', source),
  near: true,
});

/**
 * The patterns, best known first; each has a name of its own.
 *
 * Source: include/linux/poison.h, mm/slab.c and the headers named in each, v3.0.101. The list poisons carry
 * CONFIG_ILLEGAL_POINTER_VALUE of x86-64, 0xdead000000000000 (arch/x86/Kconfig); newer kernels have smaller ones.
 */
export const PATTERNS: readonly Pattern[] = [
  fill('POISON_FREE', 0x6b, 'the fill of freed slab objects', true),
  fill('POISON_INUSE', 0x5a, 'the fill of uninitialised slab objects', true),
  { ...fill('POISON_FREE and POISON_END', 0x6b, 'the last bytes of a freed slab object'), last: 0xa5 },
  { ...fill('POISON_INUSE and POISON_END', 0x5a, 'the end of an uninitialised slab object'), last: 0xa5 },
  fill('POISON_END', 0xa5, 'the last byte of a poisoned slab object'),
  listPoison('LIST_POISON1', 0xdead000000100100n),
  listPoison('LIST_POISON2', 0xdead000000200200n),
  listPoison('LIST_POISON1 of newer kernels', 0xdead000000000100n, 'include/linux/poison.h, v5.10'),
  listPoison('LIST_POISON2 of newer kernels', 0xdead000000000122n, 'include/linux/poison.h, v5.10'),
  listPoison('LIST_POISON2 of Linux 4', 0xdead000000000200n, 'include/linux/poison.h, v4.4'),
  listPoison('LIST_POISON1 without POISON_POINTER_DELTA', 0x00100100n),
  listPoison('LIST_POISON2 without POISON_POINTER_DELTA', 0x00200200n),
  word('RED_INACTIVE', 0x09f911029d74e35bn, 'the red zone of a free SLAB object'),
  word('RED_ACTIVE', 0xd84156c5635688c0n, 'the red zone of an allocated SLAB object'),
  fill('SLUB_RED_INACTIVE', 0xbb, 'the red zone of a free SLUB object'),
  fill('SLUB_RED_ACTIVE', 0xcc, 'the red zone of an allocated SLUB object'),
  fill('POISON_FREE_INITMEM', 0xcc, 'the fill of freed init memory'),
  word('BUFCTL_FREE', BigInt(BUFCTL_END - 1), 'the index of a free object in SLAB debugging', SLAB),
  word('BUFCTL_ACTIVE', BigInt(BUFCTL_END - 2), 'the index of an allocated object in SLAB debugging', SLAB),
  fill('PAGE_POISON', 0xaa, 'the fill of free pages (mm/debug-pagealloc.c)'),
  fill('JBD_POISON_FREE', 0x5b, 'the fill of freed journal heads (fs/jbd)'),
  fill('JBD2_POISON_FREE', 0x5c, 'the fill of freed journal heads (fs/jbd2)'),
  fill('POOL_POISON_FREED', 0xa7, 'the fill of freed dma_pool blocks'),
  fill('POOL_POISON_ALLOCATED', 0xa9, 'the fill of uninitialised dma_pool blocks'),
  fill('FLEX_ARRAY_FREE', 0x6c, 'the fill of freed flex_array elements'),
  fill('KEY_DESTROY', 0xbd, 'the fill of destroyed keys'),
  fill('MUTEX_DEBUG_INIT', 0x11, 'the fill of mutex waiters at their start'),
  fill('MUTEX_DEBUG_FREE', 0x22, 'the fill of mutex waiters at their end'),
  fill('OSS_POISON_FREE', 0xab, 'the fill of freed memory in sound/oss'),
  fill('ATM_POISON_FREE', 0x12, 'the fill of freed memory in drivers/atm'),
  word('ATM_POISON, NEIGHBOR_DEAD', 0xdeadbeefn, 'the mark of dead objects in drivers/atm and net'),
  word('NETFILTER_LINK_POISON', 0xdead57acn, 'the mark of an unlinked netfilter entry'),
  word('TIMER_ENTRY_STATIC', 0x74737461n, 'the mark of a static timer, "tsta"'),
  word(
    'SPINLOCK_MAGIC',
    0xdead4eadn,
    'in every debugged spinlock',
    'include/linux/spinlock_types.h, v3.0.101',
  ),
  word('RWLOCK_MAGIC', 0xdeaf1eedn, 'in every debugged rwlock', 'include/linux/rwlock_types.h, v3.0.101'),
  word('STACK_END_MAGIC', 0x57ac6e9dn, 'at the end of every kernel stack', 'include/linux/magic.h, v3.0.101'),
  ...[0xdeadbeefdeadbeefn, 0xdeadc0den, 0xbaadf00dn, 0xcafebaben, 0xfeedfacen].map((value) =>
    word(`0x${value.toString(16)}`, value, 'a mark that people choose because it is easy to see', CONVENTION),
  ),
];

/** How far from a pattern of pointers a value is still called near it. */
const NEAR = { below: 16n, above: 0x1000n } as const;

/** A value of a pattern at one size; `undefined` when the pattern does not have that size. */
export const patternValue = (pattern: Pattern, size: ValueSize): bigint | undefined => {
  if (pattern.value !== undefined) return pattern.size! <= size ? pattern.value : undefined;
  if (pattern.last === undefined) return filledWith(pattern.fill!, size);
  if (size === 1) return undefined; // the last byte alone does not show the fill
  return valueOf([...new Array<number>(size - 1).fill(pattern.fill!), pattern.last]);
};

/** A pattern that a value is, or lies `beyond` bytes from. */
export interface Match {
  readonly pattern: Pattern;
  readonly beyond: bigint;
}

/**
 * The patterns that a value shows: all that it is exactly, otherwise the nearest. Near a pattern lie a pointer made of
 * it plus the offset of a field, and a counter in it that was decremented.
 */
export const patternsOf = (value: bigint, size: ValueSize): Match[] => {
  const exact: Match[] = [];
  const near: Match[] = [];
  const above = size === 8 ? NEAR.above : 0x80n;
  for (const pattern of PATTERNS) {
    const beyond = value - (patternValue(pattern, size) ?? value + NEAR.below + 1n);
    if (beyond === 0n) exact.push({ pattern, beyond });
    else if (pattern.near === true && size >= 4 && beyond >= -NEAR.below && beyond < above) {
      near.push({ pattern, beyond });
    }
  }
  if (exact.length > 0) return exact;
  const distance = ({ beyond }: Match): bigint => (beyond < 0n ? -beyond : beyond);
  near.sort((a, b) => (distance(a) < distance(b) ? -1 : 1));
  return near.slice(0, 1);
};

const ERRNO_BASE =
  'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST ' +
  'EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE';

// 41 and 58 have no name of their own: EWOULDBLOCK is EAGAIN and EDEADLOCK is EDEADLK.
const ERRNO =
  'EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ' +
  'ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ' +
  'ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ' +
  'ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT ' +
  'EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ' +
  'ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ' +
  'ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ' +
  'ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL ' +
  'EHWPOISON';

const ERRNO_KERNEL = 'ERESTARTSYS ERESTARTNOINTR ERESTARTNOHAND ENOIOCTLCMD ERESTART_RESTARTBLOCK';

/**
 * Names of error numbers.
 * Source: include/asm-generic/errno-base.h (1 to 34), include/asm-generic/errno.h (35 to 133),
 * include/linux/errno.h (512 to 516, inside the kernel only), v3.0.101
 */
export const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  (
    [
      [1, `${ERRNO_BASE} ${ERRNO}`],
      [512, ERRNO_KERNEL],
    ] as const
  ).flatMap(([first, names]) =>
    names
      .split(' ')
      .map((name, index): [number, string] => [first + index, name])
      .filter(([, name]) => name !== '-'),
  ),
);

/** The error number that a value is, also when it was widened from 32 bits without its sign. */
export const errnoOf = (value: bigint, size: ValueSize): number | undefined => {
  if (size < 4) return undefined;
  const number = -Number(signedOf(value, size === 8 && value >> 32n === 0n ? 4 : size));
  return number > 0 && ERRNO_NAMES.has(number) ? number : undefined;
};

export const ERRNO_SOURCE = 'include/asm-generic/errno-base.h and errno.h, v3.0.101';

interface AddressRange {
  readonly name: string;
  readonly start: Addr;
  readonly end: Addr; // included
}

/**
 * The address space of the kernel. Kernels with address space randomisation move its parts.
 * Source: Documentation/x86/x86_64/mm.txt, v3.0.101
 */
const KERNEL_RANGES: readonly AddressRange[] = [
  { name: 'the direct map', start: 0xffff880000000000n, end: 0xffffc7ffffffffffn },
  { name: 'the vmalloc area', start: 0xffffc90000000000n, end: 0xffffe8ffffffffffn },
  { name: 'the vmemmap', start: 0xffffea0000000000n, end: 0xffffeaffffffffffn },
  { name: 'the kernel image', start: 0xffffffff80000000n, end: 0xffffffff9fffffffn },
  { name: 'the module area', start: 0xffffffffa0000000n, end: 0xffffffffffefffffn },
];

export const RANGES_SOURCE = 'Documentation/x86/x86_64/mm.txt, v3.0.101';

/** The range of the kernel that an address lies in. */
const kernelRange = (address: Addr): AddressRange | undefined =>
  KERNEL_RANGES.find(({ start, end }) => address >= start && address <= end);

/** Whether a value is an address in one of the kernel's ranges. */
export const isKernelPointer = (value: bigint, size: ValueSize): boolean =>
  size === 8 && kernelRange(value) !== undefined;

/**
 * The physical address that one of the kernel's two mappings shows at an address; `undefined` for other addresses.
 * Source: Documentation/x86/x86_64/mm.txt, v3.0.101, for a kernel that runs where it was linked (phys_base 0)
 */
export const physicalOf = (value: bigint, size: ValueSize): bigint | undefined => {
  const range = size === 8 ? kernelRange(value) : undefined;
  return range?.name === 'the direct map' || range?.name === 'the kernel image'
    ? value - range.start
    : undefined;
};

/** What kind of address a 64-bit value would be. */
export const addressKind = (address: Addr): string => {
  if (!isCanonical(address)) return 'a non-canonical address';
  if (address < 0x1000n) return 'the first page';
  return kernelRange(address)?.name ?? (address < 1n << 47n ? 'user space' : 'a hole of the kernel space');
};

/** What a string function does to one byte. */
export interface Conversion {
  readonly name: string;
  /** Completes "that happens": `where a Unix path is rewritten as a Windows one`. */
  readonly hint: string;
  readonly source: string | null;
  readonly of: (old: number, now: number) => boolean;
  /** Says something about one byte only. */
  readonly once?: true;
}

const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;

/** The conversions, most telling first. */
export const CONVERSIONS: readonly Conversion[] = [
  {
    name: 'slash to backslash',
    hint: 'where a Unix path is rewritten as a Windows one; the CIFS client does so in convert_delimiter()',
    source: 'convert_delimiter(), fs/cifs/cifsglob.h, v3.0.101',
    of: (old, now) => old === 0x2f && now === 0x5c,
  },
  {
    name: 'backslash to slash',
    hint: 'where a Windows path is rewritten as a Unix one; the CIFS client does so in convert_delimiter()',
    source: 'convert_delimiter(), fs/cifs/cifsglob.h, v3.0.101',
    of: (old, now) => old === 0x5c && now === 0x2f,
  },
  {
    name: 'upper to lower case',
    hint: 'where text is turned into lower case, as tolower() does',
    source: 'tolower(), include/linux/ctype.h, v3.0.101',
    of: (old, now) => isUpper(old) && now === (old ^ 0x20),
  },
  {
    name: 'lower to upper case',
    hint: 'where text is turned into upper case, as toupper() does',
    source: 'toupper(), include/linux/ctype.h, v3.0.101',
    of: (old, now) => isLower(old) && now === (old ^ 0x20),
  },
  {
    name: 'a NUL written',
    hint: 'where a string is terminated one byte too far',
    source: null,
    of: (old, now) => old !== 0 && now === 0,
    once: true,
  },
];
