// Pointers to what is gone: a value that lies in an object that was freed, or that was made for one whose memory has
// another owner by now. Only what the page is sure of: it stays silent where the pointer may have been made anew.
// Knows no screen.

import { PAGE_SIZE } from '../../src/base/address.js';
import type { PageObject } from '../../src/report/page-data.js';
import type { Run } from './run.js';
import { sumsOf, lastAtMost } from './tracks.js';

/** A stale pointer: what it was made for, and what lies there now. */
export interface Stale {
  readonly was: string;
  /** First state in which that is free. */
  readonly freed: number;
  /** The object that has the memory now; undefined while nobody has. */
  readonly now: string | undefined;
  /** Where that object, or the freed one, begins. */
  readonly address: bigint;
}

interface Known {
  readonly object: PageObject;
  readonly start: bigint;
  readonly end: bigint;
}

/** Calls leave these alone: what a stub returns is not in them. */
const KEPT_BY_CALLS = ['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'];

/** Instructions that are looked back over for a register that was written again. */
const MOST_BACK = 5000;

/** A pointer is at least in this half. */
const KERNEL = 0xffff800000000000n;

/** The stale pointers of one run. */
export class StalePointers {
  readonly #pages = new Map<bigint, Known[]>();
  readonly #words = new Map<string, number[]>(); // region and offset of a word: indices of writes

  constructor(private readonly run: Run) {
    const size = BigInt(PAGE_SIZE);
    for (const object of run.data.objects) {
      const start = BigInt(object.address) - BigInt(object.header);
      const end = BigInt(object.address) + BigInt(object.size);
      if (end - start > 64n * size) continue; // only in data changed by hand
      for (let page = start / size; page * size < end; page += 1n) {
        const known = this.#pages.get(page);
        if (known === undefined) this.#pages.set(page, [{ object, start, end }]);
        else known.push({ object, start, end });
      }
    }
    const { writes } = run.data;
    const states = sumsOf(writes.gaps);
    states.forEach((state, index) => {
      const size = (run.data.words[writes.new[index]!]?.length ?? 0) >> 1;
      const first = writes.offset[index]! & ~7;
      for (let offset = first; offset < writes.offset[index]! + size; offset += 8) {
        const key = `${writes.region[index]} ${offset}`;
        const known = this.#words.get(key);
        if (known === undefined) this.#words.set(key, [state]);
        else known.push(state);
      }
    });
  }

  // The last two owners of an address.
  #owners(value: bigint, state: number): readonly [last: Known | undefined, before: Known | undefined] {
    if (value < KERNEL) return [undefined, undefined];
    const all = this.#pages.get(value / BigInt(PAGE_SIZE)) ?? [];
    let last: Known | undefined;
    let before: Known | undefined;
    for (const one of all) {
      if (one.object.from > state || value < one.start || value >= one.end) continue;
      before = last;
      last = one;
    }
    return [last, before];
  }

  #told(value: bigint, state: number, heldSince: (from: number) => number | undefined): Stale | undefined {
    const [last, before] = this.#owners(value, state);
    if (last === undefined) return undefined;
    const { object } = last;
    if (object.freed !== null && object.freed <= state)
      return { was: object.name, freed: object.freed, now: undefined, address: BigInt(object.address) };
    if (before === undefined || before.object.freed === null || before.object.freed > object.from)
      return undefined;
    const since = heldSince(object.from);
    if (since === undefined || since >= before.object.freed) return undefined;
    return {
      was: before.object.name,
      freed: before.object.freed,
      now: object.name,
      address: BigInt(object.address),
    };
  }

  // Since when a named value is known that lies in a row in a state; undefined where none does.
  #namedSince(row: string, bits: string, state: number): number | undefined {
    const found = this.run.data.values.find(
      ({ value, places }) =>
        value === bits &&
        places.some((one) => one.row === row && one.from <= state && (one.until ?? state) >= state),
    );
    return found?.places[0]?.from;
  }

  // Since when a register holds its value for certain, looked back as far as `from`.
  #registerSince(name: string, state: number, from: number): number | undefined {
    const { run } = this;
    if (!KEPT_BY_CALLS.includes(name) || state - from > MOST_BACK) return undefined;
    if (run.data.steps.some((step) => step.from >= from && step.from <= state)) return undefined;
    for (let at = state - 1; at >= from; at -= 1)
      if (run.siteAt(at)?.writes.includes(name) === true) return undefined;
    return run.registerSince(name, state);
  }

  /** Whether a register holds a stale pointer in a state. */
  ofRegister(name: string, bits: string, state: number): Stale | undefined {
    if (bits === '' || name === 'rip' || name === 'rsp' || name === 'rflags') return undefined;
    return this.#told(
      BigInt(bits),
      state,
      (from) => this.#namedSince(name, bits, state) ?? this.#registerSince(name, state, from),
    );
  }

  /** Whether eight aligned bytes of shown memory are one. */
  ofWord(address: bigint, bits: bigint, state: number): Stale | undefined {
    return this.#told(bits, state, () => {
      const place = this.run.memory.find(address);
      if (place === undefined) return undefined;
      const written = this.#words.get(`${place.region} ${place.offset & ~7}`) ?? [];
      const last = written[lastAtMost(written, state)] ?? 0;
      const row = `0x${address.toString(16)}`;
      return this.#namedSince(row, `0x${bits.toString(16)}`, state) ?? last;
    });
  }
}
