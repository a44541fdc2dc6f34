// Steers the worlds of one block by what the candidate compared in some of them. Knows nothing of other blocks.

import type { Addr } from '../../base/address.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import type { Compared, Observation } from '../../run/observation.js';
import type { WorldArbitrary } from '../world/world-arbitrary.js';
import { type Hint, hintsFor } from './hints.js';

// One world in so many is observed, of the first ones those whose index is a power of two, and each in which code ran for the
// first time.
const OBSERVED_EVERY = 128;

// One world in so many is a steered one, as long as there is something to try.
const STEERED_EVERY = 3;

// How often the same change is tried: in the world that it comes from, then in others.
const MOST_TIMES = 3;

// Most changes that come from one place of the code, and of the comparisons that a world made there, how many are looked at.
const MOST_HINTS = 48;
const MOST_COMPARED = 8;

// How many bytes after a comparison the instruction may lie that acts by it.
const NEAR = 24n;

const LESS = 1;
const EQUAL = 2;
const GREATER = 4;
const BOTH = 3; // of a conditional instruction: it went both ways

interface Trial {
  readonly hint: Hint;
  readonly world: Parameters;
  times: number;
}

// A place of the code that compares.
class Site {
  seen = 0; // LESS, EQUAL, GREATER
  oneSided = false; // whether what acts by it went one way only
  trials: Trial[] = []; // those that were tried least come first
  readonly #known = new Set<string>();

  constructor(readonly pc: Addr) {}

  get isDone(): boolean {
    return !this.oneSided && (this.seen & EQUAL) !== 0;
  }

  add(world: Parameters, hints: readonly Hint[]): void {
    for (const hint of hints) {
      if (this.#known.size >= MOST_HINTS) return;
      if (this.#known.has(hint.key)) continue;
      this.#known.add(hint.key);
      const times = this.trials.findIndex((trial) => trial.times > 0);
      this.trials.splice(times < 0 ? this.trials.length : times, 0, { hint, world, times: 0 });
    }
  }

  take(): Trial | undefined {
    const trial = this.trials.shift();
    if (trial === undefined) return undefined;
    if (trial.times + 1 < MOST_TIMES) this.trials.push({ ...trial, times: trial.times + 1 });
    return trial;
  }
}

/** What to try in a block. */
export class Steering {
  readonly #specs: Readonly<Record<string, ParameterSpec>>;
  readonly #arbitrary: WorldArbitrary;
  readonly #sites = new Map<Addr, Site>(); // in the order in which they were met
  readonly #branches = new Map<Addr, number>();
  #turn = 0;

  constructor(arbitrary: WorldArbitrary, specs: Readonly<Record<string, ParameterSpec>>) {
    this.#arbitrary = arbitrary;
    this.#specs = specs;
  }

  /** Whether a world is to be observed. @param sawNew whether code ran in it for the first time in the block */
  wants(index: number, sawNew: boolean): boolean {
    const isEarly = index < OBSERVED_EVERY && (index & (index - 1)) === 0;
    return sawNew || isEarly || index % OBSERVED_EVERY === 0;
  }

  /** Learn from an observed world. */
  learn(world: Parameters, { compares, branches }: Observation): void {
    for (const [pc, ways] of branches) this.#branches.set(pc, (this.#branches.get(pc) ?? 0) | ways);
    const made = new Map<Addr, Compared[]>();
    for (const compared of compares) {
      const { pc, left, right } = compared;
      let site = this.#sites.get(pc);
      if (site === undefined) this.#sites.set(pc, (site = new Site(pc)));
      site.seen |= left === right ? EQUAL : left < right ? LESS : GREATER;
      const others = made.get(pc);
      if (others === undefined) made.set(pc, [compared]);
      else others.push(compared);
    }
    for (const site of this.#sites.values()) {
      site.oneSided = this.#isOneSided(site.pc);
      if (site.isDone) site.trials = [];
      else this.#aim(world, site, made.get(site.pc) ?? []);
    }
  }

  // Whether the instruction that acts by a comparison went one way only.
  #isOneSided(pc: Addr): boolean {
    let acts: Addr | undefined;
    for (const at of this.#branches.keys())
      if (at >= pc && at <= pc + NEAR && (acts === undefined || at < acts)) acts = at;
    return acts !== undefined && this.#branches.get(acts) !== BOTH;
  }

  #aim(world: Parameters, site: Site, compared: readonly Compared[]): void {
    const last = compared.slice(MOST_COMPARED - 1).slice(-1);
    for (const { left, right, bits } of [...compared.slice(0, MOST_COMPARED - 1), ...last])
      site.add(world, [
        ...hintsFor(world, this.#specs, left, right, bits),
        ...hintsFor(world, this.#specs, right, left, bits),
      ]);
  }

  // Every other time a place that was met last, so that one condition after the other is passed; otherwise each in turn.
  #next(): Trial | undefined {
    const sites = [...this.#sites.values()].filter(({ trials }) => trials.length > 0);
    this.#turn += 1;
    const newest = sites.findLast(({ oneSided, trials }) => oneSided && trials[0]!.times === 0);
    const site = this.#turn % 2 === 0 ? newest : undefined;
    return (site ?? sites[(this.#turn >> 1) % Math.max(1, sites.length)])?.take();
  }

  /**
   * The world to run at an index.
   *
   * @param drawn the world that would run there
   */
  steer(index: number, drawn: Parameters): Parameters {
    if (index % STEERED_EVERY !== 0) return drawn;
    for (let trial = this.#next(); trial !== undefined; trial = this.#next()) {
      const { hint, world, times } = trial;
      const steered = this.#arbitrary.changed(times === 0 ? world : drawn, hint.parameter, hint.change);
      if (steered !== undefined) return steered;
    }
    return drawn;
  }
}
