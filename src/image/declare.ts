// Types of BTF in C: `char *(*name)(struct page *page, int)`.

import type { Btf, TypeId } from './btf.js';

const MAX_DEPTH = 32;

/** A declaration. @param name of what has the type; empty for the type alone */
export const declare = (btf: Btf, id: TypeId, name = '', depth = 0): string => {
  if (depth === MAX_DEPTH) return `…${name}`;
  const type = btf.type(id);
  const inner = (of: TypeId, text: string): string => declare(btf, of, text, depth + 1);
  const after = name === '' ? '' : ` ${name}`;
  switch (type.kind) {
    case 'pointer': {
      const to = btf.type(type.to).kind;
      return inner(type.to, to === 'prototype' || to === 'array' ? `(*${name})` : `*${name}`);
    }
    case 'array':
      return inner(type.of, `${name}[${type.count}]`);
    case 'prototype': {
      const parameters = type.parameters.map((one) => inner(one.type, one.name));
      if (type.variadic) parameters.push('...');
      return inner(type.returns, `${name}(${parameters.length === 0 ? 'void' : parameters.join(', ')})`);
    }
    case 'qualified':
      // Of a pointer the word stands after the star: `char *const name`.
      if (type.word === '') return inner(type.of, name);
      return btf.type(type.of).kind === 'pointer'
        ? inner(type.of, name === '' ? type.word : `${type.word} ${name}`)
        : `${type.word} ${inner(type.of, name)}`;
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name === '' ? '{…}' : type.name}${after}`;
    case 'forward':
      return `${type.isUnion ? 'union' : 'struct'} ${type.name}${after}`;
    case 'enum':
      return `enum ${type.name === '' ? '{…}' : type.name}${after}`;
    case 'function':
      return inner(type.prototype, type.name);
    case 'void':
      return `void${after}`;
    case 'variable':
      return inner(type.of, type.name);
    default:
      return `${type.name}${after}`;
  }
};

/** The prototype of a function: `void shm_close(struct vm_area_struct *vma)`; `undefined` where BTF has none. */
export const declareFunction = (btf: Btf, name: string): string | undefined => {
  const id = btf.find('function', name);
  return id === undefined ? undefined : declare(btf, id);
};
