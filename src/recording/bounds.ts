// The most that one recording holds. The recorder ends a run there, and a file that claims more is refused.

/** Bytes of guest memory: a world has no more. The shipped ones have about 1 MiB. */
export const MAX_MEMORY = 256 << 20;

/** Instructions; a run that goes on ends as one that used up its budget. */
export const MAX_INSTRUCTIONS = 20_000_000;

/** Words of register rows, 4 bytes each: 512 MiB. An instruction takes 5 on average, and 37 at most. */
export const MAX_REGISTER_WORDS = 1 << 27;

/** Accesses to memory, 32 bytes each: 512 MiB. */
export const MAX_ACCESSES = 1 << 24;

/** Events: calls, stubs, allocations, frees, findings. In the header each takes a few hundred bytes. */
export const MAX_EVENTS = 1 << 19;

/** Bytes of the header, which is one JSON text. */
export const MAX_HEADER = 256 << 20;
