// Names of functions as they are the same in every build.

// What compilers add to the name of a copy, a part or a constant version of a function. Sources: GCC (ipa-sra, ipa-cp,
// ipa-split, hot/cold splitting), clang (ThinLTO: `.llvm.1234`), kernel/kallsyms.c cleanup_symbol_name(), v6.6
const SUFFIX =
  /\.(?:isra|constprop|part|cold|lto_priv|llvm|clone|localalias|cfi|cfi_jt|eh|ifunc)(?:\.[0-9a-f]{1,32})*$/u;
const MAX_SUFFIXES = 8;

/** The name without what compilers appended: `frob_start` of `frob_start.isra.0.cold`. */
export const bareSymbol = (symbol: string): string => {
  let name = symbol;
  for (let times = 0; times < MAX_SUFFIXES; times += 1) {
    const cut = name.replace(SUFFIX, '');
    if (cut === name || cut === '') break;
    name = cut;
  }
  return name;
};

// The wrappers of one system call differ by how it was entered and by release; of some, testers keep `sys_`.
// Source: arch/x86/include/asm/syscall_wrapper.h, v4.17 and later; include/linux/syscalls.h, v2.6.29 to v6.14
const WRAPPERS = [
  /^(?:__x64_|__ia32_)(?=sys_|compat_sys_)/u,
  /^(?:__se_sys_|__do_sys_|____sys_|___sys_|__sys_|ksys_|SYSC_|SyS_|sys_|compat_SYSC_|compat_SyS_)(?=\w)/u,
] as const;

/** The name for a title: without suffixes, and of a system call without the wrapper's prefix. */
export const titleSymbol = (symbol: string): string => {
  const name = bareSymbol(symbol);
  const wrapper = WRAPPERS.find((pattern) => pattern.test(name));
  return wrapper === undefined ? name : name.replace(wrapper, '');
};
