// Which part of a world lies where. A claim that overlaps a place which it must leave alone is refused; the pages of all
// claims become the world's memory.

import { type Addr, PAGE_SIZE, hex, pageStart } from '../base/address.js';
import { type Range, refuseNonCanonical } from '../kernel/ranges.js';
import type { Protection, Region } from '../kernel/memory.js';
import { MAX_MEMORY } from '../recording/bounds.js';

/** Most bytes of guest memory that a world has: what a recording takes. Views copy it several times. */
export const MAX_WORLD = MAX_MEMORY;

/** What a place is used for. */
export type Owner =
  | 'allocator data'
  | 'page descriptors'
  | 'bug table'
  | 'code'
  | 'page with code'
  | 'slab page'
  | 'per-CPU word'
  | 'memory'
  | 'data'
  | 'object'
  | 'word';

// What a claim must leave alone, of what was claimed before it. Code keeps its whole pages: a scenario's bytes must not
// become code. Objects lie in slab pages, and a word over the allocator's data is damage that the scenario wants.
const LEAVES_ALONE: Readonly<Record<Owner, readonly Owner[]>> = {
  'allocator data': [],
  'page descriptors': [],
  'bug table': [],
  code: ['allocator data', 'bug table', 'slab page', 'per-CPU word'],
  'page with code': ['per-CPU word'],
  'slab page': ['allocator data', 'bug table', 'page with code'],
  'per-CPU word': ['allocator data', 'bug table', 'page with code', 'slab page'],
  memory: ['allocator data', 'bug table', 'page with code', 'slab page', 'per-CPU word'],
  data: ['allocator data', 'bug table', 'page with code', 'slab page', 'per-CPU word', 'memory'],
  object: ['allocator data', 'bug table', 'page with code', 'per-CPU word'],
  word: ['bug table', 'page with code', 'per-CPU word'],
};

/** A range, and what for. */
export interface Claim extends Range {
  readonly owner: Owner;
  /** How messages about later claims name it; `what` without it. */
  readonly name?: string;
}

/** The places of one world. The later of two claims that cannot be together is the one that is refused. */
export class Places {
  readonly #claims = new Map<Owner, Claim[]>();
  readonly #pages = new Map<Addr, { protection: Protection; name: string }>();

  /** @throws {InputError} when the range is not canonical, or meets what it must leave alone */
  check(claim: Claim): void {
    refuseNonCanonical(claim);
    const { start, size, what, owner, fail } = claim;
    const end = start + BigInt(size);
    const others = LEAVES_ALONE[owner].flatMap((one) => this.#claims.get(one) ?? []);
    const other = others.find((one) => start < one.start + BigInt(one.size) && one.start < end);
    if (other === undefined) return;
    fail(`${what} overlaps the ${other.name ?? other.what} at ${hex(other.start)}; choose another place`);
  }

  /**
   * Take a place. Pages that exist already keep protection and name; only read-only pages become executable for code.
   *
   * @param region what the pages are called in a recording
   * @throws {InputError} as `check` does, and when the world gets too large
   */
  claim(claim: Claim, protection: Protection, region: string): void {
    this.check(claim);
    const { start, size, owner, fail } = claim;
    const claims = this.#claims.get(owner);
    if (claims === undefined) this.#claims.set(owner, [claim]);
    else claims.push(claim);
    for (let page = pageStart(start); page < start + BigInt(size); page += BigInt(PAGE_SIZE)) {
      const there = this.#pages.get(page);
      if (there !== undefined && !(there.protection === 'read' && protection === 'read-execute')) continue;
      if (there === undefined && this.#pages.size * PAGE_SIZE >= MAX_WORLD)
        fail(`the world would have more than ${MAX_WORLD} bytes of memory`);
      this.#pages.set(page, { protection, name: region });
    }
  }

  /** All pages, sorted; neighbours alike are one region. */
  regions(): Region[] {
    const regions: { start: Addr; size: number; protection: Protection; name: string }[] = [];
    const sorted = [...this.#pages].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [page, { protection, name }] of sorted) {
      const last = regions.at(-1);
      const joins = last !== undefined && last.protection === protection && last.name === name;
      if (joins && last.start + BigInt(last.size) === page) last.size += PAGE_SIZE;
      else regions.push({ start: page, size: PAGE_SIZE, protection, name });
    }
    return regions;
  }
}
