// Runs variations of a counterexample, and counts them.

import type fc from 'fast-check';
import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';
import type { Arena } from '../watch/arena.js';
import { type PropertyName, type Target, isOf, propertyOf, worstOf } from '../property/properties.js';
import { parameterArbitrary } from '../world/worlds.js';
import { Dice } from './dice-of.js';

type Change = Readonly<Record<string, ParameterValue>>;

/** A counterexample to vary. */
export class Variations {
  readonly specs: Readonly<Record<string, ParameterSpec>>;
  /** Worlds that were run. */
  worlds = 0;
  readonly #arena: Arena;
  readonly #whole: boolean;
  readonly #isEndless: boolean;
  readonly #target: Target;

  constructor(
    arena: Arena,
    readonly property: PropertyName,
    readonly world: Parameters,
    readonly seed: number,
  ) {
    this.#arena = arena;
    this.#whole = propertyOf(property).isLater === true;
    // A violation outside the call's own slab object is compared with others of that kind only.
    const own = arena
      .run(world, { whole: this.#whole })
      .filter((violation) => violation.property === property);
    this.#target = worstOf(own) ?? { property, slack: false };
    this.#isEndless = own.some((one) => one.property === 'ends' && one.result.kind === 'budget');
    this.specs = arena.subject.scenario.spec.parameters ?? {};
  }

  /** Whether the world with other values for some parameters breaks the property. */
  breaks(change: Change): boolean {
    this.worlds += 1;
    const world = new Map([...this.world, ...Object.entries(change)]);
    // To see that a call never ends takes less time than to wait until its budget is used up.
    if (this.#isEndless && this.#arena.endlessStep(world) === this.#arena.subject.step) return true;
    return this.#arena.run(world, { whole: this.#whole }).some((violation) => isOf(violation, this.#target));
  }

  /** How many allocations the call asks for in the world, where the parameter says which of them fails. */
  allocationsOf(parameter: string): number | undefined {
    if (parameter !== this.#arena.subject.fail) return undefined;
    this.worlds += 1;
    this.#arena.run(this.world, { whole: false, compare: false });
    return this.#arena.requests.length;
  }

  /** Values for some parameters, drawn anew for each of `runs` worlds; always the same for the same seed. */
  draw(names: readonly string[], runs: number): Change[] {
    const arbitraries = names.map((name) => [name, parameterArbitrary(this.specs[name]!)] as const);
    return this.#draws(runs, (random) =>
      Object.fromEntries(
        arbitraries.map(([name, arbitrary]) => [name, arbitrary.generate(random, undefined).value]),
      ),
    );
  }

  /** Values of any kind, drawn the same way. */
  sample<Value>(arbitrary: fc.Arbitrary<Value>, runs: number): Value[] {
    return this.#draws(runs, (random) => arbitrary.generate(random, undefined).value);
  }

  #draws<Value>(runs: number, draw: (random: fc.Random) => Value): Value[] {
    const dice = new Dice(this.seed);
    return Array.from({ length: runs }, (_, index) => draw(dice.at(index)));
  }
}
