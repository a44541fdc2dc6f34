// A chain beside the control: whether a value differs there, and the branch at which the two runs parted.

import { Alignment, type Counterpart } from './align.js';
import { type Definition, type Made, makersOf } from './definition.js';
import type { Place } from './place.js';
import type { RunView } from './view.js';

/** Why the control never came to a step. */
type Parting =
  /** At this step a branch went another way there. */
  | { readonly kind: 'branch'; readonly step: number }
  /** The control runs another version of the function that this step is in. */
  | { readonly kind: 'other code'; readonly step: number }
  /** The control makes no such call of the scenario. */
  | { readonly kind: 'extra call' }
  /** It came there, too, or nothing is known. */
  | { readonly kind: 'none' };

const NONE: Parting = { kind: 'none' };
const MAX_CLIMB = 10_000; // deciding steps that are looked at

/** Something that the control wrote and this run did not. */
export interface MissingWrite {
  /** Step of the control. */
  readonly step: number;
  /** What the control finds in the place. */
  readonly value: bigint;
  /** The step of this run that is the same instruction at the same moment, and wrote elsewhere. */
  readonly elsewhere: number | undefined;
  /** Whether the sandbox wrote it there: `step` is that of the next instruction. */
  readonly byHost: boolean;
}

export class Comparing {
  readonly #alignment: Alignment;
  readonly #back: Alignment;
  readonly #partings = new Map<number, Parting>();

  constructor(
    readonly own: RunView,
    readonly other: RunView,
  ) {
    this.#alignment = new Alignment(own, other);
    this.#back = new Alignment(other, own);
  }

  counterpart(step: number): Counterpart {
    return this.#alignment.find(step);
  }

  /** Whether a value differs from the control's at the same moment; `undefined` where that is not known. */
  differs(place: Place, step: number): boolean | undefined {
    const there = this.counterpart(step);
    if (there.kind !== 'same') return undefined;
    if (!this.#isSameMemory(place, step, there.step)) return undefined;
    const [a, b] = [this.own.value(place, step), this.other.value(place, there.step)];
    if (a === undefined || b === undefined) return undefined;
    if (a === b) return false;
    // The same object may lie elsewhere in the other run.
    const name = this.own.run.objects.nameOf(a, step);
    return name === undefined || name !== this.other.run.objects.nameOf(b, there.step);
  }

  // An address says nothing where another object lies there in the other run.
  #isSameMemory(place: Place, step: number, there: number): boolean {
    if (place.kind !== 'memory') return true;
    const [one, other] = [this.own.owner(place.address, step), this.other.owner(place.address, there)];
    return one === undefined || other === undefined
      ? one === other
      : one.name === other.name && one.size === other.size && one.address === other.address;
  }

  /** A value of the control that differs, in words. */
  valueThere(place: Place, step: number): string | undefined {
    const there = this.counterpart(step);
    if (there.kind !== 'same' || this.differs(place, step) !== true) return undefined;
    const value = this.other.value(place, there.step);
    const size = place.kind === 'register' || place.kind === 'memory' ? place.size : 8;
    return value === undefined ? undefined : this.other.valueText(value, size, there.step);
  }

  /** The branch that led to a step and went another way in the control. */
  partingOf(step: number): Parting {
    const climbed: number[] = []; // rounds of a loop lead to the same one, each by way of those before it
    let found: Parting | undefined;
    for (let at = step; found === undefined;) {
      const there = this.counterpart(at);
      const known = this.#partings.get(at);
      if (there.kind === 'same') found = at === step ? NONE : this.#atDecision(at, there.step);
      else if (known !== undefined) found = known;
      else if (there.kind === 'other code') found = { kind: 'other code', step: at };
      else {
        climbed.push(at);
        const deciding = this.own.control.decidingStep(at);
        if (deciding === undefined) found = there.kind === 'no frame' ? { kind: 'extra call' } : NONE;
        else at = deciding;
      }
    }
    for (const at of climbed) this.#partings.set(at, found);
    return found;
  }

  // Both came to the deciding step: the branch itself, or a call that went to another function.
  #atDecision(step: number, there: number): Parting {
    const [next, other] = [step + 1, there + 1].map((at, index) => {
      const { trace } = index === 0 ? this.own : this.other;
      return at <= trace.recording.instructions ? trace.siteOf(at).address : undefined;
    });
    return next === other ? NONE : { kind: 'branch', step };
  }

  /**
   * The branch of this run after which the control made a register anew, and this run did not.
   *
   * @param place a register that differs, looked at before `step`
   */
  skippedAt({ by, place }: Made, step: number): number | undefined {
    if (place.kind !== 'register' || this.differs(place, step) !== true) return undefined;
    // One that only this run made leads to where the two parted by itself.
    if (by.kind === 'instruction' && this.counterpart(by.step).kind !== 'same') return undefined;
    const there = this.counterpart(step);
    if (there.kind !== 'same') return undefined;
    const maker = makersOf(this.other.trace, place, there.step)[0]?.by;
    if (maker?.kind !== 'instruction') return undefined;
    let at = maker.step;
    for (let left = MAX_CLIMB; left > 0; left -= 1) {
      const here = this.#back.find(at);
      if (here.kind === 'same') {
        const goesElsewhere =
          at !== maker.step && here.step < step && this.#atDecision(here.step, at).kind === 'branch';
        return goesElsewhere ? here.step : undefined;
      }
      const deciding = here.kind === 'other code' ? undefined : this.other.control.decidingStep(at);
      if (deciding === undefined) return undefined;
      at = deciding;
    }
    return undefined;
  }

  /** Whether a step's write went to another address in the control. */
  wroteElsewhere(step: number): boolean {
    const there = this.counterpart(step);
    if (there.kind !== 'same') return false;
    const [own, other] = [
      this.own.trace.touches(step).writes[0],
      this.other.trace.touches(there.step).writes[0],
    ];
    return own !== undefined && other !== undefined && own.address !== other.address;
  }

  /** Whether an address can be used in the control, in the same register at the same moment. */
  isUsableThere(place: Place, step: number): boolean {
    const there = this.counterpart(step);
    const value = there.kind === 'same' ? this.other.value(place, there.step) : undefined;
    return value !== undefined && this.other.memory.isMapped(value, 1);
  }

  /**
   * What the control wrote to a place before the same moment, and this run did not.
   *
   * @param made who made the place here, looked at before `step`
   */
  missingWrite({ by, place }: Made, step: number): MissingWrite | undefined {
    if (place.kind !== 'memory') return undefined;
    const there = this.counterpart(step);
    if (there.kind !== 'same' || !this.#isSameMemory(place, step, there.step)) return undefined;
    const value = this.other.value(place, there.step);
    if (value === undefined || value === this.own.value(place, step)) return undefined;
    const writer = makersOf(this.other.trace, place, there.step)[0]?.by;
    // What the sandbox wrote counts where a stub did, or a step of the scenario that came later.
    const at = writer?.kind === 'instruction' ? writer.step : writer?.kind === 'host' ? writer.at : undefined;
    if (writer === undefined || at === undefined) return undefined;
    if (!this.#isOlder(by, writer.kind === 'host' ? at - 1 : at)) return undefined;
    if (writer.kind !== 'instruction') return { step: at, value, elsewhere: undefined, byHost: true };
    const here = this.#back.find(at);
    const elsewhere = here.kind === 'same' && here.step < step ? here.step : undefined;
    return { step: at, value, elsewhere, byHost: false };
  }

  // Whether this run's maker made the place before the control's writer would have: the control has it, too, and earlier.
  #isOlder(by: Definition, writer: number): boolean {
    if (by.kind === 'start') return true;
    if (by.kind === 'host') return this.#hostStep(by.at) <= writer; // it comes before that step
    if (by.kind !== 'instruction') return false;
    const there = this.counterpart(by.step);
    return there.kind === 'same' && there.step < writer;
  }

  // The sandbox writes between steps; the moment in the control is that of the step before, as far as there is one.
  #hostStep(at: number): number {
    if (at === 0) return 0;
    const there = this.counterpart(at - 1);
    return there.kind === 'same' ? there.step + 1 : Infinity;
  }
}
