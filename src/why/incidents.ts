// Accesses of a run that were not the business of the code that made them: outside of the allocation that its pointer was
// made for, or after that was freed.

import type { Addr } from '../base/address.js';
import type { Case } from '../reading/case.js';
import type { LocatedOutOfBounds } from '../reading/out-of-bounds.js';

/** One such access. */
export type Incident = LocatedOutOfBounds;

/** A free of an object. */
interface Freed {
  /** The state that has it free first. */
  readonly state: number;
  /** Step of the call that freed it; absent where the scenario did. */
  readonly step: number | undefined;
  /** The step of the scenario in which it happened. */
  readonly scenarioStep: string;
}

/** Finds them by step. */
export class Incidents {
  constructor(private readonly run: Case) {}

  /** The access of a step that touched an address and was not its business. */
  at(step: number, kind: 'read' | 'write', address: Addr): Incident | undefined {
    return this.run.outOfBoundsIn(step, step + 1).find((one) => {
      const start = BigInt(one.address);
      return one.access === kind && address >= start && address < start + BigInt(one.size);
    });
  }

  /** The first access outside the same allocation, in a stretch of steps. */
  firstOf({ owner }: Incident, from: number, to: number): number {
    const found = this.run.outOfBoundsIn(from, to).find((one) => one.owner === owner);
    return found?.instruction ?? to;
  }

  /** When the object of an access was freed, if it was by then. */
  freeOf({ owner, stale }: Incident): Freed | undefined {
    if (!stale || owner?.freed === undefined) return undefined;
    return this.freeAt(owner.freed);
  }

  /** A free, by the index of its event. */
  freeAt(index: number): Freed | undefined {
    const { events, steps } = this.run.recording.header;
    const event = events[index];
    if (event === undefined) return undefined;
    const step = steps.find((one) => index >= one.events.from && index < one.events.to);
    const call = events.findIndex(
      (one, at) => one.kind === 'call' && at >= (step?.events.from ?? 0) && at < (step?.events.to ?? 0),
    );
    const byCode = call >= 0 && call < index && step !== undefined && event.at > step.from;
    return { state: event.at, step: byCode ? event.at - 1 : undefined, scenarioStep: step?.step ?? '' };
  }
}

/** Whether it went through a pointer to an object that was freed, or to memory that is nobody's. */
export const isUseAfterFree = ({ stale, owner, victim }: Incident): boolean =>
  stale || (owner === undefined && victim.kind === 'free');
