// Symbols that are parts of functions, as compilers name them.

// Blocks that were moved away from their function. Sources: GCC, "cold" of -freorder-blocks-and-partition; clang,
// -fsplit-machine-functions and -fbasic-block-sections
const FRAGMENT = /\.(?:cold|__part|unlikely|eh)(?:\.|$)/u;
const CLONE = /\.(?:isra|constprop|part)(?:\.|$)/u;

/**
 * Whether a symbol is of a part of a function that its other part jumps to, at any of its instructions, and that may jump
 * back: no arguments come in at its start.
 */
export const isFragment = (symbol: string | undefined): boolean =>
  symbol !== undefined && FRAGMENT.test(symbol);

/** Whether the arguments of a function may be others than those in its source: the compiler made it from another one. */
export const hasOtherArguments = (symbol: string): boolean => CLONE.test(symbol) || isFragment(symbol);
