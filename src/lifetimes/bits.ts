// Which bits of a result nobody wrote, given those of its operands, and whether a condition depends on such a bit.
// As KMSAN's compiler pass has it: exact for copies, masks, shifts and comparisons, and for sums those bits of the
// operands. Knows values only.
// Source: MemorySanitizer.cpp of LLVM ("visitAnd", "handleShift", "handleEqualityComparison"), in own words

/** A value of up to 64 bits, and which of its bits nobody wrote. */
export interface Bits {
  readonly value: bigint;
  readonly marks: bigint;
}

/** The last instruction that set flags, where bits that nobody wrote went into them. */
export interface FlagBits {
  /** `compare`: as by a - b. `test`: by a & b. `result`: by a result, which is `a`. */
  readonly kind: 'compare' | 'test' | 'result';
  readonly a: Bits;
  readonly b: Bits;
  readonly size: number; // bits
  /** Whether the carry depends on such a bit, for a result. */
  readonly carry: boolean;
}

const ALL = 0xffff_ffff_ffff_ffffn;

const maskOf = (size: number): bigint => (1n << BigInt(size)) - 1n;

const conjunction = (a: Bits, b: Bits): bigint =>
  (a.marks & b.marks) | (a.marks & b.value) | (a.value & b.marks);

const disjunction = (a: Bits, b: Bits): bigint =>
  (a.marks & b.marks) | (a.marks & (b.value ^ ALL)) | ((a.value ^ ALL) & b.marks);

// The least bit, and all above it: what can change when it does.
const upwards = (marks: bigint): bigint => (marks === 0n ? 0n : ALL ^ ((marks & -marks) - 1n));

const shifted = (operation: string, a: Bits, by: Bits, size: number): bigint => {
  const count = by.value & (size === 64 ? 63n : 31n);
  if ((by.marks & 0xffn) !== 0n) return ALL;
  if (operation === 'shl' || operation === 'sal') return a.marks << count;
  if (operation === 'shr') return (a.marks & maskOf(size)) >> count;
  if (operation === 'sar') return BigInt.asUintN(64, BigInt.asIntN(size, a.marks & maskOf(size)) >> count);
  const turn = count % BigInt(size);
  const inside = a.marks & maskOf(size);
  const left = operation === 'rol' ? turn : BigInt(size) - turn;
  return (inside << left) | (inside >> (BigInt(size) - left));
};

/** The bits of a result that depend on bits that nobody wrote. @param size of the result, in bits */
export const resultMarks = (operation: string, a: Bits, b: Bits, size: number): bigint => {
  const mask = maskOf(size);
  const both = (a.marks | b.marks) & mask;
  switch (operation) {
    case 'and':
      return conjunction(a, b) & mask;
    case 'or':
      return disjunction(a, b) & mask;
    case 'xor':
    case 'not':
    case 'add':
    case 'sub':
    case 'inc':
    case 'dec':
    case 'neg':
      return both;
    case 'shl':
    case 'sal':
    case 'shr':
    case 'sar':
    case 'rol':
    case 'ror':
      return shifted(operation, a, b, size) & mask;
    case 'imul':
    case 'lea':
      return upwards(both) & mask;
    default:
      return both === 0n ? 0n : mask;
  }
};

interface Range {
  readonly least: bigint;
  readonly most: bigint;
}

const unsigned = ({ value, marks }: Bits, mask: bigint): Range => ({
  least: value & (marks ^ ALL) & mask,
  most: (value | marks) & mask,
});

const signed = ({ value, marks }: Bits, size: number): Range => {
  const top = 1n << BigInt(size - 1);
  const rest = marks & (top - 1n);
  const low = (value & (rest ^ ALL)) | (marks & top);
  const high = (value | rest) & ((marks & top) ^ ALL);
  return { least: BigInt.asIntN(size, low), most: BigInt.asIntN(size, high) };
};

// Whether `a < b`, or `a <= b`, is not the same for all values that the operands can have.
const isOpen = (a: Range, b: Range, orEqual: boolean): boolean =>
  orEqual ? !(a.most <= b.least || a.least > b.most) : !(a.most < b.least || a.least >= b.most);

const comparisonDepends = (condition: number, { a, b, size }: FlagBits): boolean => {
  const mask = maskOf(size);
  const marks = (a.marks | b.marks) & mask;
  const even = condition & ~1;
  if (even === 4) return marks !== 0n && ((a.value ^ b.value) & (marks ^ ALL) & mask) === 0n;
  if (even === 2 || even === 6) return isOpen(unsigned(a, mask), unsigned(b, mask), even === 6);
  if (even === 12 || even === 14) return isOpen(signed(a, size), signed(b, size), even === 14);
  if (even === 10) return (marks & 0xffn) !== 0n;
  return ((marks >> BigInt(size - 1)) & 1n) !== 0n;
};

const resultDepends = (
  condition: number,
  value: bigint,
  marks: bigint,
  size: number,
  carry: boolean,
): boolean => {
  const mask = maskOf(size);
  const zero = (marks & mask) !== 0n && (value & (marks ^ ALL) & mask) === 0n;
  const sign = ((marks >> BigInt(size - 1)) & 1n) !== 0n;
  switch (condition & ~1) {
    case 2:
      return carry;
    case 4:
      return zero;
    case 6:
      return zero || carry;
    case 10:
      return (marks & 0xffn) !== 0n;
    case 14:
      return zero || sign;
    default:
      return sign;
  }
};

/** Whether a condition goes by a bit that nobody wrote. @param condition as the encodings of jcc count */
export const dependsOnMarks = (condition: number, flags: FlagBits): boolean => {
  const { kind, a, b, size, carry } = flags;
  if (kind === 'compare') return comparisonDepends(condition, flags);
  if (kind === 'result') return resultDepends(condition, a.value, a.marks, size, carry);
  return resultDepends(condition, a.value & b.value, conjunction(a, b), size, false);
};
