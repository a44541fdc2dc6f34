// The properties in words: what each promises, in the terms of people who know the kernel. No run and no file here.

import type { PropertyName } from './violation.js';

/** What a candidate that breaks the property does; completes "cifs_build_path_to_root …". */
const BREAKS: Readonly<Record<PropertyName, string>> = {
  'writes-inside': 'writes outside of what it allocated',
  'inputs-unchanged': 'changes what it was only given to read',
  'reads-inside': 'reads bytes that are neither its inputs nor its own allocation',
  ends: 'does not come back to its caller',
  'allocation-failure': 'does not return NULL when there is no memory',
  'no-leak': 'leaves an allocation behind that nobody can free, or frees one that is none',
  result: 'does not return what it promises',
  'same-twice': 'returns something else when it is called again with the same inputs',
  readers: 'leaves something behind that a later reader does not survive',
};

/** What a candidate that breaks a property does: a predicate without a subject, and without a full stop. */
export const breaksWords = (property: PropertyName): string => BREAKS[property];
