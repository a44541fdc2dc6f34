// The bytes that are damaged in a state: from the wrong write on until they are written rightly or freed. Knows no screen.

import { firstWhere } from '../../src/base/bisect.js';
import type { PageDamage } from '../../src/report/page-data.js';
import type { Run } from './run.js';

/** The damage of one run. */
export class DamageNow {
  readonly #sorted: readonly (PageDamage & { readonly at: bigint })[];

  constructor({ data }: Run) {
    this.#sorted = data.damage
      .map((one) => ({ ...one, at: BigInt(one.address) }))
      .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.from - b.from));
  }

  /** The damaged bytes of a range in a state, by their distance from its start. */
  in(start: bigint, size: number, state: number): ReadonlyMap<number, PageDamage> {
    const all = this.#sorted;
    const end = start + BigInt(size);
    const found = new Map<number, PageDamage>();
    for (let index = firstWhere(all.length, (one) => all[one]!.at >= start); index < all.length; index += 1) {
      const one = all[index]!;
      if (one.at >= end) break;
      if (one.from <= state && (one.until === null || state < one.until))
        found.set(Number(one.at - start), one);
    }
    return found;
  }
}
