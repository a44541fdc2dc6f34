// Draws the worlds of a scenario, and makes them simpler. fast-check's interface for users; a campaign asks for the world
// at a place, which is always the same one.

import fc from 'fast-check';
import type { ParameterValue, Parameters } from '../../scenario/parameters.js';
import type { Domain } from './domain.js';
import { GeneratedWorld } from './generated-world.js';
import { LengthPlan, type Lengths, type WorldPlace } from './length-plan.js';
import { NumberDomain } from './number-domain.js';
import { TextDomain } from './text-domain.js';

// A parameter of the worlds: what it can be, or the one value that it has.
type WorldParameter = {
  readonly name: string;
  readonly fails?: boolean; // whether it says which allocation fails
} & ({ readonly domain: Domain } | { readonly fixed: ParameterValue });

const boundsOf = (parameter: WorldParameter): { min: number; max: number } | undefined => {
  if ('domain' in parameter) return parameter.domain instanceof TextDomain ? parameter.domain : undefined;
  const { fixed } = parameter;
  return fixed.type === 'text' ? { min: fixed.bytes.length, max: fixed.bytes.length } : undefined;
};

/** Worlds: a value for each parameter. */
export class WorldArbitrary extends fc.Arbitrary<Parameters> {
  readonly #parameters: readonly WorldParameter[];
  readonly #texts: readonly number[]; // of each parameter, which text it is; -1 for none
  readonly #plan: LengthPlan;

  /** @param lengths that are tried for texts and their sum because the code has them as constants */
  constructor(parameters: readonly WorldParameter[], lengths: readonly number[] = []) {
    super();
    this.#parameters = parameters;
    const bounds = parameters.map(boundsOf);
    let texts = 0;
    this.#texts = bounds.map((one) => (one === undefined ? -1 : texts++));
    this.#plan = new LengthPlan(
      bounds.flatMap((one) => one ?? []),
      lengths,
    );
  }

  override generate(random: fc.Random): fc.Value<Parameters> {
    return new fc.Value(this.#draw(random, this.#plan.any(random)), undefined);
  }

  /**
   * The world at a place of a campaign.
   *
   * @param random of that place alone
   */
  at(place: WorldPlace, random: fc.Random): Parameters {
    return this.#draw(random, this.#plan.at(place, random));
  }

  /** Whether lengths of the world at a place are part of the plan to draw all of them. */
  isPlanned({ block, index }: WorldPlace): boolean {
    return this.#plan.has(block, index);
  }

  /** A world with another value for a parameter; `undefined` where that is no world, or the same one. */
  changed(
    world: Parameters,
    name: string,
    change: (value: ParameterValue, world: Parameters) => ParameterValue | undefined,
  ): Parameters | undefined {
    const parameter = this.#parameters.find((one) => one.name === name);
    const value = world.get(name);
    if (value === undefined || parameter === undefined || !('domain' in parameter)) return undefined;
    const { domain } = parameter;
    const made = change(value, world);
    const other = made?.type === 'text' && domain instanceof TextDomain ? domain.of(made.bytes) : made;
    return other === undefined || !domain.has(other) ? undefined : new GeneratedWorld(world).set(name, other);
  }

  #draw(random: fc.Random, lengths: Lengths | undefined): GeneratedWorld {
    const world = new GeneratedWorld();
    for (let index = 0; index < this.#parameters.length; index += 1) {
      const parameter = this.#parameters[index]!;
      world.set(parameter.name, this.#value(parameter, random, lengths, this.#texts[index]!));
    }
    return world;
  }

  #value(
    parameter: WorldParameter,
    random: fc.Random,
    lengths: Lengths | undefined,
    text: number,
  ): ParameterValue {
    if (!('domain' in parameter)) return parameter.fixed;
    const { domain } = parameter;
    if (lengths === undefined) return domain.draw(random);
    const length = text < 0 ? -1 : lengths.of[text]!;
    if (length >= 0 && domain instanceof TextDomain) return domain.withLength(random, length);
    if (lengths.sweep && parameter.fails === true && domain instanceof NumberDomain) return domain.usual;
    return domain.draw(random);
  }

  override canShrinkWithoutContext(value: unknown): value is Parameters {
    return (
      value instanceof Map &&
      value.size === this.#parameters.length &&
      this.#parameters.every((parameter) => {
        const found: unknown = value.get(parameter.name);
        return 'domain' in parameter
          ? found !== undefined && parameter.domain.has(found as ParameterValue)
          : found === parameter.fixed;
      })
    );
  }

  /** Simpler worlds, one parameter changed in each: all leaps first, then the steps. */
  override shrink(world: Parameters): fc.Stream<fc.Value<Parameters>> {
    return fc.stream(this.#simpler(world));
  }

  *#simpler(world: Parameters): IterableIterator<fc.Value<Parameters>> {
    for (const kind of ['leaps', 'steps'] as const)
      for (const parameter of this.#parameters) {
        const value = world.get(parameter.name);
        if (value === undefined || !('domain' in parameter)) continue;
        for (const simpler of parameter.domain[kind](value))
          yield new fc.Value<Parameters>(new GeneratedWorld(world).set(parameter.name, simpler), undefined);
      }
  }
}

/** Values of one parameter. */
export class ParameterArbitrary<Value extends ParameterValue> extends fc.Arbitrary<Value> {
  readonly #domain: Domain<Value>;

  constructor(domain: Domain<Value>) {
    super();
    this.#domain = domain;
  }

  override generate(random: fc.Random): fc.Value<Value> {
    return new fc.Value(this.#domain.draw(random), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Value {
    return typeof value === 'object' && value !== null && this.#domain.has(value as ParameterValue);
  }

  override shrink(value: Value): fc.Stream<fc.Value<Value>> {
    return fc.stream(this.#simpler(value));
  }

  *#simpler(value: Value): IterableIterator<fc.Value<Value>> {
    for (const simpler of this.#domain.leaps(value)) yield new fc.Value(simpler, undefined);
    for (const simpler of this.#domain.steps(value)) yield new fc.Value(simpler, undefined);
  }
}
