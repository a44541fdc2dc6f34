// The struct layouts of a run: those of the kernel, and those of its own C before them.

import { type StructTexts, structsOver } from '../kernel/struct-form.js';
import { STRUCTS, type Structs } from '../kernel/structs/all.js';
import type { RecordingHeader } from './form.js';

const known = new WeakMap<StructTexts, Structs>();

/** The layouts that names of structs in a recording mean. @throws {StructProblem} for layouts that no recorder wrote */
export const recordedStructs = ({ code }: Pick<RecordingHeader, 'code'>): Structs => {
  if (code === undefined) return STRUCTS;
  const made = known.get(code.structs) ?? structsOver(code.structs, STRUCTS);
  known.set(code.structs, made);
  return made;
};
