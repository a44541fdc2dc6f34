// Arbitraries for the worlds of a check: values of a scenario's parameters, in sizes and shapes that find faults, each
// shrinking towards values that a person can read.

import fc from 'fast-check';
import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import type { Scenario } from '../../scenario/scenario.js';

const SLASH = 0x2f;
const BACKSLASH = 0x5c;

// Which byte a small number stands for. The plainest comes first, so that shrinking ends there; the first eight come
// again and again, so that one draw makes a byte.
const table = (plain: readonly number[], from: number): Uint8Array => {
  const others = Array.from({ length: 256 - from }, (_, index) => from + index);
  const often = Array.from({ length: 32 }, () => plain).flat();
  return Uint8Array.from([...often, ...others]);
};

const LETTER = 0x61;
const TEXT_BYTES = table([LETTER, SLASH, BACKSLASH, LETTER, SLASH, 0x2e, BACKSLASH, LETTER], 1);
const CONTENT_BYTES = table([0x41, SLASH, BACKSLASH, 0x00, 0x41, SLASH, 0xff, 0x41], 0);

const textByte = fc.nat({ max: TEXT_BYTES.length - 1 });
const contentByte = fc.nat({ max: CONTENT_BYTES.length - 1 });

// Lengths at which something changes: around the length that fills a slab object of each size, with its NUL.
const edges = (min: number, max: number): number[] =>
  [32, 64, 96, 128, 192, 256, 512, 1024, 2048].flatMap((size) =>
    [size - 2, size - 1, size].filter((length) => length >= min && length <= max),
  );

const textOf = (indices: readonly number[]): Uint8Array =>
  Uint8Array.from(indices, (index) => TEXT_BYTES[index]!);

/**
 * Bytes of a text parameter: from short to as long as it may be, of letters, separators and any other byte except NUL.
 *
 * @param spec its bounds count in bytes; a `lead` is put in front where it is missing
 */
export const textBytes = (spec: ParameterSpec): fc.Arbitrary<Uint8Array> => {
  const { min = 0, max = 4095, lead } = spec;
  if (lead === undefined) return plainText(min, max);
  const led = plainText(Math.max(0, min - 1), max - 1).map((text) =>
    Uint8Array.of(lead.charCodeAt(0), ...text),
  );
  if (min > 0) return led;
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: led, weight: 30 },
    { arbitrary: fc.constant(new Uint8Array(0)), weight: 1 },
  );
};

const plainText = (min: number, max: number): fc.Arbitrary<Uint8Array> => {
  const upTo = (length: number): fc.Arbitrary<Uint8Array> =>
    fc
      .array(textByte, { minLength: min, maxLength: Math.max(min, Math.min(max, length)), size: 'max' })
      .map(textOf);
  const lengths = edges(min, max);
  const long = fc
    .tuple(fc.constantFrom(...(lengths.length === 0 ? [max] : lengths)), fc.nat({ max: 2 }), fc.nat())
    .map(([length, kind, at]) => {
      const text = new Uint8Array(length).fill(kind === 0 ? LETTER : kind === 1 ? SLASH : BACKSLASH);
      if (length > 0) text[at % length] = SLASH;
      return text;
    });
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: upTo(20), weight: 48 },
    { arbitrary: upTo(70), weight: 15 },
    { arbitrary: long, weight: 1 },
  );
};

const contents = (text: string, fill: Uint8Array): ParameterValue => ({ type: 'contents', text, fill });

// Contents of a slab object: a text, pointers, ids, list heads, or any bytes.
const contentBytes = (max: number): fc.Arbitrary<Uint8Array> => {
  const upTo = (length: number): fc.Arbitrary<Uint8Array> =>
    fc
      .array(contentByte, { minLength: 1, maxLength: Math.min(max, length), size: 'max' })
      .map((indices) => Uint8Array.from(indices, (index) => CONTENT_BYTES[index]!));
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: upTo(12), weight: 6 },
    { arbitrary: upTo(max), weight: 2 },
    { arbitrary: fc.array(kernelPointer, { minLength: 1, maxLength: max >> 3 }).map(words), weight: 2 },
    { arbitrary: fc.uint8Array({ minLength: max, maxLength: max, size: 'max' }), weight: 1 },
  );
};

// An address of the direct map or of kernel text.
const kernelPointer = fc
  .tuple(fc.boolean(), fc.nat({ max: 0x7fff_ffff }))
  .map(([text, low]) =>
    text ? 0xffffffff80000000n + BigInt(low & ~7) : 0xffff880000000000n + BigInt(low) * 8n,
  );

const words = (values: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(values).buffer);

/** Values of a parameter, as its scenario declares it. */
export const parameterArbitrary = (spec: ParameterSpec): fc.Arbitrary<ParameterValue> => {
  switch (spec.type) {
    case 'text':
      return textBytes(spec).map((bytes) => ({ type: 'text', bytes }));
    case 'choice':
      return fc
        .constantFrom(...Object.entries(spec.choices ?? {}))
        .map(([key, value]) => ({ type: 'choice', key, value: BigInt(value) }));
    case 'contents':
      return contentsArbitrary(spec);
    case 'int32':
      return int32(spec);
  }
};

const contentsArbitrary = (spec: ParameterSpec): fc.Arbitrary<ParameterValue> => {
  const like: ParameterValue = { type: 'contents', text: spec.like ?? String(spec.default) };
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: fc.constant(contents('zero', Uint8Array.of(0))), weight: 1 },
    { arbitrary: fc.constant(like), weight: 3 },
    {
      // Without a maximum the parameter takes just 32 bytes.
      arbitrary: (spec.max === undefined
        ? fc.uint8Array({ minLength: 32, maxLength: 32 })
        : contentBytes(spec.max)
      ).map((bytes) => contents(Buffer.from(bytes).toString('hex'), bytes)),
      weight: 5,
    },
  );
};

const int32 = ({
  min = -0x8000_0000,
  max = 0x7fff_ffff,
  default: usual,
}: ParameterSpec): fc.Arbitrary<ParameterValue> =>
  fc
    .oneof(
      { withCrossShrink: true },
      { arbitrary: fc.constant(Number(usual)), weight: 6 },
      { arbitrary: fc.integer({ min, max: Math.min(max, min + 7) }), weight: 1 },
      { arbitrary: fc.integer({ min, max }), weight: 1 },
    )
    .map((value) => ({ type: 'int32', value }));

/** Which parameters are not generated. */
export interface WorldOptions {
  /** Values that are not generated. */
  readonly fixed?: Parameters;
}

/**
 * Worlds of a scenario: values for all its parameters.
 *
 * @throws {TypeError} when the scenario has no parameters
 */
export const worldArbitrary = (
  scenario: Scenario,
  { fixed }: WorldOptions = {},
): fc.Arbitrary<Parameters> => {
  const specs = Object.entries(scenario.spec.parameters ?? {});
  if (specs.length === 0)
    throw new TypeError(`${scenario.name} has no parameters, so there is but one world`);
  const values = specs.map(([name, spec]) => {
    const known = fixed?.get(name);
    return known === undefined ? parameterArbitrary(spec) : fc.constant(known);
  });
  return fc.tuple(...values).map((all) => new Map(specs.map(([name], index) => [name, all[index]!])));
};
