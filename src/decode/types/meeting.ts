// What comes together where ways do, as later uses of it say: before and after they were looked at.

import type { Maker } from './maker.js';
import { Flag, type Value, isSame, plus } from './value.js';

/**
 * A value that comes back to where it came from, in a loop, as it was there before its uses were looked at.
 *
 * @param old what is there
 * @param origin of what comes together there
 */
export const raw = (maker: Maker, value: Value, old: Value, origin: string): Value => {
  if ((value.kind !== 'pointer' && value.kind !== 'unknown') || value.origin !== origin) return value;
  const hint = maker.hints.get(origin);
  if (value.kind !== 'pointer' || hint === undefined || hint.to !== value.to) {
    return isSame(plus(value, 0), old) ? old : value;
  }
  const by = value.offset - hint.offset;
  return old.kind === 'pointer' || old.kind === 'unknown' ? plus(old, by) : value;
};

/** The value of an origin where ways come together, as its uses say. */
export const settle = (maker: Maker, value: Value, origin: string): Value => {
  if (value.kind === 'pointer' && value.origin === origin) {
    const half = (value.flags & Flag.HALF) !== 0;
    maker.evidence.natural(origin, { to: value.to, offset: value.offset, half });
    if (value.around !== undefined) maker.evidence.around(origin, value.around);
    const hint = maker.hints.get(origin);
    if (hint === undefined || (!half && !hint.container)) return value;
    const flags = value.flags & ~Flag.HALF;
    return maker.hinted(hint, { text: value.text, origin, flags, how: value.how });
  }
  if (value.kind === 'unknown' && value.origin === origin) {
    const how = value.how ?? { text: value.why };
    return maker.unknownOf(value.why, { text: value.text ?? '', origin, flags: Flag.JOIN, how });
  }
  return value;
};
