// The promised result of a checked call, computed from the parameters alone: a plain model.

import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import type { FieldPath } from '../../base/check-form.js';
import type { Scenario } from '../../scenario/scenario.js';

/** The text that a call with these parameters must return, without its NUL. */
export type PromisedText = (parameters: Parameters) => Uint8Array;

const PATH: FieldPath = ['check', 'promise', 'text'];

// The name behind `$name`, of a parameter of that type.
const named = (
  scenario: Scenario,
  reference: string,
  type: ParameterValue['type'],
  path: FieldPath,
): string => {
  const name = reference.replace(/^\$/u, '');
  if (reference.startsWith('$') && scenario.spec.parameters?.[name]?.type === type) return name;
  return scenario.fail(path, `should name a ${type} parameter as $name, found "${reference}"`);
};

const bytesOf = (parameters: Parameters, name: string): Uint8Array => {
  const value = parameters.get(name);
  return value?.type === 'text' ? value.bytes : new Uint8Array(0);
};

const keyOf = (parameters: Parameters, name: string): string => {
  const value = parameters.get(name);
  return value?.type === 'choice' ? value.key : '';
};

const EMPTY = new Uint8Array(0);

/**
 * The text that a scenario's check promises; `undefined` when it promises none.
 *
 * @throws {InputError} at the field that names no parameter
 */
export const promisedText = (scenario: Scenario): PromisedText | undefined => {
  const text = scenario.spec.check?.promise?.text;
  if (text === undefined) return undefined;
  const parts = text.parts.map(({ of, when = {} }, index) => ({
    name: named(scenario, of, 'text', [...PATH, 'parts', index, 'of']),
    when: Object.entries(when).map(
      ([name, key]) =>
        [named(scenario, `$${name}`, 'choice', [...PATH, 'parts', index, 'when', name]), key] as const,
    ),
  }));
  const needed = (text.emptyWithout ?? []).map((reference, index) =>
    named(scenario, reference, 'text', [...PATH, 'emptyWithout', index]),
  );
  const { replace } = text;
  const by =
    replace === undefined ? '' : named(scenario, `$${replace.by}`, 'choice', [...PATH, 'replace', 'by']);
  return (parameters) => {
    if (needed.some((name) => bytesOf(parameters, name).length === 0)) return EMPTY;
    const bytes = parts
      .filter(({ when }) => when.every(([name, key]) => keyOf(parameters, name) === key))
      .map(({ name }) => bytesOf(parameters, name));
    const whole = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of bytes) {
      whole.set(part, at);
      at += part.length;
    }
    const change = replace?.choices[keyOf(parameters, by)];
    if (change === undefined) return whole;
    const from = change.from.charCodeAt(0);
    const to = change.to.charCodeAt(0);
    for (let index = 0; index < whole.length; index += 1) if (whole[index] === from) whole[index] = to;
    return whole;
  };
};
