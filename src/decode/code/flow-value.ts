// Values as expressions over the earlier contents of registers and memory.

/** A value by where it comes from. Equal keys mean equal values, as long as no part is made anew. */
export type Value =
  | { readonly kind: 'unknown' }
  /** What a register held where the graph is entered. */
  | { readonly kind: 'entry'; readonly register: number }
  | { readonly kind: 'constant'; readonly value: bigint }
  /** The address that the addresses of code are counted from, where it is not known. */
  | { readonly kind: 'base'; readonly of: string }
  | { readonly kind: 'sum'; readonly of: Value; readonly plus: bigint }
  /** The low bytes of another value, extended to eight. */
  | { readonly kind: 'part'; readonly of: Value; readonly size: number; readonly signed: boolean }
  /** Read from memory by a node. */
  | {
      readonly kind: 'load';
      readonly by: number;
      readonly address: Value;
      readonly size: number;
      readonly signed: boolean;
      readonly segment: 'fs' | 'gs' | undefined;
    }
  /** Computed by a node from others, into a register; -1: an address of the node's own. */
  | {
      readonly kind: 'computed';
      readonly by: number;
      readonly register: number;
      readonly from: readonly Value[];
    }
  /** What a call returned; what a call left in a register that it may change. */
  | { readonly kind: 'result'; readonly by: number }
  | { readonly kind: 'left'; readonly by: number; readonly register: number; readonly before: Value };

export const UNKNOWN: Value = { kind: 'unknown' };

// Histories are trees that may share branches; at most so many values of one are kept.
const LARGEST = 64;

/** A text that is the same for the same expression. */
const keyOf = (value: Value): string => {
  switch (value.kind) {
    case 'unknown':
      return '?';
    case 'entry':
      return `e${value.register}`;
    case 'constant':
      return `c${value.value.toString(16)}`;
    case 'base':
      return `b${value.of}`;
    case 'sum':
      return `(${keyOf(value.of)}+${value.plus})`;
    case 'part':
      return `${value.signed ? 's' : 'z'}${value.size}(${keyOf(value.of)})`;
    case 'load':
      return `l${value.by}`;
    case 'computed':
      return `m${value.by}.${value.register}`;
    case 'result':
      return `r${value.by}`;
    case 'left':
      return `x${value.by}.${value.register}`;
  }
};

/** Nodes that make a value; the value is that of their last execution. */
const maker = (value: Value): number | undefined =>
  value.kind === 'load' || value.kind === 'computed' || value.kind === 'result' || value.kind === 'left'
    ? value.by
    : undefined;

/** The values that a value was made from. */
const partsOf = (value: Value): readonly Value[] => {
  switch (value.kind) {
    case 'sum':
    case 'part':
      return [value.of];
    case 'load':
      return [value.address];
    case 'computed':
      return value.from;
    default:
      return [];
  }
};

const sizeOf = (value: Value): number => partsOf(value).reduce((sum, part) => sum + sizeOf(part), 1);

/** Whether a node made the value or a part of what it equals. */
const isMadeBy = (value: Value, by: number): boolean =>
  maker(value) === by || ((value.kind === 'sum' || value.kind === 'part') && isMadeBy(value.of, by));

/**
 * The value when a node is about to be executed once more: what the node made before has no expression any more,
 * and it is dropped from the history of a value.
 */
export const forget = (value: Value, by: number): Value => {
  if (isMadeBy(value, by)) return UNKNOWN;
  if (value.kind === 'load') {
    const address = forget(value.address, by);
    return address === value.address ? value : { ...value, address };
  }
  if (value.kind === 'computed') {
    const from = value.from.map((part) => forget(part, by));
    return from.every((part, index) => part === value.from[index]) ? value : { ...value, from };
  }
  return value;
};

export const plus = (value: Value, by: bigint): Value => {
  if (value.kind === 'unknown' || by === 0n) return value;
  if (value.kind === 'constant') return { kind: 'constant', value: BigInt.asUintN(64, value.value + by) };
  if (value.kind === 'sum') {
    const total = BigInt.asIntN(64, value.plus + by);
    return total === 0n ? value.of : { ...value, plus: total };
  }
  return { kind: 'sum', of: value, plus: BigInt.asIntN(64, by) };
};

export const part = (value: Value, size: number, signed: boolean): Value => {
  if (value.kind === 'unknown' || size === 8) return value;
  if (value.kind === 'constant') {
    const low = BigInt.asUintN(size * 8, value.value);
    const full = signed ? BigInt.asUintN(64, BigInt.asIntN(size * 8, low)) : low;
    return { kind: 'constant', value: full };
  }
  // A load of no more bytes, extended the same way, is its own part.
  if (value.kind === 'load' && value.size <= size && !value.signed && (!signed || value.size < size))
    return value;
  if (value.kind === 'part' && value.size <= size && !value.signed) return value;
  return sizeOf(value) > LARGEST ? UNKNOWN : { kind: 'part', of: value, size, signed };
};

/** A value that a node computed; a history that grows too long is cut. */
export const computed = (by: number, register: number, from: readonly Value[]): Value => {
  const kept = from.filter(({ kind }) => kind !== 'unknown' && kind !== 'constant');
  const size = kept.reduce((sum, value) => sum + sizeOf(value), 1);
  return { kind: 'computed', by, register, from: size > LARGEST ? [] : kept };
};

/** Whether a value is made from what a register held at the entry, memory apart. */
export const isMadeFrom = (value: Value, register: number): boolean => {
  if (value.kind === 'entry') return value.register === register;
  return value.kind !== 'load' && partsOf(value).some((one) => isMadeFrom(one, register));
};

/** Histories of one value that came over several ways: what they agree on; `a` itself where that is all of it. */
export const join = (a: Value, b: Value): Value => {
  if (a === b) return a;
  if (keyOf(a) !== keyOf(b)) return UNKNOWN;
  if (a.kind === 'load' && b.kind === 'load') {
    const address = join(a.address, b.address);
    return address === a.address ? a : { ...a, address };
  }
  if (a.kind === 'computed' && b.kind === 'computed') {
    const same =
      a.from.length === b.from.length && a.from.every((one, at) => keyOf(one) === keyOf(b.from[at]!));
    const from = same ? a.from.map((one, at) => join(one, b.from[at]!)) : [];
    const isAll = from.length === a.from.length && from.every((one, at) => one === a.from[at]);
    return isAll ? a : { ...a, from };
  }
  if ((a.kind === 'sum' && b.kind === 'sum') || (a.kind === 'part' && b.kind === 'part')) {
    const of = join(a.of, b.of);
    return of === a.of ? a : { ...a, of };
  }
  if (a.kind === 'left' && b.kind === 'left') {
    const before = join(a.before, b.before);
    return before === a.before ? a : { ...a, before };
  }
  return a;
};
