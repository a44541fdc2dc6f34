// The schema of manifests and symbols files, and what its complaints say to a person.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InputError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';

const schemaFile = join(packageFolder(), 'schema', 'snippet.schema.json');
const schemaId = 'https://oopslab.invalid/schema/snippet.schema.json';

interface SchemaError {
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}
type Check = ((data: unknown) => boolean) & { readonly errors?: readonly SchemaError[] | null };
interface SchemaChecker {
  addSchema(schema: unknown): void;
  getSchema(id: string): Check | undefined;
}

let checker: SchemaChecker | undefined;

// ajv costs 60 ms to load, so only folders that a user brings pay for it; a test checks the shipped ones.
const schemaCheck = (part: '' | '#/$defs/symbolsFile'): Check => {
  if (checker === undefined) {
    const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as {
      Ajv2020: new (options: object) => SchemaChecker;
    };
    checker = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
    checker.addSchema(JSON.parse(readFileSync(schemaFile, 'utf8')));
  }
  return checker.getSchema(schemaId + part)!;
};

// `/ranges/0/kind` as `ranges[0].kind`.
const fieldOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/u.test(key) ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./u, '');

const explain = ({ message = 'is not valid', params }: SchemaError): string => {
  if ('allowedValues' in params) return `must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
  if ('additionalProperty' in params) return `has an unknown field, ${String(params['additionalProperty'])}`;
  return message;
};

/**
 * Check the form of a manifest or of a symbols.json.
 *
 * @throws {InputError} with the file and the field of the first thing that is wrong
 */
export const validateForm = (data: unknown, file: string, part: 'manifest' | 'symbols'): void => {
  const check = schemaCheck(part === 'manifest' ? '' : '#/$defs/symbolsFile');
  if (check(data)) return;
  const error = check.errors![0]!;
  const field = fieldOf(error.instancePath);
  throw new InputError(explain(error), field === '' ? { file } : { file, field });
};
