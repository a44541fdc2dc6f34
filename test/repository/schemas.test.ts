// The files of schema/ are written from the forms in the source: `npm run schema`.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { schemaDocuments } from '../../src/cli/schemas.js';

const folder = new URL('../../schema/', import.meta.url);
const documents = schemaDocuments();
const fileOf = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

describe('schema/', () => {
  it('holds the files that are written from forms, and no others', () => {
    expect(readdirSync(folder).toSorted()).toEqual(Object.keys(documents).toSorted());
  });

  it.each(Object.keys(documents))('%s is what its form says; otherwise run `npm run schema`', (name) => {
    expect(fileOf(name)).toEqual(documents[name]);
  });

  it.each(readdirSync(folder))('%s is a JSON Schema', (name) => {
    const schema = fileOf(name) as { readonly $schema: string };
    const Validator = schema.$schema.includes('draft-07') ? Ajv : Ajv2020;
    const options = { strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true };
    expect(() => new Validator(options).compile(schema)).not.toThrow();
  });
});
