// What in a world a compared value may have come from, and what to put there so that the comparison comes out otherwise.

import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import { besideOf, choiceOf } from '../../scenario/parameters.js';
import { LETTER } from '../world/text-bytes.js';

/** A change to try: what a parameter becomes in any world, or nothing where that is not possible. */
export interface Hint {
  /** The same for changes that are the same. */
  readonly key: string;
  readonly parameter: string;
  readonly change: (value: ParameterValue, world: Parameters) => ParameterValue | undefined;
}

type Specs = Readonly<Record<string, ParameterSpec>>;

// How far a compared length may be from that of a text: a NUL, a separator, a bound that is one more.
const NEAR = 2;

// How many places of a text are taken for the one that a byte came from.
const MOST_PLACES = 3;

const textsOf = (world: Parameters): (readonly [string, Uint8Array])[] =>
  [...world].flatMap(([name, value]) => (value.type === 'text' ? [[name, value.bytes] as const] : []));

/** A text with more or fewer bytes: what it begins and ends with stays. */
const resize = (bytes: Uint8Array, length: number): Uint8Array => {
  const resized = new Uint8Array(length).fill(LETTER);
  const head = Math.min(Math.ceil(bytes.length / 2), Math.ceil(length / 2));
  const tail = Math.min(bytes.length - head, length - head);
  resized.set(bytes.subarray(0, head));
  resized.set(bytes.subarray(bytes.length - tail), length - tail);
  return resized;
};

const lengthHint = (parameter: string, length: number): Hint[] =>
  length < 0 || length > 0xffff
    ? []
    : [
        {
          key: `${parameter} length ${length}`,
          parameter,
          change: (value) =>
            value.type === 'text' ? { type: 'text', bytes: resize(value.bytes, length) } : undefined,
        },
      ];

// The texts together get a length; the one that is named makes up for the difference.
const sumHint = (parameter: string, sum: number): Hint => ({
  key: `${parameter} sum ${sum}`,
  parameter,
  change: (value, world) => {
    if (value.type !== 'text') return undefined;
    const others = textsOf(world).reduce((all, [, bytes]) => all + bytes.length, 0) - value.bytes.length;
    return others > sum || sum - others > 0xffff
      ? undefined
      : { type: 'text', bytes: resize(value.bytes, sum - others) };
  },
});

// Bytes at a place that is counted from the nearer end.
const bytesHint = (parameter: string, at: number, length: number, bytes: readonly number[]): Hint => {
  const fromEnd = length - at < at;
  return {
    key: `${parameter} byte ${fromEnd ? at - length : at} ${bytes.join()}`,
    parameter,
    change: (value) => {
      if (value.type !== 'text') return undefined;
      const start = fromEnd ? value.bytes.length - (length - at) : at;
      if (start < 0) return undefined;
      const changed =
        start + bytes.length <= value.bytes.length
          ? value.bytes.slice()
          : resize(value.bytes, start + bytes.length);
      changed.set(bytes, start);
      return { type: 'text', bytes: changed };
    },
  };
};

const numberHint = (parameter: string, value: number): Hint => ({
  key: `${parameter} number ${value}`,
  parameter,
  change: () => ({ type: 'int32', value }),
});

// The choice that has most of a value's bits, with its other bits besides.
const choiceHint = (parameter: string, spec: ParameterSpec, wanted: bigint): Hint => ({
  key: `${parameter} bits ${wanted}`,
  parameter,
  change: () => {
    const free = besideOf(spec);
    const keys = Object.entries(spec.choices ?? {}).map(([key, value]) => ({ key, value: BigInt(value) }));
    const fitting = keys.filter(({ value }) => (value & ~wanted) === 0n);
    const best = fitting.toSorted((a, b) => (a.value > b.value ? -1 : 1))[0] ?? keys[0];
    return best === undefined ? undefined : choiceOf(spec, best.key, wanted & free);
  },
});

const wordOf = (value: bigint, bits: number): number[] =>
  Array.from({ length: bits >> 3 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));

const placesOf = (bytes: Uint8Array, word: readonly number[]): number[] => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const places: number[] = [];
  const wanted = Buffer.from(word);
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) places.push(at);
  if (places.length <= MOST_PLACES) return places;
  return [places[0]!, places[places.length >> 1]!, places.at(-1)!];
};

const around = (value: number): number[] => [value, value - 1, value + 1];

// Lengths of one text and of all together.
const lengthHints = (world: Parameters, value: number, wanted: number): Hint[] => {
  const texts = textsOf(world);
  const sum = texts.reduce((all, [, bytes]) => all + bytes.length, 0);
  const near = (length: number): boolean => Math.abs(length - value) <= NEAR;
  return [
    ...texts.flatMap(([name, bytes]) =>
      near(bytes.length)
        ? around(wanted - (value - bytes.length)).flatMap((length) => lengthHint(name, length))
        : [],
    ),
    ...(texts.length > 1 && near(sum)
      ? around(wanted - (value - sum)).flatMap((length) => texts.map(([name]) => sumHint(name, length)))
      : []),
  ];
};

// Every byte of a kind in some part of a text. Which of them it was that was compared, nobody knows: all are tried at once,
// then those of smaller and smaller parts.
const PARTS = [1, 2, 4, 8].flatMap((of) => Array.from({ length: of }, (_, part) => ({ part, of })));

const replaceHint = (
  parameter: string,
  byte: number,
  by: number,
  { part, of }: (typeof PARTS)[number],
): Hint => ({
  key: `${parameter} all ${byte} ${by} ${part}/${of}`,
  parameter,
  change: (value) => {
    if (value.type !== 'text') return undefined;
    const bytes = value.bytes.slice();
    const end = Math.ceil((bytes.length * (part + 1)) / of);
    for (let at = Math.floor((bytes.length * part) / of); at < end; at += 1)
      if (bytes[at] === byte) bytes[at] = by;
    return { type: 'text', bytes };
  },
});

const textHints = (world: Parameters, value: bigint, wanted: bigint, bits: number): Hint[] => {
  // A byte is often compared in a wider register.
  const width = value < 0x100n && wanted < 0x100n ? 8 : bits;
  const word = wordOf(value, width);
  const by = wordOf(wanted, width);
  if (word.includes(0) || by.includes(0)) return [];
  return textsOf(world).flatMap(([name, bytes]) => {
    const places = placesOf(bytes, word);
    const hints = places.map((at) => bytesHint(name, at, bytes.length, by));
    return width > 8 || places.length < 2
      ? hints
      : [
          replaceHint(name, word[0]!, by[0]!, PARTS[0]!),
          ...hints,
          ...PARTS.slice(1).map((part) => replaceHint(name, word[0]!, by[0]!, part)),
        ];
  });
};

const plainHints = (world: Parameters, specs: Specs, value: bigint, wanted: bigint, bits: number): Hint[] => {
  const width = Math.min(32, bits);
  const masks = [wanted, value | wanted, value & ~wanted, value ^ wanted];
  return [...world].flatMap(([name, known]): Hint[] => {
    if (known.type === 'int32') {
      if (BigInt.asUintN(width, BigInt(known.value)) !== BigInt.asUintN(width, value)) return [];
      const number = Number(BigInt.asIntN(width, wanted));
      return [
        ...around(number),
        ...masks.map((mask) => Number(BigInt.asIntN(32, BigInt(known.value) ^ value ^ mask))),
      ].map((one) => numberHint(name, one | 0));
    }
    if (known.type !== 'choice' || BigInt.asUintN(bits, known.value) !== value) return [];
    return masks.map((mask) =>
      choiceHint(name, specs[name]!, BigInt.asUintN(64, known.value ^ value ^ mask)),
    );
  });
};

/**
 * What to try in a world in which a value was compared with another: what makes it that one, or a neighbour.
 *
 * @param value unsigned, in `bits`: one side
 * @param wanted the other
 */
export const hintsFor = (
  world: Parameters,
  specs: Specs,
  value: bigint,
  wanted: bigint,
  bits: number,
): Hint[] => {
  const small = value <= 0xffffn && wanted <= 0xffffn;
  return [
    ...(small ? lengthHints(world, Number(value), Number(wanted)) : []),
    ...plainHints(world, specs, value, wanted, bits),
    ...textHints(world, value, wanted, bits),
  ];
};
