// The C header of candidates, oopslab.h: structs, constants and prototypes of what is there, in our own words.
// Generated from the layouts and the release, so that it cannot say anything else than they do. Runs no compiler.

import type { Release } from '../release/snippet.js';
import { callablesOf } from './callable.js';
import { type ListedCallable, listCallable } from './callable-list.js';
import { HEADER_CONSTANTS } from './header-constants.js';
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

const HELPERS: Readonly<Record<string, readonly { readonly needs: string; readonly text: string }[]>> = {
  allocation: [
    {
      needs: '__kmalloc',
      text: `/* Memory of the general cache whose objects are the smallest that hold size bytes, or NULL. What lay there stays. */
static inline void *kmalloc(size_t size, gfp_t flags)
{
	return __kmalloc(size, flags);
}`,
    },
    {
      needs: '__kmalloc',
      text: `/* The same, cleared: the whole object, not only what was asked for. */
static inline void *kzalloc(size_t size, gfp_t flags)
{
	return __kmalloc(size, flags | __GFP_ZERO);
}`,
    },
  ],
  cifs: [
    {
      needs: 'convert_delimiter',
      text: `/* What separates the parts of a path on this mount. */
static inline char CIFS_DIR_SEP(const struct cifs_sb_info *cifs_sb)
{
	return (cifs_sb->mnt_cifs_flags & CIFS_MOUNT_POSIX_PATHS) ? '/' : '\\\\';
}`,
    },
  ],
};

const declaration = ({ how, models, declaration: text }: ListedCallable): string =>
  how === 'stub' ? `/* a stub: ${models ?? ''} */\n${text ?? ''}` : (text ?? '');

// Structs that prototypes and fields point to, but whose fields nobody knows.
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
  const names = new Set(callables.map(({ name }) => name));
  const known = structsInOrder(release.structs);
  const structs = known.map(declareStruct);
  const listed = callables.map(listCallable).filter((one) => one.declaration !== null);
  const functions = listed.filter(({ how }) => how !== 'data').map(declaration);
  const data = listed.filter(({ how }) => how === 'data').map(declaration);
  const constants = HEADER_CONSTANTS.map(
    ({ name, value, meaning, source }) => `/* ${meaning} (${source}) */\n#define ${name} ${value}`,
  );
  const helpers = Object.values(HELPERS)
    .flat()
    .filter(({ needs }) => names.has(needs))
    .map(({ text }) => text);
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
    ...constants,
    '/* Functions. */',
    ...functions,
    '/* Data. */',
    data.join('\n'),
    ...helpers,
    '#endif',
    '',
  ].join('\n\n');
};
