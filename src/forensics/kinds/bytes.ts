// Some bytes changed, the others did not.

import { hex } from '../../base/address.js';
import { bytesText, isPrintable, listOf, plural, printable } from '../../base/words.js';
import { type Kind, fitting, shown } from '../explanation.js';
import {
  type Change,
  type ValuePair,
  bytesOf,
  changedBytes,
  changedRun,
  changesOf,
  onlyChange,
} from '../pair.js';
import { CONVERSIONS, type Conversion, PATTERNS } from '../patterns.js';
import { bitsText, formatByte, placesText, rangeText } from '../words.js';

/** The only byte that differs, when an explanation for several pairs is wanted. */
const shared = (pair: ValuePair, together: readonly ValuePair[] | undefined): readonly Change[] =>
  together === undefined ? [] : onlyChange(pair, 8);

export const byte: Kind<'byte'> = {
  ...shown('place'),
  find: (pair) =>
    onlyChange(pair, 8).map(({ at, old, new: now }) => ({ kind: 'byte', offset: at, old, new: now })),
  fits: ({ offset, old, new: now }, pair) =>
    onlyChange(pair, 8).some((change) => change.at === offset && change.old === old && change.new === now),
  say: ({ offset, old, new: now }, { alone, first: { size } }) => {
    const rest = alone && size > 1 ? `; the other ${plural(size - 1, 'byte')} did not change` : '';
    return `byte ${offset}, ${formatByte(old)}, became ${formatByte(now)}${rest}`;
  },
};

export const substitution: Kind<'substitution'> = {
  ...shown('place'),
  // Leading zeros or sign bytes that change together are not bytes of text, but the width of a number.
  find: (pair, together) => {
    const [first, ...others] = changesOf(pair, 8);
    if (first === undefined) return [];
    const { old, new: now } = first;
    const isTelling = others.length === 0 ? together !== undefined : old !== 0 && old !== 0xff;
    return isTelling ? [{ kind: 'substitution', old, new: now }] : [];
  },
  fits: (explanation, pair) =>
    changesOf(pair, 8).every((change) => change.old === explanation.old && change.new === explanation.new),
  say: ({ old, new: now }, { pairs, numbers }) => {
    const what = pairs.every((pair) => onlyChange(pair, 8).length > 0)
      ? `one byte ${formatByte(old)}`
      : `every byte that changed was ${formatByte(old)} and`;
    return `${what} became ${formatByte(now)}, ${placesText(pairs, numbers)}`;
  },
};

const conversionNamed = (name: string): Conversion => CONVERSIONS.find((one) => one.name === name)!;

export const conversion: Kind<'conversion'> = {
  ...fitting('hint'),
  find: () => CONVERSIONS.map(({ name }) => ({ kind: 'conversion', name })),
  fits: ({ name }, pair) => {
    const { of, once } = conversionNamed(name);
    const changes = changesOf(pair, 8);
    return (once !== true || changes.length === 1) && changes.every((one) => of(one.old, one.new));
  },
  evidence: ({ name }, pair) => 8 * changesOf(pair, 8).length - (name === 'a NUL written' ? 8 : 1),
  say: ({ name }) => `that happens ${conversionNamed(name).hint}`,
  source: ({ name }) => conversionNamed(name).source,
};

export const byteBecomes: Kind<'byte-becomes'> = {
  ...shown('place'),
  find: (pair, together) =>
    shared(pair, together).map((change) => ({ kind: 'byte-becomes', new: change.new })),
  fits: (explanation, pair) => onlyChange(pair, 8)[0]?.new === explanation.new,
  say: (explanation, { pairs, numbers }) =>
    `one byte became ${formatByte(explanation.new)}, ${placesText(pairs, numbers)}`,
};

export const byteXor: Kind<'byte-xor'> = {
  ...shown('place'),
  find: (pair, together) =>
    shared(pair, together).map(({ old, new: now }) => ({ kind: 'byte-xor', mask: old ^ now })),
  fits: ({ mask }, pair) => onlyChange(pair, 8).some(({ old, new: now }) => (old ^ now) === mask),
  say: ({ mask }, { pairs, numbers }) =>
    `in one byte the bits ${bitsText(BigInt(mask))} (mask ${hex(mask)}) changed, ${placesText(pairs, numbers)}`,
};

export const byteAt: Kind<'byte-at'> = {
  ...shown('place'),
  find: (pair, together) => shared(pair, together).map(({ at }) => ({ kind: 'byte-at', offset: at })),
  fits: ({ offset }, pair) => onlyChange(pair, 8)[0]?.at === offset,
  say: ({ offset }) => `only byte ${offset} changed, but not to the same value each time`,
};

export const oneByte: Kind<'one-byte'> = {
  ...shown('place'),
  find: (_, together) => (together === undefined ? [] : [{ kind: 'one-byte' }]),
  fits: (_, pair) => onlyChange(pair, 8).length > 0,
  say: (_, { pairs, numbers }) =>
    `exactly one byte changed, but not always the same one, nor to the same value: ${placesText(pairs, numbers)}`,
};

export const overwrite: Kind<'overwrite'> = {
  ...shown('place'),
  find: (pair) => {
    const { offset, length } = changedRun(pair)!;
    const changed = changesOf(pair, 8).length;
    const isRun = changed > 1 && changed > length / 2 && length < pair.size;
    return isRun ? [{ kind: 'overwrite', offset, bytes: changedBytes(pair, pair.found) }] : [];
  },
  fits: ({ offset, bytes }, pair) => {
    if (offset + bytes.length > pair.size) return false;
    const found = bytesOf(pair.found, pair.size);
    const isInside = (at: number): boolean => at >= offset && at < offset + bytes.length;
    return (
      bytes.every((one, index) => one === found[offset + index]) &&
      changesOf(pair, 8).every(({ at }) => isInside(at))
    );
  },
  say: ({ offset, bytes }, { pairs }) => {
    const [first = 0] = bytes;
    const isFill = bytes.every((one) => one === first);
    const known = isFill && PATTERNS.find(({ fill, last }) => fill === first && last === undefined);
    const text = bytes.every(isPrintable) ? ` (ASCII "${printable(bytes)}")` : '';
    const now = isFill
      ? `all ${formatByte(first)} now${known ? `, as ${known.name} is` : ''}`
      : `${bytesText(bytes)}${text} now`;
    const changed = new Set(pairs.flatMap((pair) => changesOf(pair, 8).map(({ at }) => at)));
    const same = bytes.map((_, index) => offset + index).filter((at) => !changed.has(at));
    const kept = same.length === 0 ? '' : `, of which ${listOf(same)} did not change`;
    return `${rangeText(offset, bytes.length)} are ${now}${kept}; the bytes around them did not change`;
  },
};

export const overwriteAt: Kind<'overwrite-at'> = {
  ...shown('place'),
  find: (pair, together) => {
    const run = changedRun(pair)!;
    return together === undefined || run.length === pair.size ? [] : [{ kind: 'overwrite-at', ...run }];
  },
  fits: ({ offset, length }, pair) => {
    const run = changedRun(pair)!;
    return run.offset === offset && run.length === length;
  },
  say: ({ offset, length }) =>
    length === 1 ? `only byte ${offset} changed` : `only ${rangeText(offset, length)} changed`,
};
