// Checks a value against its form, and names the first mistake: its place, and what would be right.

import { listOf, plural } from './words.js';
import { nearest } from './did-you-mean.js';
import {
  type Form,
  type Schema,
  type TypeName,
  MAX_NAME,
  filledText,
  findHidden,
  mostCharacters,
} from './form.js';

/** A path in a document: keys and indices. */
export type FieldPath = readonly (string | number)[];

/** A path as people write it: `world.objects.vma.set`, `steps.mount.do[0]`. */
export const formatPath = (path: FieldPath): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

interface FormProblem {
  readonly path: FieldPath;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

const typeOf = (value: unknown): TypeName | undefined => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : undefined;
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'object'
    ? (typeof value as TypeName)
    : undefined;
};

const hasType = (value: unknown, wanted: TypeName): boolean =>
  wanted === 'integer' ? Number.isInteger(value) : typeOf(value) === wanted;

const typesOf = ({ type }: Schema): readonly TypeName[] => (type === undefined ? [] : [type].flat());

// A value in a message: short, whatever it is.
const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  // JSON has no word for NaN and Infinity, YAML has.
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const expectedNumber = (what: string, { minimum, maximum }: Schema): string => {
  if (minimum !== undefined && maximum !== undefined) return `${what} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${what}, at least ${minimum}`;
  return maximum === undefined ? what : `${what}, at most ${maximum}`;
};

const expectedText = ({ pattern, minLength = 0, maxLength }: Schema): string => {
  if (pattern === filledText.pattern) return 'text that has more than blanks';
  if (pattern !== undefined) return `text that matches ${pattern}`;
  if (maxLength === undefined) return minLength === 0 ? 'text' : 'text that is not empty';
  return minLength === maxLength
    ? `text of ${plural(maxLength, 'character')}`
    : `text of ${minLength} to ${maxLength} characters`;
};

const expectedType = (type: TypeName, form: Schema): string => {
  switch (type) {
    case 'string':
      return expectedText(form);
    case 'integer':
      return expectedNumber('a whole number', form);
    case 'number':
      return expectedNumber('a number', form);
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'a map';
    case 'null':
      return 'null';
  }
};

const expected = (form: Schema): readonly string[] => {
  if (form.const !== undefined) return [shown(form.const)];
  if (form.enum !== undefined) return form.enum.map(shown);
  return form.anyOf?.flatMap(expected) ?? typesOf(form).map((type) => expectedType(type, form));
};

const wrong = (form: Schema, value: unknown, path: FieldPath): FormProblem => {
  const words = [...new Set(expected(form))];
  const allowed = form.enum === undefined ? listOf(words, 'or') : `one of ${words.join(', ')}`;
  return { path, message: `should be ${allowed}, found ${shown(value)}` };
};

const isWithin = (size: number, least = 0, most = Infinity): boolean => size >= least && size <= most;

const isScalarRight = (form: Schema, value: unknown): boolean => {
  if (typeof value === 'number') return isWithin(value, form.minimum ?? -Infinity, form.maximum);
  if (typeof value !== 'string') return true;
  // A character takes one or two units.
  const isAnyLength = form.minLength === undefined && value.length <= (form.maxLength ?? Infinity);
  return (
    (isAnyLength || isWithin(Array.from(value).length, form.minLength, form.maxLength)) &&
    (form.pattern === undefined || new RegExp(form.pattern, 'u').test(value))
  );
};

// A text whose form says nothing of its length; what a view prints of many of them stays bounded.
const longProblem = (form: Schema, value: string, path: FieldPath): FormProblem | undefined => {
  const most = mostCharacters(form);
  if (value.length <= most) return undefined;
  const length = Array.from(value).length;
  return length <= most
    ? undefined
    : { path, message: `should have at most ${most} characters, found ${length}` };
};

// What a terminal would obey, or does not show: no name may have it.
const hiddenProblem = (form: Schema, value: string, path: FieldPath): FormProblem | undefined => {
  const hidden = findHidden(form, value);
  if (hidden === undefined) return undefined;
  return { path, message: `should have no control or invisible character, found ${hidden.shown}` };
};

const sizeProblem = (what: string, size: number, least = 0, most = Infinity): string | undefined => {
  if (isWithin(size, least, most)) return undefined;
  const wanted = least === most ? `exactly ${least}` : size < least ? `at least ${least}` : `at most ${most}`;
  return `should have ${wanted} ${what}, found ${size}`;
};

const listProblem = (form: Schema, values: readonly unknown[], path: FieldPath): FormProblem | undefined => {
  const message = sizeProblem('in the list', values.length, form.minItems, form.maxItems);
  if (message !== undefined) return { path, message };
  const seen = new Set<unknown>();
  for (const [index, value] of values.entries()) {
    const at = [...path, index];
    const problem = form.items === undefined ? undefined : problemAt(form.items, value, at);
    if (problem !== undefined) return problem;
    if (form.uniqueItems === true && seen.has(value))
      return { path: at, message: `${shown(value)} is there twice` };
    seen.add(value);
  }
  return undefined;
};

const unknownField = (name: string, known: readonly string[]): string => {
  const meant = nearest(name, known);
  if (meant !== undefined) return `unknown field "${name}"; did you mean "${meant}"?`;
  return `unknown field ${shown(name)}${known.length === 0 ? '' : `; known here: ${known.join(', ')}`}`;
};

const fieldProblem = (form: Schema, value: Fields, path: FieldPath): FormProblem | undefined => {
  const { properties = {}, required = [], additionalProperties: others = true } = form;
  const found = Object.keys(value);
  const known = Object.keys(properties);
  // First of all, since messages name the field. Its place is that of the map, for the same reason.
  const long = found.find((name) => name.length > MAX_NAME);
  if (long !== undefined)
    return {
      path,
      message: `should have names of at most ${MAX_NAME} characters, found one of ${long.length}`,
    };
  // A wrong constant comes first: the document is of another kind or version.
  const other = found.find((name) => {
    const wanted = Object.hasOwn(properties, name) ? properties[name]?.const : undefined;
    return wanted !== undefined && wanted !== value[name];
  });
  if (other !== undefined) return wrong(properties[other]!, value[other], [...path, other]);
  if (others === false) {
    const unknown = found.find((name) => !Object.hasOwn(properties, name));
    if (unknown !== undefined) return { path: [...path, unknown], message: unknownField(unknown, known) };
  }
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return { path, message: `the field "${missing}" is missing` };
  const what = known.length === 0 ? 'entries' : `of ${known.join(', ')}`;
  const size = sizeProblem(what, found.length, form.minProperties, form.maxProperties);
  if (size !== undefined) return { path, message: size };
  for (const name of found) {
    const at = [...path, name];
    const badName =
      hiddenProblem({}, name, at) ??
      (form.propertyNames === undefined ? undefined : problemAt(form.propertyNames, name, at));
    if (badName !== undefined) return { path: at, message: `its name ${badName.message}` };
    const field = Object.hasOwn(properties, name) ? properties[name] : others;
    const problem = typeof field === 'object' ? problemAt(field, value[name], at) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
};

// The field by whose constant the records among some alternatives are told apart.
const tagOf = (records: readonly Schema[]): string | undefined =>
  Object.keys(records[0]?.properties ?? {}).find((name) =>
    records.every(({ properties }) => properties?.[name]?.const !== undefined),
  );

// Of the complaints of several alternatives, the one from deepest inside tells most.
const alternativeProblem = (
  form: Schema,
  alternatives: readonly Schema[],
  value: unknown,
  path: FieldPath,
): FormProblem | undefined => {
  const records = alternatives.filter(({ properties }) => properties !== undefined);
  const tag = records.length < 2 || typeOf(value) !== 'object' ? undefined : tagOf(records);
  if (tag !== undefined) {
    const fields = value as Fields;
    const meant = records.find(({ properties }) => properties![tag]!.const === fields[tag]);
    if (meant !== undefined) return problemAt(meant, value, path);
    if (!Object.hasOwn(fields, tag)) return { path, message: `the field "${tag}" is missing` };
    const tags = records.map(({ properties }) => properties![tag]!.const!);
    return wrong({ enum: tags }, fields[tag], [...path, tag]);
  }
  let deepest: FormProblem | undefined;
  for (const alternative of alternatives) {
    const problem = problemAt(alternative, value, path);
    if (problem === undefined) return undefined;
    const isOfType = typesOf(alternative).some((type) => hasType(value, type));
    if (isOfType && problem.path.length >= (deepest?.path.length ?? 0)) deepest = problem;
  }
  return deepest ?? wrong(form, value, path);
};

const problemAt = (form: Schema, value: unknown, path: FieldPath): FormProblem | undefined => {
  if (form.const !== undefined && form.const !== value) return wrong(form, value, path);
  if (form.enum?.every((one) => one !== value) === true) return wrong(form, value, path);
  const types = typesOf(form);
  if (types.length > 0 && !types.some((type) => hasType(value, type))) return wrong(form, value, path);
  if (!isScalarRight(form, value)) return wrong(form, value, path);
  if (form.anyOf !== undefined) return alternativeProblem(form, form.anyOf, value, path);
  if (typeof value === 'string') return longProblem(form, value, path) ?? hiddenProblem(form, value, path);
  if (Array.isArray(value)) return listProblem(form, value, path);
  return typeof value === 'object' && value !== null ? fieldProblem(form, value as Fields, path) : undefined;
};

/** The first thing that is wrong with a value, or `undefined`: then it is of the form's type. */
export const findProblem = (form: Schema, value: unknown): FormProblem | undefined =>
  problemAt(form, value, []);

/** Whether a value is of a form. */
export const isOf = <T>(form: Form<T>, value: unknown): value is T =>
  problemAt(form, value, []) === undefined;
