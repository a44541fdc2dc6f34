// The bounds of what a page reads. Numbers only: the page imports them.

/** Longest text that a page reads: characters, or bytes of a file. */
export const MAX_PASTED = 1 << 26;

/** Most reports that a page explains; what follows them is not read. */
export const MAX_EXPLAINED = 256;

/** Most lines of a report that a page shows, and characters of one. */
export const MAX_LINES_SHOWN = 500;
export const MAX_LINE_SHOWN = 2000;
