// Machine code of the instructions that compilers and assembly emit for a kernel, drawn from a fixed seed.
// Encodes only: it knows no disassembler, so that it cannot repeat one's mistakes.

/** A kernel's instruction, with the list that it is drawn from. */
export interface KernelInstruction {
  readonly bytes: readonly number[];
  readonly form: string;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export const numbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * One row of the opcode map. A letter of `takes` is something that may stand beside the opcode:
 * `m` ModRM of register or memory, `M` memory only, `R` register only; `0` to `7` fix its middle bits, `r` leaves them open;
 * `w` REX.W may stand, `W` must; `o` 66 may stand; `l` lock may stand before memory; `c` a CET or MPX prefix;
 * `b` an 8-bit immediate, `h` a 16-bit one, `i` one of the operand's size up to 32 bits, `I` up to 64 bits;
 * `j` an 8-bit distance, `J` a 32-bit one; `A` a 64-bit address; `+` a register in the opcode's low bits;
 * `p` a rep prefix may stand (one of `rep`); `s` a segment override may stand before memory.
 */
type Form = readonly [opcode: string, takes: string];

const CONDITIONS = [...'0123456789abcdef'];
const ARITHMETIC = [0, 1, 2, 3, 4, 5, 6, 7];

const FORMS: readonly Form[] = [
  // add, or, adc, sbb, and, sub, xor, cmp
  ...ARITHMETIC.flatMap((row): Form[] => {
    const at = (low: number) => ((row << 3) | low).toString(16).padStart(2, '0');
    const lock = row === 7 ? '' : 'l';
    return [
      [at(0), `mr${lock}`],
      [at(1), `mrow${lock}`],
      [at(2), 'mr'],
      [at(3), 'mrow'],
      [at(4), 'b'],
      [at(5), 'iow'],
      ['80', `m${row}b${lock}`],
      ['81', `m${row}iow${lock}`],
      ['83', `m${row}bow${lock}`],
    ];
  }),
  // shifts and rotates
  ...[0, 1, 2, 3, 4, 5, 7].flatMap((row): Form[] => [
    ['c0', `m${row}b`], ['c1', `m${row}bow`], ['d0', `m${row}`], ['d1', `m${row}ow`], ['d2', `m${row}`], ['d3', `m${row}ow`],
  ]),
  ['0fa4', 'mrowb'], ['0fa5', 'mrow'], ['0fac', 'mrowb'], ['0fad', 'mrow'],
  // test, not, neg, mul, imul, div, idiv, inc, dec
  ['84', 'mr'], ['85', 'mrow'], ['a8', 'b'], ['a9', 'iow'],
  ['f6', 'm0b'], ['f7', 'm0iow'],
  ...[2, 3, 4, 5, 6, 7].flatMap((row): Form[] => {
    const lock = row < 4 ? 'l' : '';
    return [['f6', `m${row}${lock}`], ['f7', `m${row}ow${lock}`]];
  }),
  ['fe', 'm0l'], ['fe', 'm1l'], ['ff', 'm0owl'], ['ff', 'm1owl'],
  ['69', 'mriow'], ['6b', 'mrbow'], ['0faf', 'mrow'],
  // moves
  ['88', 'mr'], ['89', 'mrow'], ['8a', 'mr'], ['8b', 'mrow'], ['c6', 'm0b'], ['c7', 'm0iow'],
  ['b0', '+b'], ['b8', '+Iow'], ['a0', 'A'], ['a1', 'Aow'], ['a2', 'A'], ['a3', 'Aow'],
  ['8d', 'Mrow'], ['0fb6', 'mrow'], ['0fb7', 'mrow'], ['0fbe', 'mrow'], ['0fbf', 'mrow'], ['63', 'mrW'],
  ['0fc3', 'Mrw'], ['0fc8', '+w'], ['86', 'mr'], ['87', 'mrow'], ['90', '+ow'],
  ['98', 'ow'], ['99', 'ow'],
  ...CONDITIONS.flatMap((condition): Form[] => [
    [`0f4${condition}`, 'mrow'], [`0f9${condition}`, 'm0'], [`7${condition}`, 'j'], [`0f8${condition}`, 'J'],
  ]),
  // stack, calls, jumps
  ['50', '+o'], ['58', '+o'], ['68', 'i'], ['6a', 'b'], ['8f', 'm0'], ['ff', 'm6'], ['9c', ''], ['9d', ''],
  ['0fa0', ''], ['0fa1', ''], ['0fa8', ''], ['0fa9', ''],
  ['e8', 'J'], ['e9', 'J'], ['eb', 'j'], ['ff', 'm2c'], ['ff', 'm4c'], ['ff', 'M3w'], ['ff', 'M5w'],
  ['c3', 'c'], ['c2', 'h'], ['cb', 'w'], ['ca', 'hw'], ['c9', ''], ['cf', 'w'], ['c8', 'hb'],
  ['e0', 'j'], ['e1', 'j'], ['e2', 'j'], ['e3', 'j'],
  // atomics and bits
  ['0fb0', 'mrl'], ['0fb1', 'mrowl'], ['0fc0', 'mrl'], ['0fc1', 'mrowl'], ['0fc7', 'M1wl'],
  ['0fa3', 'mrow'], ['0fab', 'mrowl'], ['0fb3', 'mrowl'], ['0fbb', 'mrowl'],
  ['0fba', 'm4bow'], ['0fba', 'm5bowl'], ['0fba', 'm6bowl'], ['0fba', 'm7bowl'],
  ['0fbc', 'mrow'], ['0fbd', 'mrow'], ['f30fbc', 'mrow'], ['f30fbd', 'mrow'], ['f30fb8', 'mrow'],
  ['0f38f0', 'Mrow'], ['0f38f1', 'Mrow'], ['f20f38f0', 'mrw'], ['f20f38f1', 'mrow'],
  // string instructions
  ...['a4', 'a6', 'aa', 'ac', 'ae', '6c', '6e'].map((opcode): Form => [opcode, 'p']),
  ...['a5', 'a7', 'ab', 'ad', 'af'].map((opcode): Form => [opcode, 'pow']),
  ['6d', 'po'], ['6f', 'po'],
  // flags, traps, nops
  ...['90', 'f390', 'f4', 'f5', 'f8', 'f9', 'fa', 'fb', 'fc', 'fd', 'cc', '9e', '9f', 'd7', 'f1', '9b'].map((opcode): Form => [opcode, '']),
  ['cd', 'b'], ['0f0b', ''], ['0fb9', 'mr'], ['0fff', 'mr'],
  ['0f1f', 'm0ow'],
  ...['6690', '0f1f00', '0f1f4000', '0f1f440000', '660f1f440000', '0f1f8000000000', '0f1f840000000000',
    '660f1f840000000000', '662e0f1f840000000000', '66662e0f1f840000000000', '6666662e0f1f840000000000',
    '666666662e0f1f840000000000', '66666666662e0f1f840000000000', '6666666666662e0f1f840000000000',
    '8d7600', '8d742600', '8db600000000', '8dbc2700000000', '488d7600', '488d742600', '488db600000000', '488dbc2700000000',
    '89f6', '8d36', '666690', '66666690', '2e0f1f840000000000', '2e8d742600', 'f3c3', 'f30f1efa', 'f30f1efb', '66662e0f1f8400ffffffff',
  ].map((code): Form => [code, '']),
  // ports
  ...['e4', 'e6'].map((opcode): Form => [opcode, 'b']), ['e5', 'bo'], ['e7', 'bo'],
  ['ec', ''], ['ee', ''], ['ed', 'o'], ['ef', 'o'],
  // system instructions
  ...['0f05', '0f06', '0f08', '0f09', '0f30', '0f31', '0f32', '0f33', '0fa2', '0f01f8', '0f01f9', '0f01d0', '0f01d1', '0f01c8', '0f01c9',
    '0f01ca', '0f01cb', '0f01c1', '0f01d9', '0faee8', '0faef0', '0faef8', '0f34', '0faa', '0f01ee', '0f01ef', '0f01c2', '0f01c3', '0f01c4', '0f01d8', '0f01da',
    '0f01db', '0f01dc', '0f01dd', '0f01de', '0f01df', '0f01d4', '0f01d5', '0f01d6', '0f01fa', '0f01fb', '0f01fc', '0f01fd',
    'f30f09', '0f0e', '0f77', 'f30f01e8', 'f30f01ea', '0f01cf'].map((code): Form => [code, '']),
  ['0f07', 'w'], ['c6f8', 'b'], ['c7f8', 'J'], ['0f35', 'w'],
  ['8c', 'mSow'], ['8e', 'mGw'], ['0f20', 'RC'], ['0f22', 'RC'], ['0f21', 'RD'], ['0f23', 'RD'],
  ['0f00', 'm0ow'], ['0f00', 'm1ow'], ['0f00', 'm2'], ['0f00', 'm3'], ['0f00', 'm4'], ['0f00', 'm5'],
  ['0f01', 'M0'], ['0f01', 'M1'], ['0f01', 'M2'], ['0f01', 'M3'], ['0f01', 'm4ow'], ['0f01', 'm6'], ['0f01', 'M7'],
  ['0f02', 'mrow'], ['0f03', 'mrow'], ['0fb2', 'Mrow'], ['0fb4', 'Mrow'], ['0fb5', 'Mrow'],
  ...[0, 1, 2, 3].map((row): Form => ['0f18', `M${row}`]), ['0f0d', 'M0'], ['0f0d', 'M1'], ['0f0d', 'M2'],
  ['0fae', 'M7'], ['660fae', 'M7'], ['660fae', 'M6'], ['0fae', 'M0w'], ['0fae', 'M1w'], ['0fae', 'M2'], ['0fae', 'M3'], ['0fae', 'M4w'], ['0fae', 'M5w'], ['0fae', 'M6w'],
  ['0fc7', 'M3w'], ['0fc7', 'M4w'], ['0fc7', 'M5w'], ['0fc7', 'M6'], ['660fc7', 'M6'], ['f30fc7', 'M6'], ['0fc7', 'M7'],
  ...[0, 1, 2, 3].map((row): Form => ['f30fae', `R${row}w`]), ['0fc7', 'R6ow'], ['0fc7', 'R7ow'], ['f30fc7', 'R7'],
  ['0f78', 'mr'], ['0f79', 'mr'], ['660f3880', 'Mr'], ['660f3881', 'Mr'], ['660f3882', 'Mr'],
]; // prettier-ignore

/** Draw instructions of each form, `each` times, and give every one once. */
export function* kernelInstructions(seed: number, each: number): Generator<KernelInstruction> {
  const drawn = new Set<string>();
  const next = numbers(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const chance = (part: number): boolean => next() < part;
  const pick = <T>(...values: readonly T[]): T => values[below(values.length)]!;
  const bytes = (count: number): number[] => Array.from({ length: count }, () => below(256));

  // Immediates, displacements and distances: the ends of the range, small ones of either sign, and any.
  const number = (size: number): number[] => {
    if (chance(0.3)) return bytes(size);
    const value = pick(
      0n,
      1n,
      -1n,
      BigInt(below(256)),
      -BigInt(below(256)),
      1n << BigInt(8 * size - 1),
      (1n << BigInt(8 * size - 1)) - 1n,
    );
    return Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
  };

  for (const [opcode, takes] of FORMS) {
    const has = (letter: string) => takes.includes(letter);
    for (let turn = 0; turn < each; turn++) {
      const code = opcode.match(/../gu)!.map((pair) => Number.parseInt(pair, 16));
      const prefixes: number[] = [];
      // A mandatory prefix, which is part of the opcode, is put before a REX prefix.
      while (code.length > 1 && [0x66, 0xf2, 0xf3, 0x2e].includes(code[0]!)) prefixes.push(code.shift()!);
      const wide = has('W') || (has('w') && chance(0.45));
      const narrow = has('o') && !wide && chance(0.25);
      let rex = wide ? 8 : 0;

      const tail: number[] = [];
      let memory = has('M') || (has('m') && chance(0.75));
      if (/[mMR]/u.test(takes)) {
        const fixed = /[0-7]/u.exec(takes)?.[0];
        const middle =
          fixed !== undefined
            ? Number(fixed)
            : has('S')
              ? below(6)
              : has('G')
                ? pick(0, 2, 3, 4, 5)
                : has('C')
                  ? pick(0, 2, 3, 4, 8)
                  : below(8);
        const high = fixed === undefined && !has('S') && !has('G') && !has('C') && !has('D');
        if (middle > 7 || (high && chance(0.4))) rex |= 4;
        const mode = memory ? pick(0, 1, 2) : 3;
        const low = below(8);
        if (chance(0.4)) rex |= 1;
        tail.push((mode << 6) | ((middle & 7) << 3) | low);
        let displacement = mode === 1 ? 1 : mode === 2 ? 4 : 0;
        if (memory && low === 4) {
          const sib = below(256);
          tail.push(sib);
          if (chance(0.4)) rex |= 2;
          if (mode === 0 && (sib & 7) === 5) displacement = 4;
        } else if (mode === 0 && low === 5) displacement = 4;
        tail.push(...number(displacement));
      } else memory = false;
      if (has('+')) {
        code[code.length - 1]! += opcode === '90' ? 1 + below(7) : below(8);
        if (chance(0.4)) rex |= 1;
      }
      if (has('b') && !has('h')) tail.push(...number(1));
      if (has('h')) tail.push(...number(2), ...(has('b') ? number(1) : []));
      if (has('i')) tail.push(...number(narrow ? 2 : 4));
      if (has('I')) tail.push(...number(wide ? 8 : narrow ? 2 : 4));
      if (has('j')) tail.push(...number(1));
      if (has('J')) tail.push(...number(4));
      if (has('A')) tail.push(...number(8));

      if (memory && has('l') && chance(0.3)) prefixes.unshift(0xf0);
      if (has('p')) prefixes.push(...pick([], [0xf3], [0xf2]));
      if (has('c')) prefixes.push(...pick([], [], [0xf2], ...(takes.includes('m') ? [[0x3e]] : [])));
      if (narrow) prefixes.push(0x66);
      if ((memory || has('A')) && !prefixes.includes(0x3e) && chance(0.2)) prefixes.unshift(pick(0x64, 0x65));
      if (memory && chance(0.04)) prefixes.unshift(0x67);
      // A byte register needs an empty REX prefix to be sil instead of dh.
      const empty =
        rex === 0 &&
        /^(?:8[0468a]|f[6e]|0f9|0fb[06e]|0fc0|[0-3][028a]|c[06]|d[02])/u.test(opcode) &&
        /[mMR]/u.test(takes) &&
        chance(0.2);
      const whole = [...prefixes, ...(rex !== 0 || empty ? [0x40 | rex] : []), ...code, ...tail];
      const key = whole.join();
      if (whole.length > 15 || drawn.has(key)) continue;
      drawn.add(key);
      yield { bytes: whole, form: `${opcode} ${takes}` };
    }
  }
}
