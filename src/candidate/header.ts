// The C header of candidates, oopslab.h: structs, prototypes, constants, macros and inline functions, in our own words.
// Generated from the layouts and the release, so that it always agrees with them.

import { hex } from '../base/address.js';
import { declaration } from '../kernel/declaration.js';
import { type FieldType, type Struct, alignmentOf } from '../kernel/layout.js';
import type { Structs } from '../kernel/structs/all.js';
import type { Release } from '../release/snippet.js';
import { type ListedCallable, callablesOf, listCallable } from './callable.js';
import { inlineText } from './header-inlines.js';
import { LIST_MACROS, MACROS } from './header-macros.js';
import { ANNOTATIONS, CONSTANTS, FLAGS, TYPES } from './header-types.js';

/** What C code calls it. */
export const HEADER_FILE = 'oopslab.h';

const declare = ({ how, models, declaration: text }: ListedCallable): string =>
  how === 'stub' ? `/* a stub: ${models ?? ''} */\n${text ?? ''}` : (text ?? '');

// Structs that prototypes and fields point to, but whose fields are not known.
const unknownStructs = (text: string, known: ReadonlySet<string>): string[] => {
  const names = [...text.matchAll(/\bstruct (\w+)/gu)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => !known.has(name)).toSorted();
};

// The bytes between two fields: none where C leaves them free by itself, otherwise bytes that no source names.
const gap = (from: number, to: number): string[] =>
  to > from ? [`\tunsigned char unknown_${hex(from)}[${to - from}];`] : [];

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

// A struct without a name of its own has that of its field, `outer.field`: C declares it in place. A union is bytes here.
const declareField = (type: FieldType, name: string): string => {
  if (type.kind === 'array') return declareField(type.element, `${name}[${type.count}]`);
  if (type.kind === 'bytes' && /^union\b|\{/u.test(type.declared ?? ''))
    return `unsigned char ${name}[${type.size}]`;
  if (type.kind !== 'struct' || !type.name.includes('.')) return declaration(type, name);
  const inner = Object.entries(type.fields).map(([field, [, own]]) => `${declareField(own, field)};`);
  return `struct { ${inner.join(' ')} } ${name}`;
};

// A struct with its size and the offset of each field asserted.
const declareStruct = (struct: Struct): string => {
  const { name, size, fields, invented } = struct;
  let end = 0;
  const lines = Object.entries(fields).flatMap(([field, [offset, type]]) => {
    const before = alignUp(end, alignmentOf(type)) === offset ? [] : gap(end, offset);
    end = offset + type.size;
    return [...before, `\t${declareField(type, field)}; /* ${hex(offset)} */`];
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

// Whether the header has the struct among its plain types.
const isOfTypes = (name: string): boolean => new RegExp(`\\bstruct ${name} \\{`, 'u').test(TYPES);

const partsOf = (type: FieldType): Struct[] => {
  if (type.kind === 'struct') return [type];
  return type.kind === 'array' ? partsOf(type.element) : [];
};

// All known structs, each after the structs that it holds.
const structsInOrder = (structs: Structs): Struct[] => {
  const order = new Map<string, Struct>();
  const add = (struct: Struct): void => {
    if (order.has(struct.name)) return;
    for (const [, type] of Object.values(struct.fields)) partsOf(type).forEach(add);
    if (!struct.name.includes('.') && !isOfTypes(struct.name)) order.set(struct.name, struct);
  };
  for (const name of structs.names()) add(structs.find(name)!);
  return [...order.values()];
};

/**
 * The text of `oopslab.h`.
 *
 * @param release whose functions are declared
 */
export const headerText = (release: Release): string => {
  const callables = callablesOf(release);
  const known = structsInOrder(release.structs);
  const structs = known.map(declareStruct);
  const listed = callables.map(listCallable).filter((one) => one.declaration !== null);
  const functions = listed.filter(({ how }) => how !== 'data').map(declare);
  const data = listed.filter(({ how }) => how === 'data').map(declare);
  const callable = new Set(callables.filter(({ how }) => how !== 'data').map(({ name }) => name));
  const declared = [TYPES, ...structs, ...functions, ...data].join('\n');
  return [
    `/*
 * oopslab.h: what a candidate sees of Linux ${release.name}, as the sandbox has it.
 * Printed by "oopslab headers"; a candidate in C includes it without being given a folder.
 * There is nothing else to call or to refer to: a name that is not declared here is refused.
 */`,
    '#ifndef OOPSLAB_H\n#define OOPSLAB_H',
    unknownStructs(declared, new Set(known.map(({ name }) => name)))
      .map((name) => `struct ${name};`)
      .join('\n'),
    TYPES,
    ANNOTATIONS,
    CONSTANTS,
    ...structs,
    '/* Functions. */',
    ...functions,
    '/* Data. */',
    data.join('\n'),
    FLAGS,
    MACROS,
    LIST_MACROS,
    inlineText(callable),
    release.header,
    '#endif',
    '',
  ].join('\n\n');
};
