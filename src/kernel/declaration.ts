// How C declares a field.

import type { FieldType } from './layout.js';

/** A type and a name: `char *name`, `void (*name)(int)`, `unsigned long name`. */
export const declareAs = (type: string, name: string): string => {
  if (type.includes('(*')) return type.replace('(*', `(*${name}`);
  return type.endsWith('*') ? `${type}${name}` : `${type} ${name}`;
};

/** A field as the kernel declares it: `char treeName[100]`, `struct idr_layer *ary[64]`. */
export const declaration = (type: FieldType, name: string): string => {
  switch (type.kind) {
    case 'integer':
    case 'pointer':
      return declareAs(type.declared ?? type.name, name);
    case 'bytes':
      return type.declared === undefined ? `char ${name}[${type.size}]` : declareAs(type.declared, name);
    case 'array':
      return declaration(type.element, `${name}[${type.count}]`);
    case 'struct':
      return `struct ${type.name} ${name}`;
  }
};
