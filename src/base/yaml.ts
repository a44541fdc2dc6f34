// The library that reads YAML.

import { createRequire } from 'node:module';

/** Loaded when a file must be parsed: loading it takes 20 ms. */
export const yaml = (): typeof import('yaml') =>
  createRequire(import.meta.url)('yaml') as typeof import('yaml');
