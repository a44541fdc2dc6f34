// Which parameters of a counterexample did not matter, found by running variations of it. A statement is made only when
// every world that was tried agrees with it.

import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import type { Arena } from '../watch/arena.js';
import { findContents } from './mattering-contents.js';
import type { Mattering, ParameterFinding } from './mattering-document.js';
import { Variations } from './variations.js';
import type { PropertyName } from '../property/properties.js';

/** How thoroughly is tried. */
export interface MatteringOptions {
  /** Worlds for each hypothesis; 500 without it. */
  readonly runs?: number;
  /** 32 bits; 1 without it. */
  readonly seed?: number;
}

const findText = (variations: Variations, parameter: string, runs: number): ParameterFinding | undefined => {
  const { min = 0 } = variations.specs[parameter]!;
  if (min > 0 || variations.breaks({ [parameter]: { type: 'text', bytes: new Uint8Array(0) } }))
    return undefined;
  const texts = variations.draw([parameter], runs).filter((change) => {
    const value = change[parameter];
    return value?.type === 'text' && value.bytes.length > 0;
  });
  return texts.every((change) => variations.breaks(change))
    ? { parameter, kind: 'not-empty', tested: texts.length + 1 }
    : undefined;
};

// A bounded number is a choice too, where there are few.
const MOST_NUMBERS = 32;

const valuesOf = ({ type, choices = {}, min, max }: ParameterSpec): (readonly [string, ParameterValue])[] => {
  if (type === 'choice')
    return Object.entries(choices).map(([key, value]) => [key, { type, key, value: BigInt(value) }]);
  if (type !== 'int32' || min === undefined || max === undefined || max - min >= MOST_NUMBERS) return [];
  return Array.from({ length: max - min + 1 }, (_, index) => [
    String(min + index),
    { type, value: min + index },
  ]);
};

// Each value, in worlds in which parameters that do not matter are drawn anew.
const findChoice = (
  variations: Variations,
  parameter: string,
  free: readonly string[],
  runs: number,
): ParameterFinding | undefined => {
  const values = valuesOf(variations.specs[parameter]!);
  const others = [{}, ...variations.draw(free, Math.ceil(runs / Math.max(1, values.length)))];
  const before = variations.worlds;
  const does: string[] = [];
  const doesNot: string[] = [];
  for (const [key, value] of values) {
    const first = variations.breaks({ [parameter]: value });
    const agree = others.every((other) => variations.breaks({ ...other, [parameter]: value }) === first);
    if (agree) (first ? does : doesNot).push(key);
  }
  if (does.length === 0 || doesNot.length === 0) return undefined;
  return { parameter, kind: 'choice', does, doesNot, tested: variations.worlds - before };
};

const findOne = (
  variations: Variations,
  parameter: string,
  free: readonly string[],
  runs: number,
): ParameterFinding => {
  const before = variations.worlds;
  const alone = variations.draw([parameter], runs);
  if (alone.every((change) => variations.breaks(change)))
    return { parameter, kind: 'any', together: false, tested: runs };
  const { type } = variations.specs[parameter]!;
  const found =
    type === 'text'
      ? findText(variations, parameter, runs)
      : type === 'contents'
        ? findContents(variations, parameter, runs)
        : findChoice(variations, parameter, free, runs);
  return found ?? { parameter, kind: 'matters', tested: variations.worlds - before };
};

/**
 * Find the parameters that did not matter.
 *
 * @param arena of the candidate that the world breaks
 * @param found the property and a world that breaks it
 * @throws {TypeError} when the world does not break it
 */
export const findMattering = (
  arena: Arena,
  { property, world }: { readonly property: PropertyName; readonly world: Parameters },
  { runs = 500, seed = 1 }: MatteringOptions = {},
): Mattering => {
  const variations = new Variations(arena, property, world, seed);
  if (!variations.breaks({})) throw new TypeError(`this world does not break ${property}`);
  // Parameters that can be anything all at once: each is tried together with those before it.
  const free: string[] = [];
  const names = Object.keys(variations.specs);
  for (const name of names) {
    const joint = variations.draw([...free, name], runs);
    if (joint.every((change) => variations.breaks(change))) free.push(name);
  }
  const parameters = names.map((parameter): ParameterFinding =>
    free.includes(parameter)
      ? { parameter, kind: 'any', together: true, tested: runs }
      : findOne(variations, parameter, free, runs),
  );
  return { property, seed, worlds: variations.worlds, parameters };
};
