// What a sweep varies: the call of a step, and parameters that give the path in its slot a wanted length.

import { InputError } from '../base/errors.js';
import type { OperationSpec, StepSpec } from '../scenario/form.js';
import { type ParameterValue, type Parameters, formatText } from '../scenario/parameters.js';
import type { Scenario } from '../scenario/scenario.js';

/** The step that builds a path in a slot with chosen contents, in a scenario. */
export interface SweptStep {
  readonly scenario: Scenario;
  readonly name: string;
  readonly step: StepSpec;
  /** Text parameters in the order in which they make the path; the last one grows. */
  readonly texts: readonly string[];
  /** The parameter with the slot's previous contents. */
  readonly previous: string;
}

const LONGEST_TEXT = 4095; // bytes

const parameterName = (reference: string): string => reference.replace(/^\$/u, '');

/** @throws {InputError} when no step of the scenario calls a function and chooses what was in the slot before */
export const findSwept = (scenario: Scenario): SweptStep => {
  for (const [name, step] of Object.entries(scenario.spec.steps)) {
    const stale = step.do?.find((operation) => operation.stale !== undefined)?.stale;
    if (stale === undefined || step.call === undefined) continue;
    const texts = stale.texts.map(parameterName);
    return { scenario, name, step, texts, previous: parameterName(stale.with) };
  }
  throw new InputError(
    `${scenario.name} cannot be swept: that takes a step that calls a function and has an operation "stale" ` +
      '(docs/scenarios.md)',
    { field: 'scenario' },
  );
};

/** The step for paths with fewer bytes than texts, by the scenario's `sweep`; `undefined` without one. */
export const shortened = ({ scenario, name, step, previous }: SweptStep): SweptStep | undefined => {
  const short = scenario.spec.sweep?.short;
  if (short === undefined) return undefined;
  const operations = (step.do ?? []).map((operation): OperationSpec =>
    operation.stale === undefined
      ? operation
      : { ...operation, stale: { ...operation.stale, texts: short.texts } },
  );
  const own = { ...step, do: [{ set: short.set }, ...operations] };
  const steps = { ...scenario.spec.steps, [name]: own };
  return {
    scenario: scenario.with({ steps }),
    name,
    step: own,
    texts: short.texts.map(parameterName),
    previous,
  };
};

/** The most bytes that its texts together may have. */
export const longestPath = ({ scenario, texts }: SweptStep): number =>
  texts.reduce((sum, name) => sum + (scenario.spec.parameters?.[name]?.max ?? LONGEST_TEXT), 0);

const bytesOf = (value: ParameterValue | undefined): Uint8Array =>
  value?.type === 'text' ? value.bytes : new Uint8Array();

// A text of a length; a longer one repeats the bytes after the first.
const stretch = (bytes: Uint8Array, length: number): Uint8Array => {
  const [first = 0x2f, ...rest] = bytes;
  const filling = rest.length === 0 ? [0x78] : rest; // 'x'
  return Uint8Array.from({ length }, (_, index) =>
    index === 0 ? first : filling[(index - 1) % filling.length]!,
  );
};

/**
 * Texts for a path of `length` bytes: those of `defaults`, cut short, or the last one longer.
 *
 * @param texts the parameters that the path is made of, one byte of each at least
 * @returns values as `--set` takes them
 */
export const pathOfLength = (
  texts: readonly string[],
  defaults: Parameters,
  length: number,
): ReadonlyMap<string, string> => {
  let left = length;
  return new Map(
    texts.map((name, index) => {
      const bytes = bytesOf(defaults.get(name));
      const isLast = index === texts.length - 1;
      const room = left - (texts.length - 1 - index);
      const taken = isLast ? stretch(bytes, left) : bytes.slice(0, Math.max(1, Math.min(bytes.length, room)));
      left -= taken.length;
      return [name, formatText(taken)];
    }),
  );
};
