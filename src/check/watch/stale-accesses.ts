// Accesses of the checked call through pointers to what it freed, where somebody else has the slot by then: rights by
// address allow them. A recording of the world follows its pointers.

import { Case } from '../../reading/case.js';
import { replay } from '../../run/replay.js';
import { type Parameters, formatParameters } from '../../scenario/parameters.js';
import type { Scenario } from '../../scenario/scenario.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import type { Violation } from '../property/properties.js';
import type { Subject } from '../world/subject.js';

const bytesOf = (value: string | null, size: number): Uint8Array => {
  const number = BigInt(value ?? 0);
  return Uint8Array.from({ length: size }, (_, index) => Number((number >> BigInt(index * 8)) & 0xffn));
};

/** The first write and the first read of a world's checked call through a stale pointer into somebody else's memory. */
export const staleAccesses = (
  scenario: Scenario,
  { step }: Subject,
  world: Parameters,
  libraries: readonly string[],
): readonly Violation[] => {
  const set = new Map(Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]));
  const recording = replay(scenario, { set, libraries });
  const range = recording.header.steps.find((one) => one.step === step);
  if (range === undefined) return [];
  const { outOfBounds } = new Case(recording, libraries);
  const stale = outOfBounds.filter((one) => {
    const isOwn = one.owner !== undefined && one.owner.made >= range.events.from;
    const isIn = one.instruction >= range.from && one.instruction < range.to;
    return one.stale && isOwn && isIn && one.now !== undefined && one.now !== one.owner;
  });
  return (['write', 'read'] as const).flatMap((access): Violation[] => {
    const found = stale.find((one) => one.access === access);
    if (found === undefined) return [];
    const { instruction, address, size, old, new: now } = found;
    const bad = {
      access,
      pc: recording.registersAt(instruction)[REGISTER_INDEX.rip]!,
      address: BigInt(address),
      size,
      old: bytesOf(old, size),
      now: bytesOf(now, size),
      slack: false,
    };
    return [{ property: access === 'write' ? 'writes-inside' : 'reads-inside', bad }];
  });
};

/** Decides which runs with a slot that was used again are looked at: the first, second, fourth … and all once one was found. */
export class StaleShare {
  #runs = 0;
  #found = false;

  /** It starts over. */
  begin(): void {
    this.#runs = 0;
    this.#found = false;
  }

  /** Whether the present run is looked at. @param every whether all are */
  wants(every: boolean): boolean {
    this.#runs += 1;
    return every || this.#found || (this.#runs & (this.#runs - 1)) === 0;
  }

  /** A look found something. */
  found(): void {
    this.#found = true;
  }
}
