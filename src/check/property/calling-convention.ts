// `calling-convention`: whether the checked call gives back what belongs to its caller.

import { hex } from '../../base/address.js';
import { listOf } from '../../base/words.js';
import type { ReportedField } from '../scene/report-facts.js';
import type { ReportScene } from '../scene/report-scene.js';
import { lastWriterOf } from '../scene/last-writer.js';
import type { KeptState, OwnFacts, Property } from './property.js';

/** The caller does not find what it keeps. */
export interface LostState {
  readonly property: 'calling-convention';
  readonly lost: readonly KeptState[];
}

const FLAGS: Readonly<Record<string, string>> = {
  TF: 'the trap flag',
  IF: 'the interrupt flag',
  DF: 'the direction flag',
  NT: 'the nested task flag',
  AC: 'the alignment check flag',
};

const fieldOf = ({ what, expected, found, address }: KeptState): ReportedField => {
  const isFlag = FLAGS[what] !== undefined;
  const text = (value: bigint): string => (isFlag ? (value === 0n ? 'clear' : 'set') : hex(value));
  return {
    field: address === undefined ? what : `${what} at ${hex(address)}`,
    expected: text(expected),
    found: text(found),
  };
};

const guiltyIn = (scene: ReportScene, lost: readonly KeptState[]): number | undefined => {
  for (const { what, address } of lost) {
    const at = address === undefined ? lastWriterOf(scene, what) : scene.lastWrite(address);
    if (at !== undefined) return at;
  }
  return undefined;
};

/**
 * When the call returns, its caller finds all that a function keeps: callee-saved registers and RSP, the direction and the
 * interrupt flag, vector registers, which a kernel leaves to user space, thread_info and per-CPU data.
 * Source: System V ABI, AMD64 supplement, 3.2.1; Documentation/x86/, v3.0.101
 */
export const callingConvention: Property<LostState> = {
  name: 'calling-convention',
  breaks: 'does not keep what belongs to its caller',
  judge: ({ lost }, { phase, result }) =>
    phase !== 'checked' || result?.kind !== 'returned' || lost.length === 0
      ? undefined
      : { property: 'calling-convention', lost: [...lost] },
  report: (scene, { lost }): OwnFacts => {
    const fields = lost.map(fieldOf);
    const names = [...new Set(lost.map(({ what }) => FLAGS[what] ?? what))];
    const at = guiltyIn(scene, lost);
    return {
      kind: 'calling-convention',
      says: `${scene.subject.function}() returns, but its caller does not find ${listOf(names)} as it left ${names.length === 1 ? 'it' : 'them'}.`,
      step: scene.subject.step,
      instruction: at === undefined ? null : scene.instructionAt(at),
      trace: at === undefined ? [] : scene.callers(at),
      comparison: {
        what: 'fields',
        of: 'what its caller keeps',
        expected: null,
        found: null,
        firstDifference: null,
        why: 'differs',
        fields,
      },
    };
  },
};
