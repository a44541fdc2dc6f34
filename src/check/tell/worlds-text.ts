// What values the worlds of a check had: for JSON, and in a few lines.

import { listOf, plural } from '../../base/words.js';
import { greatest, smallest } from '../../base/long-lists.js';
import type { ParameterSpec } from '../../scenario/form.js';
import { type WorldCounts, histogramOf } from '../world/world-counts.js';
import type { CheckedCandidate } from './form.js';

type ToldParameters = CheckedCandidate['worlds']['parameters'];
type Told = ToldParameters[string];

const lengthsOf = (whats: readonly string[]): Told['lengths'] => {
  const lengths = whats.map(Number).filter((length) => Number.isInteger(length));
  if (lengths.length === 0) return null;
  return { different: lengths.length, from: smallest(lengths), to: greatest(lengths) };
};

/** A histogram for each parameter. */
export const tellParameters = (
  { parameters }: WorldCounts,
  specs: Readonly<Record<string, ParameterSpec>>,
): ToldParameters =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, counts]) => {
      const { type } = specs[name] ?? {};
      if (type === undefined) return [];
      const isText = type === 'text';
      const lengths = isText ? lengthsOf(Object.keys(counts)) : null;
      return [[name, { type, lengths, histogram: histogramOf(counts, isText) }]];
    }),
  );

const textWords = (name: string, { lengths, histogram }: Told): string => {
  const { different, from, to } = lengths ?? { different: 0, from: 0, to: 0 };
  const nulls = histogram.find(({ what }) => what === 'NULL');
  const some = `${name} ${plural(different, 'length')} from ${from} to ${to}`;
  return nulls === undefined ? some : `${some}, NULL ${nulls.worlds}`;
};

const choiceWords = (name: string, { histogram }: Told): string =>
  `${name} ${listOf(histogram.map(({ what, worlds }) => `${what} ${worlds}`))}`;

/** Which lengths and choices the worlds had, in a few lines. */
export const worldsLines = ({ name, worlds: { tried, parameters } }: CheckedCandidate): string[] => {
  const all = Object.entries(parameters).flatMap(([one, told]) => {
    if (told.lengths !== null) return [textWords(one, told)];
    return told.type === 'choice' ? [choiceWords(one, told)] : [];
  });
  return all.length === 0 ? [] : [`${name}: in ${plural(tried, 'world')}: ${all.join('; ')}`];
};
