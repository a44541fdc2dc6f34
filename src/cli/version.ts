// The text of `oopslab --version`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../base/package-folder.js';

/** The version of oopslab: `0.1.0`. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

/** `oopslab 0.1.0, Node 20.19.0`. That of Unicorn takes loading it: `oopslab doctor` prints it. */
export const versionText = (): string => `oopslab ${packageVersion()}, Node ${process.versions.node}`;
