// The text of `oopslab --version`.

import { join } from 'node:path';
import { packageFolder } from '../base/package-folder.js';
import { readText } from '../base/read-file.js';

const PACKAGE = { what: 'a package.json', max: 1 << 20 };

/** The version of oopslab: `0.1.0`. */
export const packageVersion = (): string =>
  (JSON.parse(readText(join(packageFolder(), 'package.json'), PACKAGE)) as { version: string }).version;

/** `oopslab 0.1.0, Node 20.19.0`. That of Unicorn takes loading it: `oopslab doctor` prints it. */
export const versionText = (): string => `oopslab ${packageVersion()}, Node ${process.versions.node}`;
