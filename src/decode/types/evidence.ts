// What a function does with values whose type is not known, or not fully: collected by where the value came from.

import type { TypeId } from '../../image/btf.js';
import type { Around, How } from './value.js';

/** A value used as a pointer to a type. */
export interface Use {
  readonly to: TypeId;
  /** Of the value at its origin, in the type. */
  readonly offset: number;
  readonly how: How;
  readonly count: number;
  /** Places of the instructions. */
  readonly places: ReadonlySet<string>;
}

/** An access through a pointer, past the bounds of the struct that it is known to point to. */
export interface Outside {
  readonly offset: number; // from the start of the struct
  readonly size: number; // bytes
  /** What was taken off the pointer before: where the member lies in the struct around it, if it was that. */
  readonly moved: number;
}

/** What a value is by itself, at its origin. */
export interface Natural {
  readonly to: TypeId;
  readonly offset: number;
  /** Set where only some of the ways say so. */
  readonly half: boolean;
}

/** All of one origin. */
export interface Evidence {
  /** The type that the value has by itself, at its origin; `undefined` where it has none. */
  natural: Natural | undefined;
  readonly uses: Map<string, Use>;
  readonly outside: Map<string, Outside>;
  /** The field that the value was loaded from: `super_block+0x3a0`. */
  key: string | undefined;
  /** Where several ways come together: the struct around it, on one of them. */
  around: Around | undefined;
}

const MOST = 64;

/** Evidence by origin. One pass over a function fills it. */
export class Collected {
  readonly byOrigin = new Map<string, Evidence>();

  #of(origin: string): Evidence {
    const known = this.byOrigin.get(origin);
    if (known !== undefined) return known;
    const made: Evidence = {
      natural: undefined,
      uses: new Map(),
      outside: new Map(),
      key: undefined,
      around: undefined,
    };
    this.byOrigin.set(origin, made);
    return made;
  }

  /** What a value is by itself; `undefined` where nothing says so. */
  natural(origin: string, natural: Natural | undefined, key?: string): void {
    const evidence = this.#of(origin);
    evidence.natural = natural;
    evidence.key = key ?? evidence.key;
  }

  /** @param offset of the origin's value in the type */
  use(origin: string, to: TypeId, offset: number, how: How): void {
    const { uses } = this.#of(origin);
    const key = `${to} ${offset}`;
    const known = uses.get(key);
    if (known === undefined && uses.size >= MOST) return;
    // The steps told are those of the first place, in whatever order the places are visited.
    const first = known !== undefined && (known.how.at ?? '') <= (how.at ?? '') ? known.how : how;
    const places = new Set(known?.places);
    if (how.at !== undefined && places.size < MOST) places.add(how.at);
    uses.set(key, { to, offset, how: first, count: (known?.count ?? 0) + 1, places });
  }

  around(origin: string, around: Around): void {
    this.#of(origin).around = around;
  }

  outside(origin: string, access: Outside): void {
    const { outside } = this.#of(origin);
    if (outside.size < MOST) outside.set(`${access.offset} ${access.size} ${access.moved}`, access);
  }
}
