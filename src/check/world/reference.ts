// The effect of a trusted version of the checked function in a world: the promise of a check that names one.

import type { Addr } from '../../base/address.js';
import { FastReplay, type Watcher } from '../../run/fast-replay.js';
import type { CallResult } from '../../machine/machine.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import type { PlacedObject } from '../../scenario/values.js';
import { reachesCache } from '../../kernel/gfp.js';
import type { Request } from '../../run/ruled-allocations.js';
import type { World } from '../../run/world.js';
import type { CallEffect } from './effect.js';
import type { Subject } from './subject.js';

// Instructions for a world that uses up the scenario's budget, when it is run again.
const RAISED_BUDGET = 20_000_000;

// Stops each run after the checked call and keeps what it did.
class Witness implements Watcher {
  readonly accesses = { ranges: [], read: (): void => undefined, write: (): void => undefined };
  effect: CallEffect | undefined;
  #objects: ReadonlyMap<string, PlacedObject> = new Map();
  #own = new Map<Addr, number>();
  #freed = new Set<Addr>();
  /** Whether the call used up its budget. */
  ranOut = false;
  #gotNothing = false; // for a request that a kernel could have served
  #watching = false;

  constructor(
    private readonly world: World,
    private readonly subject: Subject,
  ) {}

  begins(): void {
    this.effect = undefined;
    this.ranOut = false;
    this.#own = new Map();
    this.#freed = new Set();
    this.#gotNothing = false;
    this.#watching = false;
  }

  calls(objects: ReadonlyMap<string, PlacedObject>): void {
    this.#objects = objects;
    this.#watching = true;
  }

  requested({ size, address }: Request): void {
    if (this.#watching && address === 0n && reachesCache(size)) this.#gotNothing = true;
  }

  allocated(address: Addr, requested: number): void {
    if (this.#watching && !this.world.allocations.preparing) this.#own.set(address, requested);
  }

  freed(address: Addr): void {
    if (!this.#watching || this.world.allocations.preparing) return;
    if (!this.#own.delete(address)) this.#freed.add(address);
  }

  found(_message: string): void {}

  ended(step: string, result: CallResult | undefined): boolean {
    if (step !== this.subject.step) return true;
    this.#watching = false;
    this.ranOut = result?.kind === 'budget';
    if (result?.kind === 'returned' && !this.#gotNothing)
      this.effect = {
        value: result.value,
        memory: this.world.memory,
        objects: this.#objects,
        own: this.#own,
        freed: this.#freed,
      };
    return false;
  }
}

/** Runs the trusted version, world by world. */
export class Reference {
  readonly #replay: FastReplay;
  readonly #subject: Subject;
  #witness: Witness | undefined;

  /**
   * @param scenario with the trusted version's variants in it
   * @throws {InputError} when its code is not there
   */
  constructor(scenario: Scenario, subject: Subject, libraries: readonly string[]) {
    this.#subject = subject;
    this.#replay = new FastReplay(scenario, {
      from: subject.step,
      libraries,
      watcher: (world) => (this.#witness = new Witness(world, subject)),
    });
  }

  /**
   * Its effect in a world with enough memory: versions allocate in other ways, so the same allocation that fails means
   * nothing. Valid until the next run.
   *
   * @returns `undefined` when it does not return there, or the scenario's heap has no room for what it asks for
   */
  run(world: Parameters): CallEffect | undefined {
    const { fail } = this.#subject;
    const enough: Parameters =
      fail === undefined ? world : new Map(world).set(fail, { type: 'int32', value: 0 });
    this.#replay.watch(enough);
    if (this.#witness?.ranOut === true) this.#replay.watch(enough, RAISED_BUDGET);
    return this.#witness?.effect;
  }

  close(): void {
    this.#replay.close();
  }
}
