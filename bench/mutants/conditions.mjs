// The conditions of jumps, moves and settings.

/** Condition codes, by their numbers: SDM vol. 2, "Appendix B". */
export const CONDITIONS = [
  'o',
  'no',
  'b',
  'ae',
  'e',
  'ne',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
];

/** Where an instruction has its condition: the index of the byte; `undefined` where it has none. */
export const conditionAt = ({ bytes }) => {
  if ((bytes[0] & 0xf0) === 0x70) return 0;
  const at = bytes.indexOf(0x0f);
  const isIt = at >= 0 && at <= 1 && [0x40, 0x80, 0x90].includes(bytes[at + 1] & 0xf0);
  return isIt ? at + 1 : undefined;
};
