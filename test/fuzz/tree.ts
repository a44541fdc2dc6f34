// Mutations of values as JSON and YAML have them: nodes are taken away, doubled, moved, renamed, given another type.
import { BOUNDARIES } from './bytes.js';
import type { Random } from './random.js';
import { oddText } from './text.js';

type Json = unknown;
type Holder = { readonly of: Record<string, Json> | Json[]; readonly key: string };

const isHolder = (value: Json): value is Record<string, Json> | Json[] =>
  typeof value === 'object' && value !== null;

const MAX_NODES = 3000;

const holdersOf = (root: Json): Holder[] => {
  const holders: Holder[] = [];
  const left: Json[] = [root];
  while (left.length > 0 && holders.length < MAX_NODES) {
    const value = left.pop();
    if (!isHolder(value)) continue;
    for (const key of Object.keys(value)) {
      holders.push({ of: value, key });
      left.push(get({ of: value, key }));
    }
  }
  return holders;
};

const get = ({ of, key }: Holder): Json => (of as Record<string, Json>)[key];
const set = ({ of, key }: Holder, value: Json): void => {
  Object.defineProperty(of, key, { value, enumerable: true, configurable: true, writable: true });
};
// What is nested too deeply for a copy stays out: readers get such texts by other mutations.
const copy = (value: Json): Json => {
  try {
    return value === undefined ? undefined : structuredClone(value);
  } catch {
    return null;
  }
};

const remove = ({ of, key }: Holder): void => {
  if (Array.isArray(of)) of.splice(Number(key), 1);
  else delete of[key];
};

const rename = ({ of, key }: Holder, name: string): void => {
  if (Array.isArray(of)) return;
  const entries = Object.entries(of).map(([one, value]) => [one === key ? name : one, value] as const);
  for (const one of Object.keys(of)) delete of[one];
  for (const [one, value] of entries) set({ of, key: one }, value);
};

const deep = (random: Random): Json => {
  let value: Json = 1;
  for (let left = 1 << random.below(8); left > 0; left -= 1) value = random.oneIn(2) ? [value] : { a: value };
  return value;
};

/** A value of any type. */
const oddValue = (random: Random): Json => {
  const kind = random.below(12);
  if (kind < 4) return oddText(random);
  if (kind < 7) return Number(random.pick(BOUNDARIES)) * (random.oneIn(4) ? -1 : 1);
  if (kind === 7) return random.pick([null, true, false, 0.5, -0, 1e308, 1e-9]);
  if (kind === 8) return random.pick<Json>([[], {}, [[]], [null], { '': null }]);
  if (kind === 9) return deep(random);
  if (kind === 10) return Array.from({ length: random.below(40) }, () => oddText(random));
  return `0x${random.pick(BOUNDARIES).toString(16)}`;
};

/** A value as JSON; `undefined` of one that is none, or is nested too deeply. */
export const jsonText = (value: Json): string | undefined => {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
};

/**
 * One to a few changes, in place.
 *
 * @param other another value, for parts of it
 * @param names of fields that mean something to the reader
 */
export const mutateTree = (random: Random, root: Json, other: Json, names: readonly string[]): Json => {
  if (jsonText(root) === undefined) return oddValue(random);
  for (let left = random.few(5); left > 0; left -= 1) {
    const holders = holdersOf(root);
    if (holders.length === 0) return oddValue(random);
    const one = random.pick(holders);
    const kind = random.below(10);
    if (kind === 0) remove(one);
    else if (kind === 1) set(one, oddValue(random));
    else if (kind === 2) set(one, copy(get(random.pick(holders))));
    else if (kind === 3) rename(one, random.oneIn(3) ? oddText(random) : random.pick(names));
    else if (kind === 4) {
      const value = get(one);
      if (Array.isArray(value))
        value.splice(random.below(value.length + 1), 0, copy(random.pick(value)) ?? oddValue(random));
      else if (isHolder(value))
        set({ of: value, key: random.oneIn(4) ? oddText(random) : random.pick(names) }, oddValue(random));
      else set(one, oddValue(random));
    } else if (kind === 5) {
      const two = random.pick(holders);
      const [first, second] = [copy(get(one)), copy(get(two))];
      set(one, second);
      set(two, first);
    } else if (kind === 6) {
      const from = holdersOf(other);
      if (from.length > 0) set(one, copy(get(random.pick(from))));
    } else if (kind === 7) {
      const value = get(one);
      if (typeof value === 'number') set(one, value + random.pick([-1, 1, 0.5, 4096, -value * 2]));
      else if (typeof value === 'string' && value !== '') {
        const at = random.below(value.length);
        set(one, value.slice(0, at) + oddText(random) + value.slice(at + random.below(3)));
      } else set(one, [value]);
    } else if (kind === 8) {
      const value = get(one);
      if (Array.isArray(value)) set(one, value.toReversed());
      else if (typeof value === 'string' && /^0x[0-9a-f]+$/u.test(value))
        set(
          one,
          `0x${BigInt.asUintN(64, BigInt(value) + BigInt(random.pick([-1, 1, 8, -8, 4096, -4096]))).toString(16)}`,
        );
      else set(one, random.oneIn(2) ? (jsonText(value) ?? '') : oddValue(random));
    } else set(one, oddValue(random));
  }
  return root;
};

/** Names of all fields in values. */
export const namesIn = (values: readonly Json[]): string[] => [
  ...new Set(
    values.flatMap((value) => holdersOf(value).flatMap(({ of, key }) => (Array.isArray(of) ? [] : [key]))),
  ),
];
