// The folder of the package, which is above dist/ (installed) or src/ (under the test runner).

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the package: snippets/, scenarios/ and schema/ are in it. */
export const packageFolder = (): string => join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The path of a compiled file, for what runs in a process or thread of its own: Node cannot run src/.
 *
 * @param name within dist/
 */
export const compiledFile = (name: string): string => join(packageFolder(), 'dist', name);
