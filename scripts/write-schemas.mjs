// Writes schema/ from the forms in the source: npm run schema (which builds first).

import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { formatWhere } from '../dist/base/errors.js';
import { replaceFile } from '../dist/base/replace-file.js';
import { schemaDocuments } from '../dist/cli/schemas.js';

const texts = [];
for (const [name, schema] of Object.entries(schemaDocuments())) {
  const file = fileURLToPath(new URL(`../schema/${name}`, import.meta.url));
  const options = await resolveConfig(file);
  texts.push([file, await format(JSON.stringify(schema), { ...options, parser: 'json' })]);
}
try {
  for (const [file, text] of texts) replaceFile(file, text);
} catch (error) {
  process.stderr.write(`${formatWhere(error.where ?? {})}: ${error.message}\n`);
  process.exitCode = 2;
}
