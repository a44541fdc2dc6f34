// Forms: what a document looks like, as a value. A form is a JSON Schema; its static type is inferred from it, check-form.ts
// interprets it, and the files of schema/ are it, written down.

import { type Invisible, findInvisible, findInvisibleInText } from './visible-text.js';

declare const TYPE: unique symbol;

/** Names of JSON's types, and `integer`. */
export type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null';

// What can stand for itself in a schema.
type Literal = string | number | null;

// Media types as the schemas name them: text in lines, and what may be anything.
const LINES = 'text/plain';
const ANY = 'application/octet-stream';

/** The part of JSON Schema that forms use; the keywords mean what the standard says. */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: TypeName | readonly TypeName[];
  readonly const?: Literal;
  readonly enum?: readonly Literal[];
  readonly pattern?: string;
  readonly minLength?: number; // code points
  readonly maxLength?: number;
  /** Which characters it may have, besides those that are seen; without it, no others. */
  readonly contentMediaType?: typeof LINES | typeof ANY;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly propertyNames?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

/** The form of a value of type `T`. */
export type Form<T> = Schema & { readonly [TYPE]?: T };

/** A field that may be left out. */
export interface Optional<T> {
  readonly optional: Form<T>;
}

/** The type of the values of a form: `type World = TypeOf<typeof world>`. */
export type TypeOf<F> = F extends { readonly [TYPE]?: infer T } ? T : never;

type Fields = Readonly<Record<string, Form<unknown> | Optional<unknown>>>;
type OptionalNames<F> = { [Name in keyof F]: F[Name] extends Optional<unknown> ? Name : never }[keyof F];
type Flat<T> = { readonly [Name in keyof T]: T[Name] };

type RecordOf<F> = Flat<
  { readonly [Name in Exclude<keyof F, OptionalNames<F>>]: TypeOf<F[Name]> } & {
    readonly [Name in OptionalNames<F>]?: F[Name] extends Optional<infer T> ? T : never;
  }
>;

const names = new WeakMap<Schema, string>();

/** A form that schema/ describes once, under `name`, however often it occurs. */
export const named = <F extends Schema>(name: string, form: F): F => {
  names.set(form, name);
  return form;
};

/** The name that `named` gave a form. */
export const nameOf = (form: Schema): string | undefined => names.get(form);

/** A form with what it means, as editors show it. */
export const says = <T>(description: string, form: Form<T>): Form<T> =>
  Object.assign({ description }, form, { description });

/** A document's form, with what it is. */
export const titled = <F extends Schema>(title: string, form: F): F =>
  Object.assign({ title }, form, { title });

/** Most characters of a name, and of any text in one line whose form has no `maxLength`: views print some 10,000 of them. */
export const MAX_NAME = 4096;

/** Most characters of any other text whose form has no `maxLength`. */
export const MAX_PROSE = 65_536;

/** Most characters that a form allows a text. */
export const mostCharacters = ({ maxLength, contentMediaType }: Schema): number =>
  maxLength ?? (contentMediaType === undefined ? MAX_NAME : MAX_PROSE);

/** Text in one line, all of it seen: a name, or what stands beside names. Lengths in characters, MAX_NAME without one. */
export const text = (limits: Pick<Schema, 'minLength' | 'maxLength'> = {}): Form<string> => ({
  type: 'string',
  ...limits,
});

/** Text that is not empty. */
export const someText = text({ minLength: 1 });

/** Text that has more than blanks. */
export const filledText: Form<string> = { type: 'string', pattern: '\\S' };

/** The same text, that may have line feeds and tabs. */
export const inLines = (form: Form<string>): Form<string> => ({ ...form, contentMediaType: LINES });

/** A sentence in one line, that may have several names. */
export const sentence = text({ maxLength: MAX_PROSE });

/** Text that people read, in lines. */
export const prose = inLines(text());

/** The same, that is not empty. */
export const someProse = inLines(someText);

/** The same text of any characters: bytes for a machine, or what a user typed, which are escaped where they are shown. */
export const ofAny = (form: Form<string>): Form<string> => ({ ...form, contentMediaType: ANY });

/** The first character of a text that its form does not allow, since it would not be seen. */
export const findHidden = ({ contentMediaType }: Schema, value: string): Invisible | undefined => {
  if (contentMediaType === ANY) return undefined;
  return contentMediaType === LINES ? findInvisibleInText(value) : findInvisible(value);
};

export const matching = (pattern: RegExp): Form<string> => ({ type: 'string', pattern: pattern.source });

/** A whole number in a range, its ends included. */
export const integer = (minimum?: number, maximum?: number): Form<number> => ({
  type: 'integer',
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
});

/** A whole number that counts something. */
export const count = integer(0);

export const number: Form<number> = { type: 'number' };

export const flag: Form<boolean> = { type: 'boolean' };

export const constant = <const T extends Literal>(value: T): Form<T> => ({ const: value });

/** One of some values. */
export const oneOf = <const T extends Literal>(values: readonly T[]): Form<T> => ({ enum: values });

export const list = <T>(
  items: Form<T>,
  limits: Pick<Schema, 'minItems' | 'maxItems' | 'uniqueItems'> = {},
): Form<readonly T[]> => ({ type: 'array', ...limits, items });

/** A map from names to values of one form. */
export const map = <T>(
  values: Form<T>,
  limits: Pick<Schema, 'minProperties' | 'maxProperties' | 'propertyNames'> = {},
): Form<Readonly<Record<string, T>>> => ({ type: 'object', ...limits, additionalProperties: values });

const isOptional = (field: Form<unknown> | Optional<unknown>): field is Optional<unknown> =>
  'optional' in field;

/** A field that may be left out. */
export const optional = <T>(form: Form<T>): Optional<T> => ({ optional: form });

/** A record: these fields and no others. */
export const record = <F extends Fields>(
  fields: F,
  limits: Pick<Schema, 'minProperties' | 'maxProperties'> = {},
): Form<RecordOf<F>> => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(fields).filter((name) => !isOptional(fields[name]!)),
  ...limits,
  properties: Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, isOptional(field) ? field.optional : field]),
  ),
});

/** A record with exactly one of these fields. */
export const oneFieldOf = <F extends Fields>(fields: F): Form<RecordOf<F>> =>
  record(fields, { minProperties: 1, maxProperties: 1 });

/** A record that may have other fields too: they are not looked at. */
export const openRecord = <F extends Fields>(fields: F): Form<RecordOf<F>> => {
  const { additionalProperties: _closed, ...open } = record(fields);
  return open as Form<RecordOf<F>>;
};

/** A value of one of some forms. Records are told apart by a constant field, if they have one of the same name. */
export const either = <const F extends readonly Form<unknown>[]>(...forms: F): Form<TypeOf<F[number]>> => ({
  anyOf: forms,
});

/** The form, or null. */
export const orNull = <T>(form: Form<T>): Form<T | null> => {
  const { type, enum: values, anyOf } = form;
  if (names.has(form) || form.const !== undefined) return { anyOf: [form, { type: 'null' }] };
  if (values !== undefined) return { ...form, enum: [...values, null] } as Form<T | null>;
  if (anyOf !== undefined) return { ...form, anyOf: [...anyOf, { type: 'null' }] } as Form<T | null>;
  return { ...form, type: [type ?? [], 'null' as const].flat() } as Form<T | null>;
};
