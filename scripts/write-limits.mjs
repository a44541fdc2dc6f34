// Writes docs/limits.md from the table of limits in the source: npm run limits (which builds first).

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { limitsDocument } from '../dist/limits/document.js';

const file = fileURLToPath(new URL('../docs/limits.md', import.meta.url));
const options = await resolveConfig(file);
writeFileSync(file, await format(limitsDocument(), { ...options, parser: 'markdown' }));
