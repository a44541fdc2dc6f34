// A breaking world in the notation of --set, with what of it must be so and what does not matter.

import { wrap } from '../../base/words.js';
import { type Parameters, formatParameters } from '../../scenario/parameters.js';
import type { Mattering } from '../find/mattering-document.js';
import { matteringText } from './mattering-text.js';

/** A world that breaks a property, and what is known of its parameters. */
export interface ToldWorld {
  readonly world: Parameters;
  /** Where it was looked for. */
  readonly mattering?: Mattering | undefined;
}

const LONGEST_VALUE = 200; // characters

const setting = (name: string, value: string | number): string => {
  const text = String(value);
  return text.length <= LONGEST_VALUE
    ? `${name}=${text}`
    : `${name}=${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)`;
};

const listed = (head: string, items: readonly string[], width: number): string[] =>
  items.length === 0 ? [] : [head, ...items.flatMap((item) => wrap(item, width, '  ', '    '))];

/** The two lists, in lines; none where nothing was looked for. */
export const matteringLines = (mattering: Mattering | undefined, width: number): string[] => {
  if (mattering === undefined) return [];
  const { mustBeSo, doesNotMatter } = matteringText(mattering);
  return [...listed('Must be so:', mustBeSo, width), ...listed('Does not matter:', doesNotMatter, width)];
};

/**
 * The world and the two lists, in lines: a line for each parameter that matters, and one for all others.
 *
 * @param width in which the lists are wrapped; values are not
 */
export const worldLines = ({ world, mattering }: ToldWorld, width: number): string[] => {
  const free = new Set(
    (mattering?.parameters ?? []).filter(({ kind }) => kind === 'any').map(({ parameter }) => parameter),
  );
  const settings = Object.entries(formatParameters(world));
  const ofFree = settings.filter(([name]) => free.has(name));
  return [
    'The world, as --set takes it:',
    ...settings.filter(([name]) => !free.has(name)).map(([name, value]) => `  ${setting(name, value)}`),
    ...(ofFree.length === 0 ? [] : [`  ${ofFree.map(([name, value]) => setting(name, value)).join('  ')}`]),
    ...matteringLines(mattering, width),
  ];
};
