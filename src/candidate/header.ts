// The C header of candidates, oopslab.h: structs, prototypes, constants, macros and inline functions, in our own words.
// Generated from the layouts and the release, so that it always agrees with them.

import { hex } from '../base/address.js';
import { type FieldType, type Struct, alignmentOf } from '../kernel/layout.js';
import type { Structs } from '../kernel/structs/all.js';
import type { Release } from '../release/snippet.js';
import { type ListedCallable, callablesOf, listCallable } from './callable.js';

/** What C code calls it. */
export const HEADER_FILE = 'oopslab.h';

const TYPES = `typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long s64;
typedef unsigned long size_t;
typedef long ssize_t;
typedef unsigned int gfp_t; /* flags of an allocation */
typedef int pid_t;
typedef long loff_t;
typedef struct {
	u32 slock; /* ticket lock: the low half is served, the high half is next */
} raw_spinlock_t;

#ifndef __cplusplus
#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 202311L
typedef _Bool bool;
#define true 1
#define false 0
#endif
#endif

#ifndef NULL
#define NULL ((void *)0)
#endif`;

// Source of the flags: include/linux/gfp.h, v3.0.101
const ALLOCATION = `/* an allocation that may sleep, do I/O and enter file systems: the usual flags (include/linux/gfp.h, v3.0.101) */
#define GFP_KERNEL 0xd0u

/* the allocator clears the object, all of its size class (include/linux/gfp.h, v3.0.101) */
#define __GFP_ZERO 0x8000u

/*
 * Memory of the general cache whose objects are the smallest that hold size bytes, or NULL. Its old contents stay.
 * Another name of __kmalloc() and no inline function, so that the line table has the line of the caller.
 */
void *kmalloc(size_t size, gfp_t flags) __asm__("__kmalloc");

/* The same, cleared: the whole object, not only the requested bytes. */
#define kzalloc(size, flags) kmalloc(size, (flags) | __GFP_ZERO)`;

const declaration = ({ how, models, declaration: text }: ListedCallable): string =>
  how === 'stub' ? `/* a stub: ${models ?? ''} */\n${text ?? ''}` : (text ?? '');

// Structs that prototypes and fields point to, but whose fields are not known.
const unknownStructs = (text: string, known: ReadonlySet<string>): string[] => {
  const names = [...text.matchAll(/\bstruct (\w+)/gu)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => !known.has(name)).toSorted();
};

// A field as C declares it: `char name[100]`.
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

// The bytes between two fields: none where C leaves them free by itself, otherwise bytes that no source names.
const gap = (from: number, to: number): string[] =>
  to > from ? [`\tunsigned char unknown_${hex(from)}[${to - from}];`] : [];

const alignUp = (value: number, alignment: number): number => Math.ceil(value / alignment) * alignment;

// A struct with its size and the offset of each field asserted.
const declareStruct = (struct: Struct): string => {
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

// All known structs, each after the structs that it holds.
const structsInOrder = (structs: Structs): Struct[] => {
  const order = new Map<string, Struct>();
  const add = (struct: Struct): void => {
    if (order.has(struct.name)) return;
    for (const [, type] of Object.values(struct.fields)) partsOf(type).forEach(add);
    order.set(struct.name, struct);
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
  const functions = listed.filter(({ how }) => how !== 'data').map(declaration);
  const data = listed.filter(({ how }) => how === 'data').map(declaration);
  const allocation = callables.some(({ name }) => name === '__kmalloc') ? [ALLOCATION] : [];
  const declared = [...structs, ...functions, ...data].join('\n');
  return [
    `/*
 * oopslab.h: what a candidate sees of Linux ${release.name}, as the sandbox has it.
 * Printed by "oopslab headers"; a candidate in C includes it without being given a folder.
 * There is nothing else to call or to refer to: a name that is not declared here is refused.
 */`,
    '#ifndef OOPSLAB_H\n#define OOPSLAB_H',
    TYPES,
    unknownStructs(declared, new Set(known.map(({ name }) => name)))
      .map((name) => `struct ${name};`)
      .join('\n'),
    ...structs,
    '/* Functions. */',
    ...functions,
    '/* Data. */',
    data.join('\n'),
    ...allocation,
    release.header,
    '#endif',
    '',
  ].join('\n\n');
};
