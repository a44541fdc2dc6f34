// A form as a file of schema/: what editors and other programs read.

import { type Schema, nameOf } from './form.js';

/** What a file of schema/ is made from. */
export interface SchemaSource {
  readonly form: Schema;
  /** Draft 7 for what people write as YAML: its language server knows no later one well. */
  readonly draft?: 7;
  /** Forms that the file describes besides, by the names under which others refer to them. */
  readonly also?: Readonly<Record<string, Schema>>;
  /** Keywords of the whole that only editors need. */
  readonly extra?: object;
}

const DRAFTS = {
  7: { $schema: 'http://json-schema.org/draft-07/schema#', where: 'definitions' },
  2020: { $schema: 'https://json-schema.org/draft/2020-12/schema', where: '$defs' },
} as const;

/**
 * The JSON Schema of a file; a named form stands in it once.
 *
 * @throws {Error} when two forms in it have one name
 */
export const schemaDocument = (file: string, { form, draft, also = {}, extra }: SchemaSource): object => {
  const { $schema, where } = DRAFTS[draft ?? 2020];
  const forms = new Map<string, object>();
  const definitions: Record<string, unknown> = {};

  const content = (value: object): unknown =>
    Array.isArray(value)
      ? value.map(written)
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, written(one)]));
  const define = (name: string, value: object): void => {
    if (forms.has(name) && forms.get(name) !== value) throw new Error(`${file}: two forms are named ${name}`);
    if (forms.has(name)) return;
    forms.set(name, value);
    definitions[name] = content(value);
  };
  const written = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const name = nameOf(value);
    if (name === undefined) return content(value);
    define(name, value);
    return { $ref: `#/${where}/${name}` };
  };

  const root = content({ ...form, ...extra }) as object;
  for (const [name, value] of Object.entries(also)) define(name, value);
  return {
    $schema,
    $id: `https://oopslab.invalid/schema/${file}`,
    ...root,
    ...(forms.size === 0 ? {} : { [where]: definitions }),
  };
};
