// What the parts of the room have in common at one step: what the next instruction touches, stale pointers, damage, and
// the object in question.

import { useMemo } from 'preact/hooks';
import { DamageNow } from '../model/damage.js';
import { type Overrun, type Slab, overrunOf, slabsOf } from '../model/heap.js';
import { objectInQuestion } from '../model/question.js';
import { StalePointers } from '../model/stale.js';
import { type Touched, Touches } from '../model/touched.js';
import type { Desk } from '../view/desk.js';

/** The room at one step. */
export interface StepView {
  readonly desk: Desk;
  readonly touched: Touched;
  readonly stale: StalePointers;
  readonly damage: DamageNow;
  readonly slabs: readonly Slab[];
  readonly overrun: Overrun | undefined;
  /** First byte of the object in question; undefined where the run has none that is shown. */
  readonly object: bigint | undefined;
}

/** The room at the step of the desk. */
export const useStepView = (desk: Desk): StepView => {
  const { run, at } = desk;
  const fixed = useMemo(() => {
    const slabs = slabsOf(run);
    return {
      touches: new Touches(run),
      stale: new StalePointers(run),
      damage: new DamageNow(run),
      slabs,
      overrun: overrunOf(run, slabs),
    };
  }, [run]);
  const { touches, slabs, overrun } = fixed;
  const touched = useMemo(() => touches.at(at), [touches, at]);
  // The end is about the damage, whatever was touched on the way to it.
  const isOver = at >= (run.data.marks.find(({ kind }) => kind === 'trap')?.at ?? run.end);
  const object =
    desk.object ?? (isOver ? overrun?.start : undefined) ?? objectInQuestion(touches, slabs, overrun, at);
  return { desk, ...fixed, touched, object };
};
