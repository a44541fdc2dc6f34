// Functions and data of the kernel as C declares them.

import type { Prototype } from '../kernel/symbols.js';

const declareType = (type: string, name: string): string =>
  type.endsWith('*') ? `${type}${name}` : `${type} ${name}`;

// Functions of the kernel whose last argument is followed by more, which manifests do not say.
const VARIADIC = new Set(['printk', 'seq_printf']);

/** A prototype as C declares it. */
export const declareFunction = (name: string, { returns, arguments: parameters }: Prototype): string => {
  const list = parameters.map(({ type, name: argument }) => declareType(type, argument));
  const all = VARIADIC.has(name) ? [...list, '...'] : list;
  return `${declareType(returns, name)}(${all.join(', ') || 'void'});`;
};

/** Data as C declares it; bytes where its type is not known. */
export const declareData = (name: string, type: string | undefined): string =>
  `extern ${type === undefined ? `const unsigned char ${name}[]` : declareType(type, name)};`;
