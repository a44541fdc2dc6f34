// Encodings of one instruction each: every prefix before every opcode of every map, with and without a VEX, EVEX or XOP
// prefix. Drawn, so that a part of them is like the whole.
const LEGACY = [[], [], [], [0x66], [0xf2], [0xf3], [0xf0], [0x2e], [0x67], [0x66, 0xf2], [0xf3, 0x66]];
const REX = [[], [], [0x48], [0x44], [0x41]];
const MAPS = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const MODRM = [
  0x03, 0x0b, 0x13, 0x1b, 0x23, 0x2b, 0x33, 0x3b, 0xc1, 0xca, 0xd3, 0xdc, 0xe5, 0xee, 0xf7, 0xf8,
];

/** Numbers below a bound, the same for a seed. */
export const numbers = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** One encoding, 15 bytes with what follows it. */
export const drawCode = (below: (bound: number) => number): number[] => {
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const byte = (): number => below(256);
  const tail = [one(MODRM), below(8), byte(), byte(), 0, 0, 0, 0];
  const before = one(LEGACY);
  const head = (): number[] => {
    switch (below(8)) {
      case 0:
        return [...one([[], [], before]), 0xc5, byte(), byte()];
      case 1:
        return [...one([[], [], before]), 0xc4, (byte() & 0xe0) | one([1, 2, 3]), byte(), byte()];
      case 2:
        return [0xc4, 0xe0 | one([1, 2, 3]), (one([0, 1]) << 7) | 0x78 | below(8), byte()];
      case 3:
        return [one([0x62, 0x8f]), byte(), byte(), byte(), byte()];
      case 4:
        return Array.from({ length: 12 }, byte);
      default:
        return [...before, ...one(REX), ...one(MAPS), byte()];
    }
  };
  return [...head(), ...tail].slice(0, 15);
};
