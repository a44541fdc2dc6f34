// Structs of the guest as C declarations, from the layouts that the sandbox itself reads them with.

import { hex } from '../base/address.js';
import type { FieldType, Struct } from '../kernel/layout.js';
import type { Structs } from '../kernel/structs/all.js';

/** A field as C declares it: `char name[100]`. */
const declare = (type: FieldType, name: string): string => {
  switch (type.kind) {
    case 'integer':
      return `${type.name} ${name}`;
    case 'pointer':
      return `${type.name}${name}`;
    case 'bytes':
      return `char ${name}[${type.size}]`;
    case 'array':
      return declare(type.element, `${name}[${type.count}]`);
    case 'struct':
      return `struct ${type.name} ${name}`;
  }
};

const alignmentOf = (type: FieldType): number => {
  switch (type.kind) {
    case 'integer':
    case 'pointer':
      return type.size;
    case 'bytes':
      return 1;
    case 'array':
      return alignmentOf(type.element);
    case 'struct':
      return Math.max(1, ...Object.values(type.fields).map(([, field]) => alignmentOf(field)));
  }
};

// The bytes between two fields: none where C leaves them free by itself, otherwise bytes that no source names.
const gap = (from: number, to: number): string[] =>
  to > from ? [`\tunsigned char unknown_${hex(from)}[${to - from}];`] : [];

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

/** A struct with its size and the offset of each field asserted. */
export const declareStruct = (struct: Struct): string => {
  const { name, size, fields, invented } = struct;
  let end = 0;
  const lines = Object.entries(fields).flatMap(([field, [offset, type]]) => {
    const before = alignUp(end, alignmentOf(type)) === offset ? [] : gap(end, offset);
    end = offset + type.size;
    return [...before, `\t${declare(type, field)}; /* ${hex(offset)} */`];
  });
  const after = alignUp(end, alignmentOf(struct)) === size ? [] : gap(end, size);
  const asserts = Object.entries(fields).map(
    ([field, [offset]]) =>
      `_Static_assert(__builtin_offsetof(struct ${name}, ${field}) == ${hex(offset)}, "${name}.${field}");`,
  );
  return [
    ...(invented ? ['/* The place of each field is invented: no source gives those of the release. */'] : []),
    `struct ${name} {`,
    ...lines,
    ...after,
    '};',
    `_Static_assert(sizeof(struct ${name}) == ${hex(size)}, "${name}");`,
    ...asserts,
  ].join('\n');
};

const partsOf = (type: FieldType): Struct[] => {
  if (type.kind === 'struct') return [type];
  return type.kind === 'array' ? partsOf(type.element) : [];
};

/** All known structs, each after the structs that it holds. */
export const structsInOrder = (structs: Structs): Struct[] => {
  const order = new Map<string, Struct>();
  const add = (struct: Struct): void => {
    if (order.has(struct.name)) return;
    for (const [, type] of Object.values(struct.fields)) partsOf(type).forEach(add);
    order.set(struct.name, struct);
  };
  for (const name of structs.names()) add(structs.find(name)!);
  return [...order.values()];
};
