// `invariants`: whether what the scenario says about memory is so after the checked call, and stays so.

import type { Addr } from '../../base/address.js';
import type { FieldPath } from '../../base/check-form.js';
import type { World } from '../../run/world.js';
import { readInvariants } from '../world/invariants.js';
import { hasFailed } from './frees.js';
import type { OwnFacts, Property } from './property.js';

/** An invariant that does not hold when a step has ended. */
export interface BrokenInvariant {
  readonly property: 'invariants';
  readonly step: string;
  /** Where the scenario states it. */
  readonly path: FieldPath;
  /** What is not so, as a sentence without its end. */
  readonly what: string;
  readonly address: Addr | undefined;
}

type Invariants = ReturnType<typeof readInvariants>;

// Of each world that a check has opened; one without invariants has none.
const opened = new WeakMap<World, Invariants>();

/** What the scenario says about memory is so after the call, and after each later step. */
export const invariants: Property<BrokenInvariant> = {
  name: 'invariants',
  breaks: 'leaves memory in which an invariant does not hold',
  open: (world, subject) => {
    if (subject.invariants.length > 0) opened.set(world, readInvariants(world, subject));
  },
  judge: (run, { step, result }) => {
    const look = opened.get(run.world);
    if (look === undefined || run.returned === undefined) return undefined;
    if (result !== undefined && result.kind !== 'returned') return undefined; // other properties tell
    const { objects, parameters, returned } = run;
    const broken = look({ objects, parameters, failed: hasFailed(run, returned) });
    if (broken === undefined) return undefined;
    const { path, says: what, address } = broken;
    return { property: 'invariants', step, path, what, address };
  },
  report: (scene, { step, path, what, address }): OwnFacts => {
    const isChecked = step === scene.subject.step;
    const at = address === undefined || !isChecked ? undefined : scene.lastWrite(address);
    const source = scene.sourceOf(path);
    const after = isChecked ? `${scene.subject.function}() has returned` : `the step "${step}" has ended`;
    return {
      kind: 'broken-invariant',
      says: `When ${after}, ${what}${source === null ? '' : ` (${source})`}.`,
      step,
      instruction: at === undefined ? null : scene.instructionAt(at),
      trace: at === undefined ? [] : scene.callers(at),
      ended: scene.returnedText(),
    };
  },
};
