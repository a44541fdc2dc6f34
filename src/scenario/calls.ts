// The short spelling of a call: `entry = add_entry(&table, 7)`, as C has it.

import type { FieldPath } from '../base/check-form.js';
import type { ScenarioFile } from './file.js';

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const MOST_ARGUMENTS = 6;
const CALL = /^\s*(?:([A-Za-z_]\w*)\s*=\s*)?([A-Za-z_]\w*)\s*\((.*)\)\s*;?\s*$/su;
const PART = /\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'|[^,"']*)\s*(?:,|$)/gsu;

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, '0': 0 };

// One argument as a value: a bare name is what it names, as in C.
const valueOf = (text: string): string | number | undefined => {
  if (text === '') return undefined;
  if (text === 'NULL') return 0;
  const [, escaped, plain] = /^'(?:\\(.)|(.))'$/su.exec(text) ?? [];
  if (escaped !== undefined) return ESCAPES[escaped] ?? escaped.codePointAt(0)!;
  if (plain !== undefined) return plain.codePointAt(0)!;
  if (/^[A-Za-z_]\w*$/u.test(text)) return `&${text}`;
  return text;
};

const argumentsOf = (text: string): (string | number)[] | undefined => {
  if (text.trim() === '') return [];
  const values: (string | number)[] = [];
  let end = 0;
  for (const match of text.matchAll(PART)) {
    if (match.index !== end) return undefined;
    end = match.index + match[0].length;
    const value = valueOf(match[1]!.trim());
    if (value === undefined) return undefined;
    values.push(value);
    if (end >= text.length && !match[0].endsWith(',')) return values;
  }
  return undefined;
};

const SHOULD = 'should be a call as C writes it: function(argument, …) or name = function(argument, …)';

const callOf = (text: string, fail: (problem: string) => never): Record<string, unknown> => {
  const [, as, name, list] = CALL.exec(text) ?? [];
  const values = list === undefined ? undefined : argumentsOf(list);
  if (name === undefined || values === undefined) return fail(`${SHOULD}, found ${JSON.stringify(text)}`);
  if (values.length > MOST_ARGUMENTS)
    return fail(`${name} has ${values.length} arguments; at most ${MOST_ARGUMENTS} go in registers`);
  return { function: name, arguments: values, ...(as === undefined ? {} : { as }) };
};

/** The value of a scenario file with each call spelled out. @throws {InputError} at one that is not a call */
export const withCalls = (source: ScenarioFile): unknown => {
  const { value } = source;
  if (!isMap(value) || !isMap(value['steps'])) return value;
  const steps = Object.entries(value['steps']);
  const textOf = (step: unknown): unknown => (isMap(step) ? step['call'] : step);
  if (!steps.some(([, step]) => typeof textOf(step) === 'string')) return value;
  const spelled = steps.map(([name, step]) => {
    const text = textOf(step);
    if (typeof text !== 'string') return [name, step] as const;
    const path: FieldPath = isMap(step) ? ['steps', name, 'call'] : ['steps', name];
    const call = callOf(text, (problem) => {
      throw source.error(path, problem);
    });
    return [name, isMap(step) ? { ...step, call } : { call }] as const;
  });
  return { ...value, steps: Object.fromEntries(spelled) };
};
