// The meanings of the letters after `Tainted:`.
// Source: taint_flags, kernel/panic.c, v2.6.32 to v6.15, and Documentation/admin-guide/tainted-kernels.rst

const LETTERS: Readonly<Record<string, string>> = {
  P: 'a proprietary module was loaded',
  G: 'every module that was loaded has a GPL-compatible licence',
  F: 'a module was loaded by force',
  S: 'the kernel runs on a processor or in a state that is out of specification',
  R: 'a module was unloaded by force',
  M: 'the processor reported a machine check',
  B: 'a page was in a bad state, or a checker reported an access',
  U: 'set at the request of a program in user space',
  D: 'the kernel had died before: an oops or a BUG',
  A: 'an ACPI table was overridden',
  W: 'a warning had been printed before',
  C: 'a driver of the staging tree was loaded',
  I: 'a bug of the firmware was worked around',
  O: 'a module from outside of the kernel tree was loaded',
  E: 'a module without a valid signature was loaded',
  L: 'a soft lockup had happened before',
  K: 'the kernel was live patched',
  X: 'a mark of the distribution',
  T: 'the layout of structures was randomised at build time; in kernels of Red Hat, a technology preview',
  N: 'a test was run in the kernel; in kernels of SUSE, an unsupported module was loaded',
  J: 'user space used a mutating debug operation of fwctl',
  H: 'in kernels of Red Hat, the hardware is not supported',
};

/** The letters of a taint that mark something, in their order, each with its meaning. */
export const explainTaint = (taint: string): { letter: string; meaning: string }[] =>
  [...new Set(taint.replaceAll(/[^A-Z]/gu, ''))].map((letter) => ({
    letter,
    meaning: LETTERS[letter] ?? 'an unknown letter',
  }));
