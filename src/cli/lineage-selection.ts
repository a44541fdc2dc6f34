// The part of a lineage that a command line selects: a stretch of the run and some of its values.

import { InputError } from '../base/errors.js';
import type { Lineage } from '../lineage/lineage.js';
import type { View } from '../lineage/state.js';
import type { Value } from '../lineage/value.js';
import type { Recording } from '../recording/recording.js';

interface LineageRange {
  readonly title: string;
  readonly from: number;
  readonly to: number; // last state
}

interface LineageSelection {
  readonly step?: string;
  readonly value?: string | readonly string[];
  readonly all?: true;
}

/**
 * The selected states: those of one call, or all.
 *
 * @throws {InputError} when there is no such step, or it runs no code
 */
export const rangeOf = (
  { header, instructions }: Recording,
  { step, all }: Pick<LineageSelection, 'step' | 'all'>,
): LineageRange => {
  if (all === true) return { title: 'all steps', from: 0, to: instructions };
  const calls = header.steps.filter(({ call }) => call !== null);
  if (step !== undefined && !header.steps.some((one) => one.step === step)) {
    const names = header.steps.map((one) => one.step).join(', ');
    throw new InputError(`there is no step ${step}; there are ${names}`, { field: '--step' });
  }
  const found = step === undefined ? calls.at(-1) : calls.findLast((one) => one.step === step);
  if (found !== undefined) return { title: `${found.step}: ${found.call}`, from: found.from, to: found.to };
  if (step === undefined) return { title: 'no call', from: 0, to: instructions };
  const names = calls.map((one) => one.step).join(', ');
  throw new InputError(`step ${step} runs no code; steps that do are ${names}`, { field: '--step' });
};

/**
 * The selected values, with the places that a range has.
 *
 * @throws {InputError} when no value has a name that was given
 */
export const valuesOf = (
  lineage: Lineage,
  { from, to }: LineageRange,
  { value, all }: Pick<LineageSelection, 'value' | 'all'>,
): Value[] => {
  const overlaps = ({ from: first, until }: Value['places'][number]) =>
    first.step <= to && (until === null || until.step >= from);
  const values = lineage
    .valuesBetween(from, to, all === true)
    .map((one) => ({ ...one, places: one.places.filter(overlaps) }))
    .filter(({ places }) => places.length > 0);
  if (value === undefined) return values;
  const named = (one: Value, wanted: string): boolean =>
    one.name === wanted || one.also.some((other) => other.split(' ')[0] === wanted);
  const wanted = [value].flat();
  const missing = wanted.find((name) => !values.some((one) => named(one, name)));
  if (missing === undefined) return values.filter((one) => wanted.some((name) => named(one, name)));
  const names = [...new Set(values.map(({ name }) => name))].join(', ');
  throw new InputError(`there is no value ${missing} here; there are ${names}`, { field: '--value' });
};

/** The views in words. */
export const VIEWS: Readonly<Record<View, string>> = {
  run: 'as it ran',
  analyst: 'from the published bytes alone',
};
