// The effect of a trusted version of the checked function in a world: the promise of a check that names one.

import type { Addr } from '../../base/address.js';
import { FastReplay, type Watcher } from '../../run/fast-replay.js';
import type { CallResult } from '../../machine/machine.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import type { PlacedObject } from '../../scenario/values.js';
import type { World } from '../../run/world.js';
import type { Subject } from './subject.js';

/** The result of a call, and the memory that it left. */
export interface CallEffect {
  readonly value: bigint;
  /** The bytes of each object that the call may change, in the order of the subject's `writes`. */
  readonly contents: readonly Uint8Array[];
}

/** The bytes of the objects that a call may change. */
export const contentsOf = (
  world: World,
  objects: ReadonlyMap<string, PlacedObject>,
  names: readonly string[],
): Uint8Array[] =>
  names.map((name) => {
    const object = objects.get(name);
    const mapped = object !== undefined && world.memory.isMapped(object.address, object.size);
    return mapped ? world.memory.read(object.address, object.size) : new Uint8Array(0);
  });

// Stops each run after the checked call and keeps its effect.
class Witness implements Watcher {
  readonly accesses = { ranges: [], read: (): void => undefined, write: (): void => undefined };
  effect: CallEffect | undefined;
  #objects: ReadonlyMap<string, PlacedObject> = new Map();

  constructor(
    private readonly world: World,
    private readonly subject: Subject,
  ) {}

  begins(): void {
    this.effect = undefined;
  }

  calls(objects: ReadonlyMap<string, PlacedObject>): void {
    this.#objects = objects;
  }

  allocated(_address: Addr): void {}

  freed(_address: Addr): void {}

  found(_message: string): void {}

  ended(step: string, result: CallResult | undefined): boolean {
    if (step !== this.subject.step) return true;
    if (result?.kind === 'returned') {
      const contents = contentsOf(this.world, this.#objects, this.subject.writes);
      this.effect = { value: result.value, contents };
    }
    return false;
  }
}

/** Runs the trusted version, world by world. */
export class Reference {
  readonly #replay: FastReplay;
  #witness: Witness | undefined;

  /**
   * @param scenario with the trusted version's variants in it
   * @throws {InputError} when its code is not there
   */
  constructor(scenario: Scenario, subject: Subject, libraries: readonly string[]) {
    this.#replay = new FastReplay(scenario, {
      from: subject.step,
      libraries,
      watcher: (world) => (this.#witness = new Witness(world, subject)),
    });
  }

  /** Its effect in a world; `undefined` when it does not return there. */
  run(world: Parameters): CallEffect | undefined {
    this.#replay.run(world);
    return this.#witness?.effect;
  }

  close(): void {
    this.#replay.close();
  }
}
