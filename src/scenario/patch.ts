// The form of a patch (RFC 7386) of a document, made from the document's own.

import { type Form, type Schema, nameOf, named, orNull } from '../base/form.js';

const eachOf = <T>(
  fields: Readonly<Record<string, Schema>>,
  change: (field: Schema) => T | undefined,
): Record<string, T> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => {
      const changed = change(field);
      return changed === undefined ? [] : [[name, changed]];
    }),
  );

const isMap = (form: Schema): form is Schema & { readonly additionalProperties: Schema } =>
  typeof form.additionalProperties === 'object';

/**
 * A patch: maps are merged, so every field can be left out, or null, which removes it; lists and other values are
 * replaced whole.
 *
 * @param own fields of the patch itself, which stay as they are
 */
export const patchOf = (form: Form<unknown>, own: readonly string[] = []): Form<unknown> => {
  const patched = (field: Schema): Schema => orNull(patchOf(field));
  const { required: all = [], properties, minProperties: _least, ...rest } = form;
  const required = all.filter((name) => own.includes(name));
  if (properties !== undefined) {
    const fields = eachOf(properties, patched);
    for (const name of own) fields[name] = properties[name]!;
    return { ...rest, ...(required.length === 0 ? {} : { required }), properties: fields };
  }
  // Of several forms, those that are records.
  if (form.anyOf?.some((one) => one.properties !== undefined) === true)
    return { ...form, anyOf: form.anyOf.map((one) => (one.properties === undefined ? one : patchOf(one))) };
  if (!isMap(form)) return form;
  const patch = { ...rest, additionalProperties: patched(form.additionalProperties) };
  const name = nameOf(form);
  return name === undefined ? patch : memoized(form, () => named(`${name}OrNull`, patch));
};

const memo = new WeakMap<Schema, Schema>();
const memoized = (form: Schema, make: () => Schema): Schema => {
  const made = memo.get(form) ?? make();
  memo.set(form, made);
  return made;
};

/** What a document must have where a patch need not: the `required` of the form alone, where it has any. */
export const requiredOf = ({ required = [], properties, additionalProperties: others }: Schema): Schema => {
  const below = eachOf(properties ?? {}, skeleton);
  const inMap = typeof others === 'object' ? skeleton(others) : undefined;
  return {
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(below).length === 0 ? {} : { properties: below }),
    ...(inMap === undefined ? {} : { additionalProperties: inMap }),
  };
};

const skeleton = (form: Schema): Schema | undefined => {
  const found = requiredOf(form);
  return Object.keys(found).length === 0 ? undefined : found;
};
