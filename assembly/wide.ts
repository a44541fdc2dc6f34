// Products and quotients of 128 bits.

/** The upper half of a product without signs. */
export function upperProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const crossA = aLow * bHigh;
  const crossB = aHigh * bLow;
  const middle = ((aLow * bLow) >> 32) + (crossA & 0xffffffff) + (crossB & 0xffffffff);
  return aHigh * bHigh + (crossA >> 32) + (crossB >> 32) + (middle >> 32);
}

/** The upper half of a product with signs. */
export function upperSignedProduct(a: i64, b: i64): u64 {
  return upperProduct(<u64>a, <u64>b) - (a < 0 ? <u64>b : 0) - (b < 0 ? <u64>a : 0);
}

export let quotient: u64 = 0;
export let remainder: u64 = 0;

/** Divide `high * 2 ** 64 + low`, where the quotient fits: `high` is less than `by`. */
export function divide(high: u64, low: u64, by: u64): void {
  if (high == 0) {
    quotient = low / by;
    remainder = low % by;
    return;
  }
  let rest = high;
  let found: u64 = 0;
  for (let bit = 63; bit >= 0; bit -= 1) {
    const top = rest >> 63;
    rest = (rest << 1) | ((low >> (<u64>bit)) & 1);
    found <<= 1;
    if (top != 0 || rest >= by) {
      rest -= by;
      found |= 1;
    }
  }
  quotient = found;
  remainder = rest;
}

/** Divide with signs. @returns whether the quotient fits in 64 bits */
export function divideSigned(high: u64, low: u64, by: u64): bool {
  const isNegative = <i64>high < 0;
  const negatesQuotient = isNegative != <i64>by < 0;
  let upper = high;
  let lower = low;
  if (isNegative) {
    lower = 0 - low;
    upper = ~high + <u64>(low == 0);
  }
  const size = <i64>by < 0 ? 0 - by : by;
  if (upper >= size) return false;
  divide(upper, lower, size);
  const most: u64 = negatesQuotient ? 0x8000000000000000 : 0x7fffffffffffffff;
  if (quotient > most) return false;
  if (negatesQuotient) quotient = 0 - quotient;
  if (isNegative) remainder = 0 - remainder;
  return true;
}
