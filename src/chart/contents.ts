// Kinds of previous contents that a sweep shows by default, and words for any kind.

const WORD = 8;

const repeated = (hex: string): string => hex.repeat(64 / hex.length);

/** 32 bytes and what they could have been; the text before the first 00 ends at a chosen byte. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  [repeated('60cc82f30388ffff'), 'four pointers'],
  [repeated('01000000'), 'eight counters of 1'],
  [`${'2e'.repeat(15)}00${'2e'.repeat(16)}`, 'a name of 15 letters'],
  [`${'2e'.repeat(23)}00${'2e'.repeat(8)}`, 'a name of 23 letters'],
  [`${'6b'.repeat(31)}a5`, 'SLAB debug poison'], // POISON_FREE, POISON_END: include/linux/poison.h, v3.0.101
]);

/** What a sweep varies: the scenario's own contents, zeros, and what other kernel objects leave behind. */
export const defaultContents = (own: string): readonly string[] => [own, 'zero', ...KNOWN.keys()];

/** A short name for contents: `shm_file_data`, `zero`, `four pointers`, `2e2e2e2e…`. */
export const nameContents = (contents: string): string =>
  KNOWN.get(contents) ?? (/^[0-9a-f]{64}$/u.test(contents) ? `${contents.slice(0, 2 * WORD)}…` : contents);

/** Where the last 00 lies: it is what stops the walk of the longest path. */
export const describeLastNul = (bytes: Uint8Array): string => {
  const at = bytes.lastIndexOf(0);
  if (at < 0) return 'no 00 in it';
  return bytes.every((byte) => byte === 0) ? 'nothing but 00' : `its last 00 is byte ${at}`;
};
