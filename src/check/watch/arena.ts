// One candidate, ready to be run in world after world.

import { MOST_INSTRUCTIONS, wholeNumber } from '../../base/arguments.js';
import { FastReplay } from '../../run/fast-replay.js';
import { CodeObserver, type CodeRange, type Observation } from '../../run/observation.js';
import { EVERYTHING, type Twist } from '../../run/unwritten.js';
import type { Parameters } from '../../scenario/parameters.js';
import { Scenario } from '../../scenario/scenario.js';
import { RecurrenceSearch } from '../../run/recurrence.js';
import type { Violation } from '../property/properties.js';
import { Reference } from '../world/reference.js';
import { checkedScenario } from '../world/stale-parameter.js';
import { type Subject, readSubject } from '../world/subject.js';
import { CodeCoverage } from './code-coverage.js';
import type { Coverage } from './coverage.js';
import { type Twin, twinsDiffer } from './twins.js';
import type { Flaky } from './flaky.js';
import { EnoughBreaches, Inspector } from './inspector.js';
import type { Unwritten } from '../property/uninitialised-read.js';
import { locateUnwritten } from './locate-unwritten.js';
import { StaleShare, staleAccesses } from './stale-accesses.js';
import { findParting, flakyAt } from './parting.js';

/** A version of the checked function: which variants of which functions make it. */
export interface CandidateCode {
  readonly name: string;
  /** Function to variant; empty for the functions as they are. */
  readonly variants: Readonly<Record<string, string>>;
}

/** How a candidate is run. */
export interface ArenaOptions {
  /** Folders with user snippets. */
  readonly libraries?: readonly string[];
  /** False to leave the guest's accesses unwatched: for benchmarks, since properties about them are then blind. */
  readonly watched?: boolean;
  /** Instructions that a world may take between two stubs before it counts as slow; 20,000,000 without it. */
  readonly budget?: number;
  /** Whether second runs and observation are for all worlds, not for a share of them. */
  readonly thorough?: boolean;
  /** The worlds of an exhaustive search, which run in place of drawn ones. */
  readonly exhaustive?: { world(index: number): Parameters } | undefined;
}

/** How one world is run. */
interface RunOptions {
  /** Whether the steps after the checked call run too when it broke nothing; they do without it. */
  readonly whole?: boolean;
  /** Whether a second run with other bytes where nobody wrote must do the same; it must without it. */
  readonly compare?: boolean;
}

interface Observing {
  readonly replay: FastReplay;
  readonly observer: () => CodeObserver;
}

/** Instructions that a world may take when the scenario's budget did not do. */
export const RAISED_BUDGET = 20_000_000;

// Instructions in which a state that comes back is looked for: at first, and when a run used up the larger budget.
const SHORT_LOOK = 20_000;
const LONG_LOOK = 1_000_000;

/** The scenario with the candidate's code in it. */
export const scenarioWith = (scenario: Scenario, { variants }: CandidateCode): Scenario =>
  scenario.with({ variants: { ...scenario.spec.variants, ...variants } });

const isBudget = (violation: Violation): boolean =>
  'result' in violation && typeof violation.result === 'object' && violation.result.kind === 'budget';

const namesOf = (violations: readonly Violation[]): string =>
  violations.map(({ property }) => property).join();

/** Runs one candidate. Every run starts from the same state. */
export class Arena {
  readonly subject: Subject;
  /** Whether second runs and observation are for all worlds, not for a share of them. */
  readonly thorough: boolean;
  /** The worlds of an exhaustive search; undefined where worlds are drawn. */
  readonly exhaustive: ArenaOptions['exhaustive'];
  /** Whether the last run entered a block of the candidate's code for the first time since `begin`. */
  sawNew = false;
  /** Whether the last run used up its budget, and no state came back: slow, or endless in a way that does not show. */
  slow = false;
  /** Whether the last run was given the larger budget. */
  tookMore = false;
  /** What made the last run differ from an equal one; then its violations mean nothing. */
  flaky: Flaky | undefined;
  /** Whether a run that uses up the scenario's budget is run again with a larger one, and looked at for a state that comes back. */
  raises = true;
  readonly #whole: Scenario;
  readonly #libraries: readonly string[];
  readonly #budget: number;
  readonly #coverage: CodeCoverage;
  readonly #replay: FastReplay;
  readonly #reference: Reference | undefined;
  readonly #share = new StaleShare();
  readonly #watched: boolean;
  #inspector: Inspector | undefined;
  #observed: Observing | undefined;
  #recurrence: RecurrenceSearch | undefined;
  #isEndless = false; // whether the last run is

  /**
   * @param scenario has a `check`
   * @throws {InputError} for a budget outside of its range; when the scenario has none, or the candidate's code is not there
   * @throws {LibraryError} when libunicorn cannot be loaded
   */
  constructor(scenario: Scenario, candidate: CandidateCode, options: ArenaOptions = {}) {
    const { libraries = [], watched = true, budget = RAISED_BUDGET, thorough = false } = options;
    wholeNumber('budget', budget, 1, MOST_INSTRUCTIONS);
    this.thorough = thorough;
    this.exhaustive = options.exhaustive;
    const whole = scenarioWith(checkedScenario(scenario), candidate);
    const subject = readSubject(whole);
    this.subject = subject;
    this.#whole = whole;
    this.#watched = watched;
    this.#libraries = libraries;
    this.#budget = budget;
    const reference =
      subject.like === undefined
        ? undefined
        : new Reference(checkedScenario(scenario).with({ variants: subject.like }), subject, libraries);
    this.#reference = reference;
    this.#coverage = new CodeCoverage(whole, subject.function, libraries);
    this.#replay = new FastReplay(whole, {
      from: subject.step,
      libraries,
      unseen: this.#coverage.unseen,
      watcher: (world) =>
        (this.#inspector = new Inspector(
          world,
          subject,
          reference === undefined ? undefined : (one) => reference.run(one),
          watched,
        )),
    });
  }

  /** Forget which code has run: what comes does not depend on what ran before. */
  begin(): void {
    this.#coverage.restart();
    this.#share.begin();
    this.#replay.forgetSeen();
  }

  /** What of the candidate's code has run so far, in all worlds. */
  get coverage(): Coverage {
    return this.#coverage.value;
  }

  /** The candidate's code. */
  get code(): readonly CodeRange[] {
    return this.#coverage.ranges;
  }

  /** What the checked call of the last world asked the allocators for. */
  get requests(): Inspector['requests'] {
    return this.#inspector!.requests;
  }

  /**
   * Run one world.
   *
   * @returns what it broke, in the order in which it happened, at most one violation of each property
   */
  run(world: Parameters, { whole = true, compare = true }: RunOptions = {}): readonly Violation[] {
    const { unseen } = this.#coverage;
    const before = unseen.size;
    this.slow = false;
    this.tookMore = false;
    this.#isEndless = false;
    this.flaky = undefined;
    let violations = this.#once(world, whole, compare);
    if (violations.some(isBudget)) violations = this.#raise(world, whole, compare, violations);
    this.#countAllocations();
    this.sawNew = unseen.size !== before;
    this.flaky = this.#refused(violations);
    if (this.flaky !== undefined) return [];
    if (this.slow || this.#isEndless) return violations; // a state that came back came back twice
    if (violations.length > 0) return this.#confirm(world, whole, violations);
    const stale = this.#stale(world);
    if (stale.length > 0) return stale;
    if (!compare && !this.sawNew) return violations;
    return this.#compare(world, whole, compare ? this.#inspector!.effect : undefined);
  }

  // Rights by address do not see a stale pointer into a slot that somebody else has by then.
  #stale(world: Parameters): readonly Violation[] {
    if (!this.#watched || !this.#inspector!.reusedSlot || !this.#share.wants(this.thorough)) return [];
    const found = staleAccesses(this.#whole, this.subject, world, this.#libraries);
    if (found.length > 0) this.#share.found();
    return found;
  }

  // Where a run came to an instruction that the engine does not run as a CPU does: what it broke means nothing.
  #refused(violations: readonly Violation[]): Flaky | undefined {
    const { memory, symbols } = this.#inspector!.world;
    for (const violation of violations) {
      if (!('result' in violation) || typeof violation.result !== 'object') continue;
      if (violation.result.kind !== 'exception') continue;
      const flaky = flakyAt(memory, symbols, violation.result.at);
      if (flaky.problem !== undefined) return flaky;
    }
    return undefined;
  }

  // A run that used up the scenario's budget: more time, then a look at whether it can ever end.
  #raise(
    world: Parameters,
    whole: boolean,
    wantsEffect: boolean,
    before: readonly Violation[],
  ): readonly Violation[] {
    // Most rounds are short, and a short look takes less time than the larger budget.
    this.#isEndless = this.raises && this.endlessStep(world) !== undefined;
    if (this.#isEndless) return before;
    this.tookMore = this.raises;
    const violations = this.raises ? this.#once(world, whole, wantsEffect, this.#budget) : before;
    if (!violations.some(isBudget)) return violations;
    this.#isEndless = this.raises && this.endlessStep(world, LONG_LOOK) !== undefined;
    if (this.#isEndless) return violations;
    this.slow = true;
    return violations.filter((violation) => !isBudget(violation));
  }

  /**
   * The step whose call comes back to a state that it was in, and so never ends.
   *
   * @param budget instructions to look at
   */
  endlessStep(world: Parameters, budget = SHORT_LOOK): string | undefined {
    this.#recurrence ??= new RecurrenceSearch(this.#whole, this.subject.step, this.#libraries);
    return this.#recurrence.find(world, budget)?.step;
  }

  #countAllocations(): void {
    const { requests, world } = this.#inspector!;
    for (const { site, failed, address } of requests)
      this.#coverage.addAllocation(site, failed || address === 0n, world.symbols);
  }

  #once(
    world: Parameters,
    whole: boolean,
    wantsEffect: boolean,
    budget?: number,
    twist?: Twist,
  ): readonly Violation[] {
    const inspector = this.#inspector!; // made with the machine
    inspector.parameters = world;
    inspector.goesOn = whole;
    inspector.wantsEffect = wantsEffect;
    try {
      this.#replay.watch(world, budget, twist);
    } catch (error) {
      if (!(error instanceof EnoughBreaches)) throw error;
    }
    return this.#inspector!.violations; // preparing a run can have made another inspector
  }

  #effect(
    world: Parameters,
    whole: boolean,
    twist?: Twist,
  ): { effect: Twin | undefined; violations: readonly Violation[] } {
    let violations = this.#once(world, whole, true, undefined, twist);
    if (violations.some(isBudget)) violations = this.#once(world, whole, true, this.#budget, twist);
    return { effect: this.#inspector!.effect, violations };
  }

  // Whether what a world broke comes again, and whether it depends on bytes that nobody wrote.
  #confirm(world: Parameters, whole: boolean, violations: readonly Violation[]): readonly Violation[] {
    const again = this.#effect(world, whole);
    if (namesOf(again.violations) !== namesOf(violations)) {
      this.flaky = this.#findFlaky(world);
      return [];
    }
    const other = this.#effect(world, false, EVERYTHING).effect;
    if (again.effect === undefined || other === undefined) return violations;
    const differs = twinsDiffer(again.effect, other);
    return differs === undefined ? violations : [...violations, { property: 'uninitialised-read', differs }];
  }

  // A world that broke nothing: with other bytes where nobody wrote it must do the same.
  #compare(world: Parameters, whole: boolean, first: Twin | undefined): readonly Violation[] {
    const one = first ?? this.#effect(world, false).effect;
    const other = this.#effect(world, false, EVERYTHING).effect;
    if (one === undefined || other === undefined) return [];
    const differs = twinsDiffer(one, other);
    if (differs === undefined) return [];
    const again = this.#effect(world, whole);
    if (again.effect !== undefined && twinsDiffer(one, again.effect) !== undefined) {
      this.flaky = this.#findFlaky(world);
      return [];
    }
    return [{ property: 'uninitialised-read', differs }];
  }

  /** Run one world and look at every instruction of the candidate; a hundred times slower. */
  observe(world: Parameters): Observation {
    const { replay, observer } = this.#observing();
    observer().begin();
    replay.watch(world);
    const { seen } = observer();
    this.#coverage.add(seen);
    return seen;
  }

  /**
   * Find what a world that breaks `uninitialised-read` depends on: the first of the things that nobody wrote, flags before
   * registers, stack, fields and heap, whose complement makes the difference.
   */
  locate(world: Parameters): Unwritten | undefined {
    const plain = this.#effect(world, false).effect;
    if (plain === undefined) return undefined;
    const differs = (twists: Twist['twists']): boolean => {
      const { effect } = this.#effect(world, false, { all: false, twists });
      return effect !== undefined && twinsDiffer(plain, effect) !== undefined;
    };
    return locateUnwritten(differs);
  }

  #findFlaky(world: Parameters): Flaky {
    const { replay, observer } = this.#observing();
    const parting = findParting((onInstruction) => {
      replay.watch(world);
      observer().onInstruction = onInstruction;
      replay.watch(world);
      observer().onInstruction = undefined;
    });
    const { memory, symbols } = this.#inspector!.world;
    return flakyAt(memory, symbols, parting);
  }

  #observing(): Observing {
    if (this.#observed !== undefined) return this.#observed;
    let observer: CodeObserver | undefined;
    const replay = new FastReplay(this.#whole, {
      from: this.subject.step,
      libraries: this.#libraries,
      observer: ({ memory, gsBase }) => (observer = new CodeObserver(memory, gsBase, this.#coverage.ranges)),
      watcher: (world) => new Inspector(world, this.subject, undefined, false),
    });
    this.#observed = { replay, observer: () => observer! };
    return this.#observed;
  }

  close(): void {
    this.#replay.close();
    this.#observed?.replay.close();
    this.#recurrence?.close();
    this.#reference?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
