// Writes schema/ from the forms in the source: npm run schema (which builds first).

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { schemaDocuments } from '../dist/cli/schemas.js';

for (const [name, schema] of Object.entries(schemaDocuments())) {
  const file = fileURLToPath(new URL(`../schema/${name}`, import.meta.url));
  const options = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(schema), { ...options, parser: 'json' }));
}
