// Which parameters of a counterexample did not matter, found by running variations of it. A statement is made only when
// every world that was tried agrees with it.

import { oneOfWords, wholeNumber } from '../../base/arguments.js';
import {
  NULL_VALUE,
  type ParameterValue,
  type Parameters,
  besideOf,
  choiceOf,
  formatParameters,
} from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import type { Arena } from '../watch/arena.js';
import { cornersOf } from './corners.js';
import { findContents } from './mattering-contents.js';
import type { Mattering, ParameterFinding } from './mattering-document.js';
import { Variations } from './variations.js';
import { PROPERTIES, type PropertyName } from '../property/properties.js';
import { MOST_SEED } from '../world/numbers.js';

/** Worlds for each hypothesis, at most: all are drawn before the first one runs. */
export const MOST_MATTERING = 100_000;

/** How thoroughly is tried. */
export interface MatteringOptions {
  /** Worlds for each hypothesis, 1 to MOST_MATTERING; 500 without it. */
  readonly runs?: number;
  /** 32 bits; 1 without it. */
  readonly seed?: number;
}

const isFilled = (value: ParameterValue | undefined): boolean =>
  value?.type === 'text' && value.bytes.length > 0;

const findText = (variations: Variations, parameter: string, runs: number): ParameterFinding | undefined => {
  const spec = variations.specs[parameter]!;
  const before = variations.worlds;
  const texts = [
    ...cornersOf(spec).map((value) => ({ [parameter]: value })),
    ...variations.draw([parameter], runs),
  ].filter((change) => isFilled(change[parameter]));
  if (!texts.every((change) => variations.breaks(change))) return undefined;
  const breaks = (value: ParameterValue): boolean => variations.breaks({ [parameter]: value });
  const empty = breaks({ type: 'text', bytes: new Uint8Array(0) });
  const isNull = spec.null === true ? breaks(NULL_VALUE) : empty;
  const tested = variations.worlds - before;
  if (!empty && !isNull) return { parameter, kind: 'not-empty', tested };
  return empty && !isNull ? { parameter, kind: 'not-null', tested } : undefined;
};

// A bounded number is a choice too, where there are few. Of failing allocations only those count that are asked for.
const MOST_NUMBERS = 64;

// Each value; a choice with the bits besides it that it has as it stands.
const valuesOf = (
  spec: ParameterSpec,
  value: ParameterValue | undefined,
  allocations: number | undefined,
): (readonly [string, ParameterValue])[] => {
  const { type, choices = {}, min, max } = spec;
  const beside = (value?.type === 'choice' ? value.beside : undefined) ?? 0n;
  if (type === 'choice') return Object.keys(choices).map((key) => [key, choiceOf(spec, key, beside)]);
  if (type !== 'int32' || min === undefined || max === undefined) return [];
  const most = allocations === undefined ? Infinity : allocations + 1;
  const [from, to] = [Math.max(min, -most), Math.min(max, most)];
  if (to - from >= MOST_NUMBERS) return [];
  return Array.from({ length: to - from + 1 }, (_, index) => [
    String(from + index),
    { type, value: from + index },
  ]);
};

// Whether the bits besides a choice matter: none of them, all of them, and each alone.
const findBeside = (
  variations: Variations,
  parameter: string,
): Extract<ParameterFinding, { kind: 'choice' }>['beside'] => {
  const spec = variations.specs[parameter]!;
  const value = variations.world.get(parameter);
  const free = besideOf(spec);
  if (value?.type !== 'choice' || free === 0n) return null;
  const breaks = (beside: bigint): boolean =>
    variations.breaks({ [parameter]: choiceOf(spec, value.key, beside) });
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)).filter((bit) => (free & bit) !== 0n);
  const with0 = breaks(0n);
  const others = [free, ...bits].map(breaks);
  if (others.every((broke) => broke)) return with0 ? 'any' : 'needed';
  return with0 && others.every((broke) => !broke) ? 'none' : null;
};

// Each value, in worlds in which parameters that do not matter are drawn anew.
const findChoice = (
  variations: Variations,
  parameter: string,
  free: readonly string[],
  runs: number,
): ParameterFinding | undefined => {
  const allocations = variations.allocationsOf(parameter);
  const values = valuesOf(variations.specs[parameter]!, variations.world.get(parameter), allocations);
  if (values.length === 0) return undefined;
  const others = [{}, ...variations.draw(free, Math.ceil(runs / values.length))];
  const before = variations.worlds;
  const does: string[] = [];
  const doesNot: string[] = [];
  for (const [key, value] of values) {
    const first = variations.breaks({ [parameter]: value });
    const agree = others.every((other) => variations.breaks({ ...other, [parameter]: value }) === first);
    if (agree) (first ? does : doesNot).push(key);
  }
  const beside = findBeside(variations, parameter);
  if (does.length === 0 || (doesNot.length === 0 && beside !== 'needed' && beside !== 'none'))
    return undefined;
  return { parameter, kind: 'choice', does, doesNot, beside, tested: variations.worlds - before };
};

// Values of a parameter, besides the one that it has.
const othersOf = (
  variations: Variations,
  parameter: string,
  runs: number,
): Readonly<Record<string, ParameterValue>>[] => {
  const shown = (value: ParameterValue | undefined): unknown =>
    value === undefined ? undefined : formatParameters(new Map([[parameter, value]]))[parameter];
  const here = shown(variations.world.get(parameter));
  return [
    ...cornersOf(variations.specs[parameter]!).map((value) => ({ [parameter]: value })),
    ...variations.draw([parameter], runs),
  ].filter((change) => shown(change[parameter]) !== here);
};

const findOne = (
  variations: Variations,
  parameter: string,
  free: readonly string[],
  runs: number,
): ParameterFinding => {
  const before = variations.worlds;
  const alone = othersOf(variations, parameter, runs);
  const broke = alone.map((change) => variations.breaks(change));
  const tested = variations.worlds - before;
  if (broke.every((one) => one)) return { parameter, kind: 'any', together: false, tested };
  const { type } = variations.specs[parameter]!;
  const found =
    type === 'text'
      ? findText(variations, parameter, runs)
      : type === 'contents'
        ? findContents(variations, parameter, runs)
        : findChoice(variations, parameter, free, runs);
  if (found !== undefined) return found;
  return { parameter, kind: broke.some((one) => one) ? 'matters' : 'only', tested };
};

/**
 * Find the parameters that did not matter.
 *
 * @param arena of the candidate that the world breaks
 * @param found the property and a world that breaks it
 * @throws {TypeError} when the world does not break it
 * @throws {InputError} for numbers outside of their range, and for a property that there is not
 */
export const findMattering = (
  arena: Arena,
  { property, world }: { readonly property: PropertyName; readonly world: Parameters },
  { runs = 500, seed = 1 }: MatteringOptions = {},
): Mattering => {
  wholeNumber('runs', runs, 1, MOST_MATTERING);
  wholeNumber('seed', seed, 0, MOST_SEED);
  oneOfWords('property', property, PROPERTIES);
  const variations = new Variations(arena, property, world, seed);
  if (!variations.breaks({})) throw new TypeError(`this world does not break ${property}`);
  // Parameters that can be anything all at once: each is tried together with those before it.
  const free: string[] = [];
  const names = Object.keys(variations.specs);
  for (const name of names) {
    const corners = cornersOf(variations.specs[name]!).map((value) => ({ [name]: value }));
    const joint = [...corners, ...variations.draw([...free, name], runs)];
    if (joint.every((change) => variations.breaks(change))) free.push(name);
  }
  const parameters = names.map((parameter): ParameterFinding =>
    free.includes(parameter)
      ? { parameter, kind: 'any', together: true, tested: runs }
      : findOne(variations, parameter, free, runs),
  );
  return { property, seed, worlds: variations.worlds, parameters };
};
