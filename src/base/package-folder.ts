// Where the package's own data lies: the folder above dist/ (installed) or src/ (under the test runner).

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the package: snippets/, scenarios/ and schema/ are in it. */
export const packageFolder = (): string => join(dirname(fileURLToPath(import.meta.url)), '..', '..');
