// The names that a candidate may call, as texts and documents show them: one line of C each.

import type { Callable } from './callable.js';
import { declareData, declareFunction } from './declarations.js';

/** One thing that a candidate may refer to, as `headers --json` has it. */
export interface ListedCallable {
  readonly name: string;
  readonly how: 'code' | 'stub' | 'data';
  /** Its declaration in C; null for a function of unknown prototype. */
  readonly declaration: string | null;
  /** The modelled behaviour of a stub; null for code and data. */
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
