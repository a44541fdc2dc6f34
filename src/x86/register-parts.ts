// Names of parts of registers, both ways: `esi` is the low four bytes of rsi.

const NARROW: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ...['a', 'b', 'c', 'd'].map((letter) => [`r${letter}x`, [`${letter}l`, `${letter}x`, `e${letter}x`]]),
  ...['si', 'di', 'bp', 'sp'].map((name) => [`r${name}`, [`${name}l`, name, `e${name}`]]),
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((number) => [
    `r${number}`,
    [`r${number}b`, `r${number}w`, `r${number}d`],
  ]),
]) as Record<string, readonly string[]>;

/** `rax`, `esi`, `ah`, or `rax bytes 1 to 7`. */
export const partName = (register: string, first: number, size: number): string => {
  if (first === 0 && size === 8) return register;
  const names = NARROW[register]!;
  if (first === 0 && (size === 1 || size === 2 || size === 4)) return names[Math.log2(size)]!;
  if (first === 1 && size === 1 && /^r[abcd]x$/u.test(register)) return names[0]!.replace('l', 'h');
  return size === 1 ? `${register} byte ${first}` : `${register} bytes ${first} to ${first + size - 1}`;
};

/** The 64-bit register of `rax`, `esi` or `ah`, and which bytes of it; `undefined` for anything else. */
export const readRegister = (text: string): { register: string; first: number; size: number } | undefined => {
  for (const [register, names] of Object.entries(NARROW)) {
    if (text === register) return { register, first: 0, size: 8 };
    const index = names.indexOf(text);
    if (index >= 0) return { register, first: 0, size: 2 ** index };
    if (/^[abcd]h$/u.test(text) && names[0] === text.replace('h', 'l'))
      return { register, first: 1, size: 1 };
  }
  return undefined;
};
