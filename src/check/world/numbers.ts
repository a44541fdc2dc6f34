// The greatest numbers that a check takes, from the command line and from TypeScript.

/** Worlds of one check. */
export const MOST_RUNS = 1_000_000_000;

/** A seed has 32 bits. */
export const MOST_SEED = 0xffff_ffff;
