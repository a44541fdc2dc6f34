// The schemas of files that people write as YAML, and what their complaints say to a person.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { packageFolder } from '../base/package-folder.js';

/** What is wrong with a value: where in it, and what would be right. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A schema of `schema/`, by name. */
export type DataSchema = 'scenario' | 'candidates' | 'shard';

// ajv and the schema cost 80 ms, so only scenarios that a user brings pay for them; a test checks the shipped ones.
const validators = new Map<DataSchema, ValidateFunction>();

const load = (name: DataSchema): ValidateFunction => {
  const schema = JSON.parse(
    readFileSync(join(packageFolder(), `schema/${name}.schema.json`), 'utf8'),
  ) as object;
  const { Ajv: Validator } = createRequire(import.meta.url)('ajv') as { Ajv: typeof Ajv };
  return new Validator({ allErrors: true, allowUnionTypes: true, strictTypes: false, verbose: true }).compile(
    schema,
  );
};

const pathOf = (pointer: string, root: unknown): (string | number)[] => {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(value) ? Number(key) : key;
      value = (value as Record<string | number, unknown> | undefined)?.[step];
      return step;
    });
};

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const messageOf = (error: ErrorObject): string => {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object);
      const unknown = `unknown field ${show(params['additionalProperty'])}`;
      return known.length === 0 ? unknown : `${unknown}; known here: ${known.join(', ')}`;
    }
    case 'required':
      return `the field "${String(params['missingProperty'])}" is missing`;
    case 'type':
      return `should be ${[params['type']].flat().join(' or ')}, found ${show(error.data)}`;
    case 'enum':
      return `should be one of ${(params['allowedValues'] as unknown[]).map(show).join(', ')}, found ${show(error.data)}`;
    case 'const':
      return `should be ${show(params['allowedValue'])}, found ${show(error.data)}`;
    case 'pattern':
      return `should match ${String(params['pattern'])}, found ${show(error.data)}`;
    default:
      return `${error.message ?? 'is wrong'}, found ${show(error.data)}`;
  }
};

// Of all complaints the deepest says most; an unknown field comes before a wrong alternative, "anyOf" last.
const rank = (error: ErrorObject): number => {
  const depth = error.instancePath.split('/').length * 10;
  if (error.keyword === 'anyOf' || error.keyword === 'if') return depth - 9;
  if (error.keyword === 'type' && (error.params as { type: unknown }).type === 'null') return depth - 8;
  return depth + (error.keyword === 'additionalProperties' ? 1 : 0);
};

/** Check a value against the scenario schema, as `validateData` does. */
export const validateScenario = (value: unknown): SchemaProblem | undefined =>
  validateData('scenario', value);

/**
 * Check a value against a schema.
 *
 * @returns the problem that tells most, or `undefined`
 */
export const validateData = (name: DataSchema, value: unknown): SchemaProblem | undefined => {
  const validator = validators.get(name) ?? load(name);
  validators.set(name, validator);
  if (validator(value)) return undefined;
  const [worst] = (validator.errors ?? []).toSorted((a, b) => rank(b) - rank(a));
  if (worst === undefined) return undefined;
  const path = pathOf(worst.instancePath, value);
  const extra = (worst.params as { additionalProperty?: string }).additionalProperty;
  return { path: extra === undefined ? path : [...path, extra], message: messageOf(worst) };
};
