// What a candidate may call, as texts and documents show it: one line of C for each name.
// The header and the documentation share it; nothing is resolved here.

import type { Callable } from './callable.js';
import { declareData, declareFunction } from './declarations.js';

/** One thing that a candidate may refer to, as `headers --json` has it. */
export interface ListedCallable {
  readonly name: string;
  readonly how: 'code' | 'stub' | 'data';
  /** Its declaration in C; null for a function whose prototype is not known. */
  readonly declaration: string | null;
  /** What a stub does; null for what has bytes. */
  readonly models: string | null;
}

/** The declaration of each; `null` where there is none. */
export const listCallable = (callable: Callable): ListedCallable => {
  const { name, how, prototype, type, models } = callable;
  const declared = prototype === undefined ? null : declareFunction(name, prototype);
  return {
    name,
    how,
    declaration: how === 'data' ? declareData(name, type) : declared,
    models: models ?? null,
  };
};
