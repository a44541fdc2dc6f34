// The same moment in two runs: a step of one and its counterpart in the control. Frames are matched from the outside in,
// by scenario step, function and how often it was called; steps of a frame by address and how often it was executed.

import type { Addr } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import type { RecordedState } from '../recording/state.js';
import type { Control } from './control.js';
import type { Frame, Trace } from './trace.js';

/** One run and what is known of its control flow. */
export interface Side {
  readonly trace: Trace;
  readonly control: Control;
  readonly memory: RecordedState;
}

/**
 * Where the counterpart of a step is. `absent`: the other run came to the same execution of the function, and not to
 * this step. `other code`: there the function has other machine code. `no frame`: there it was not called that time.
 */
export type Counterpart =
  | { readonly kind: 'same'; readonly step: number }
  | { readonly kind: 'absent'; readonly frame: Frame }
  | { readonly kind: 'other code'; readonly frame: Frame }
  | { readonly kind: 'no frame' };

const NO_FRAME: Counterpart = { kind: 'no frame' };

/** Finds counterparts of one run's steps in another run. */
export class Alignment {
  readonly #frames = new Map<number, Frame | undefined>();
  readonly #sameCode = new Map<Addr, boolean>();
  readonly #ownTimes: Occurrences;
  readonly #otherTimes: Occurrences;

  constructor(
    readonly own: Side,
    readonly other: Side,
  ) {
    this.#ownTimes = new Occurrences(own.trace);
    this.#otherTimes = new Occurrences(other.trace);
  }

  // The scenario's step that a frame of its call belongs to: by its name, and the functions that it calls, in order.
  #rootOf(frame: Frame): Frame | undefined {
    const nameOf = ({ trace }: Side, { from }: Frame): string | undefined =>
      trace.recording.header.steps.findLast((one) => one.call !== null && one.from <= from)?.step;
    const name = nameOf(this.own, frame);
    return this.other.trace.frames.find(
      (one) => one.parent === undefined && nameOf(this.other, one) === name,
    );
  }

  /** The counterpart of a frame. */
  frameOf(frame: Frame): Frame | undefined {
    const path: Frame[] = [];
    for (let one: Frame | undefined = frame; one !== undefined; one = one.parent) {
      if (this.#frames.has(one.number)) break;
      path.push(one);
    }
    for (const one of path.toReversed()) this.#frames.set(one.number, this.#findFrame(one));
    return this.#frames.get(frame.number);
  }

  #findFrame(frame: Frame): Frame | undefined {
    if (frame.parent === undefined) return this.#rootOf(frame);
    const parent = this.#frames.get(frame.parent.number);
    if (parent === undefined) return undefined;
    const calls = ({ trace }: Side, of: Frame): Frame[] =>
      trace.frames.filter((one) => one.parent === of && one.entry === frame.entry);
    const own = calls(this.own, frame.parent).indexOf(frame);
    return calls(this.other, parent)[own];
  }

  /** Whether the function at an address has the same code in both runs. */
  hasSameCode(home: Addr): boolean {
    const known = this.#sameCode.get(home);
    if (known !== undefined) return known;
    const size = Math.max(1, this.own.control.sizeOf(home));
    const [a, b] = [this.own.memory, this.other.memory];
    const same =
      a.isMapped(home, size) &&
      b.isMapped(home, size) &&
      Buffer.compare(a.read(home, size), b.read(home, size)) === 0;
    this.#sameCode.set(home, same);
    return same;
  }

  /** The counterpart of a step. */
  find(step: number): Counterpart {
    const frame = this.own.trace.frameOf(step);
    const other = frame && this.frameOf(frame);
    if (frame === undefined || other === undefined) return NO_FRAME;
    if (!this.hasSameCode(this.own.control.homeOf(step))) return { kind: 'other code', frame: other };
    const { address } = this.own.trace.siteOf(step);
    const own = this.#ownTimes.of(frame).get(address) ?? [];
    const found = this.#otherTimes.of(other).get(address)?.[
      firstWhere(own.length, (index) => own[index]! >= step)
    ];
    return found === undefined ? { kind: 'absent', frame: other } : { kind: 'same', step: found };
  }
}

/** Frames whose steps are kept sorted by instruction: a chain goes back and forth between a few. */
const KEPT = 8;

// The steps of a frame, by the address of their instruction, in order.
class Occurrences {
  readonly #kept = new Map<number, ReadonlyMap<Addr, readonly number[]>>();

  constructor(private readonly trace: Trace) {}

  of({ number, from, to }: Frame): ReadonlyMap<Addr, readonly number[]> {
    const known = this.#kept.get(number);
    if (known !== undefined) return known;
    const { frameAt, siteAt, sites } = this.trace;
    const bySite = new Map<number, number[]>();
    for (let at = from; at < to; at += 1) {
      if (frameAt[at] !== number) continue;
      const steps = bySite.get(siteAt[at]!);
      if (steps === undefined) bySite.set(siteAt[at]!, [at]);
      else steps.push(at);
    }
    const made = new Map([...bySite].map(([site, steps]) => [sites[site]!.address, steps]));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(number, made);
    return made;
  }
}
