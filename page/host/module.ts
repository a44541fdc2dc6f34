// Stands for node:module: what is required is packed, and is made when it is first asked for.

import * as yaml from 'yaml';
import { loadIced } from './iced.js';

const PACKAGES: Readonly<Record<string, () => unknown>> = { yaml: () => yaml, 'iced-x86': loadIced };

export const createRequire =
  () =>
  (name: string): unknown => {
    const make = PACKAGES[name];
    if (make === undefined) throw new Error(`the page has no package ${name}`);
    return make();
  };
