// The C header of candidates, oopslab.h: structs, prototypes, constants and inline functions, in our own words.
// Generated from the layouts and the release, so that it always agrees with them.

import type { Release } from '../release/snippet.js';
import { callablesOf } from './callable.js';
import { type ListedCallable, listCallable } from './callable-list.js';
import { declareStruct, structsInOrder } from './header-structs.js';

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

/* Memory of the general cache whose objects are the smallest that hold size bytes, or NULL. Its old contents stay. */
static inline void *kmalloc(size_t size, gfp_t flags)
{
	return __kmalloc(size, flags);
}

/* The same, cleared: the whole object, not only the requested bytes. */
static inline void *kzalloc(size_t size, gfp_t flags)
{
	return __kmalloc(size, flags | __GFP_ZERO);
}`;

const declaration = ({ how, models, declaration: text }: ListedCallable): string =>
  how === 'stub' ? `/* a stub: ${models ?? ''} */\n${text ?? ''}` : (text ?? '');

// Structs that prototypes and fields point to, but whose fields are not known.
const unknownStructs = (text: string, known: ReadonlySet<string>): string[] => {
  const names = [...text.matchAll(/\bstruct (\w+)/gu)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => !known.has(name)).toSorted();
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
