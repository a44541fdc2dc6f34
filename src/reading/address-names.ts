// The names that addresses have in the course of a run. Looked up once per event or access, of which a run may have a
// million: so they are indexed.

import { firstWhere } from '../base/bisect.js';
import type { Recording } from '../recording/recording.js';

/** Names of allocations and of the world's objects, by address. */
export class AddressNames {
  readonly #world = new Map<string, string>();
  readonly #allocations = new Map<string, { readonly event: number; readonly name: string | null }[]>();

  constructor({ header: { world, events } }: Recording) {
    for (const { address, name } of world.toReversed()) this.#world.set(address, name);
    events.forEach((event, index) => {
      if (event.kind !== 'allocate') return;
      const entry = { event: index, name: event.name };
      const known = this.#allocations.get(event.address);
      if (known === undefined) this.#allocations.set(event.address, [entry]);
      else known.push(entry);
    });
  }

  /** The name that the last allocation before event `index`, or the world, gives an address. */
  nameAt(address: string, index: number): string | null {
    const allocations = this.#allocations.get(address) ?? [];
    const before = firstWhere(allocations.length, (one) => allocations[one]!.event >= index);
    const last = allocations[before - 1];
    return last === undefined ? (this.#world.get(address) ?? null) : last.name;
  }
}
