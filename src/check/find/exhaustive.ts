// All worlds up to a bound, in one order: every text up to so many bytes over the bytes that matter, every choice, every
// failure. Numbers and contents that cannot all be tried have a few values, and the bound says which.

import { InputError } from '../../base/errors.js';
import { byteText, isPrintable, plural } from '../../base/words.js';
import type { ParameterSpec } from '../../scenario/form.js';
import {
  NULL_VALUE,
  type ParameterValue,
  type Parameters,
  besideOf,
  choiceOf,
} from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import { checkedScenario } from '../world/stale-parameter.js';
import { LETTER } from '../world/text-bytes.js';
import { separatorsOf } from '../world/worlds.js';

/** Most worlds of such a search; it takes some minutes on one core. */
export const MOST_WORLDS = 5_000_000;

/** The first byte that is no ASCII: a signed char below 0. */
const NOT_ASCII = 0x80;

const MOST_NUMBERS = 17; // of a parameter whose values are all tried
const MOST_FAILURES = 3;

/** The worlds of a search, each of them once. */
interface ExhaustiveSpace {
  /** What is in it, a sentence. */
  readonly bound: string;
  readonly count: number;
  /** A world by its number, below `count`. */
  world(index: number): Parameters;
}

// The values of a parameter by their numbers.
interface Axis {
  readonly names: readonly string[]; // contents go together
  readonly count: number;
  value(index: number, name: string): ParameterValue;
}

const textAxis = (name: string, spec: ParameterSpec, bytes: number, alphabet: readonly number[]): Axis => {
  const { min = 0, max = 4095, lead } = spec;
  const first = lead === undefined ? undefined : new TextEncoder().encode(lead)[0];
  const longest = Math.min(max, Math.max(min, bytes));
  // How many texts there are of each length; the first byte of those with a lead is given.
  const counts = Array.from({ length: longest - min + 1 }, (_, index) => {
    const free = min + index - (first === undefined || min + index === 0 ? 0 : 1);
    return alphabet.length ** free;
  });
  const nulls = spec.null === true && min === 0 ? 1 : 0;
  return {
    names: [name],
    count: counts.reduce((sum, count) => sum + count, nulls),
    value: (index) => {
      if (index < nulls) return NULL_VALUE;
      let rest = index - nulls;
      let length = min;
      for (const count of counts) {
        if (rest < count) break;
        rest -= count;
        length += 1;
      }
      const text = new Uint8Array(length);
      for (let at = length - 1; at >= 0; at -= 1) {
        if (at === 0 && first !== undefined) text[at] = first;
        else {
          text[at] = alphabet[rest % alphabet.length]!;
          rest = Math.floor(rest / alphabet.length);
        }
      }
      return { type: 'text', bytes: text };
    },
  };
};

const choiceAxis = (name: string, spec: ParameterSpec): Axis => {
  const beside = besideOf(spec) === 0n ? [0n] : [0n, besideOf(spec)];
  const values = Object.keys(spec.choices ?? {}).flatMap((key) =>
    beside.map((bits) => choiceOf(spec, key, bits)),
  );
  return { names: [name], count: values.length, value: (index) => values[index]! };
};

const numberAxis = (name: string, { min, max, default: usual }: ParameterSpec, fails: boolean): Axis => {
  const least = min ?? -0x8000_0000;
  const most = max ?? 0x7fff_ffff;
  const from = fails ? Math.max(least, -MOST_FAILURES) : least;
  const to = fails ? Math.min(most, MOST_FAILURES) : most;
  const values =
    to - from < MOST_NUMBERS
      ? Array.from({ length: to - from + 1 }, (_, index) => from + index)
      : [...new Set([Number(usual), 0, 1, -1, 2, least, least + 1, most - 1, most])].filter(
          (value) => value >= least && value <= most,
        );
  return {
    names: [name],
    count: values.length,
    value: (index) => ({ type: 'int32', value: values[index]! }),
  };
};

// Contents that nobody promises: all zero, and all different from that.
const contentsAxis = (specs: Readonly<Record<string, ParameterSpec>>): Axis => {
  const names = Object.entries(specs).flatMap(([name, { type }]) => (type === 'contents' ? [name] : []));
  const fills = [Uint8Array.of(0), Uint8Array.from({ length: 8 }, (_, index) => 0xa1 + index * 2)];
  return {
    names,
    count: names.length === 0 ? 1 : fills.length,
    value: (index, name) => {
      const { max } = specs[name]!;
      const fill = index === 0 || max !== undefined ? fills[index]! : new Uint8Array(32).fill(0xa1);
      return { type: 'contents', text: index === 0 ? 'zero' : Buffer.from(fill).toString('hex'), fill };
    },
  };
};

const axesOf = (scenario: Scenario, bytes: number, alphabet: readonly number[]): Axis[] => {
  const { parameters: specs = {}, check } = scenario.spec;
  const axes = Object.entries(specs).flatMap(([name, spec]): Axis[] => {
    switch (spec.type) {
      case 'text':
        return [textAxis(name, spec, bytes, alphabet)];
      case 'choice':
        return [choiceAxis(name, spec)];
      case 'int32':
        return [numberAxis(name, spec, name === check?.fail)];
      case 'contents':
        return [];
    }
  });
  return [contentsAxis(specs), ...axes.toReversed()];
};

const countOf = (axes: readonly Axis[]): number => axes.reduce((count, axis) => count * axis.count, 1);

/**
 * All worlds of a scenario with texts of up to so many bytes.
 *
 * @throws {InputError} at `--exhaustive` when there are too many of them; it says what would fit
 */
export const exhaustiveSpace = (given: Scenario, bytes: number): ExhaustiveSpace => {
  const scenario = checkedScenario(given);
  const alphabet = [...new Set([LETTER, ...separatorsOf(scenario), 0x2f, 0x5c, NOT_ASCII])];
  const axes = axesOf(scenario, bytes, alphabet);
  const count = countOf(axes);
  if (count > MOST_WORLDS) {
    let fits = bytes - 1;
    while (fits >= 0 && countOf(axesOf(scenario, fits, alphabet)) > MOST_WORLDS) fits -= 1;
    const advice = fits < 0 ? 'no number of bytes fits' : `${fits} would fit`;
    throw new InputError(
      `texts of up to ${plural(bytes, 'byte')} make ${count} worlds, at most ${MOST_WORLDS} are tried; ${advice}`,
      { field: '--exhaustive' },
    );
  }
  const shown = alphabet.map((byte) =>
    isPrintable(byte) ? String.fromCharCode(byte) : `\\x${byteText(byte)}`,
  );
  return {
    bound:
      `all texts of up to ${plural(bytes, 'byte')} (or their least length) of ${shown.join(' ')}, all choices with none and all of the ` +
      `bits besides, the first ${MOST_FAILURES} allocations failing alone and with all after, numbers at their edges where they are ` +
      `many, contents all zero or all different`,
    count,
    world: (index) => {
      const values = new Map<string, ParameterValue>();
      let rest = index;
      for (const axis of axes) {
        const own = rest % axis.count;
        rest = Math.floor(rest / axis.count);
        for (const name of axis.names) values.set(name, axis.value(own, name));
      }
      return new Map(Object.keys(scenario.spec.parameters ?? {}).map((name) => [name, values.get(name)!]));
    },
  };
};
