// What pointers were made for, by number: an allocation; one of two where a value is the end of the first and the start
// of the second; or the distance from one allocation to another, which turns a pointer to the first into one to the second.

import type { Allocation, LiveAllocations } from '../recording/live-allocations.js';

interface Either {
  readonly first: Allocation; // the one that begins there
  readonly second: Allocation; // the one that ends there
}

interface Distance {
  readonly from: number;
  readonly to: number;
}

// Numbers below are those of allocations.
const DERIVED = 1 << 26;

/** Derived pointers that are kept; further ones are numbers like others. */
const MAX_DERIVED = 1 << 20;

/** A sum that lies farther than this from the pointer in it is a number: `sub %rax,%rax`. Bytes. */
const FAR = 1 << 24;

/** What an instruction does to the pointers that go in. */
export type Arithmetic = 'sum' | 'difference' | 'mask' | 'hide';

/** How an instruction that computes treats pointers: all others make numbers of them. */
export const arithmeticOf = (operation: string): Arithmetic => {
  if (/^(?:lea|add|inc|dec|xadd)$/u.test(operation)) return 'sum';
  if (operation === 'sub') return 'difference';
  return /^(?:and|or|xor|bts|btr)$/u.test(operation) ? 'mask' : 'hide';
};

export class Pointers {
  readonly #derived: (Either | Distance)[] = [];
  readonly #numbers = new Map<string, number>();
  /** Allocations whose pointer went through arithmetic that hides it: where they are kept cannot be seen. */
  readonly hidden = new Set<number>();

  constructor(private readonly allocations: LiveAllocations) {}

  #derive(key: string, meaning: Either | Distance): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#derived.length >= MAX_DERIVED) return 0;
    const number = DERIVED + this.#derived.length;
    this.#derived.push(meaning);
    this.#numbers.set(key, number);
    return number;
  }

  /** The pointer that a value is by where it points, among the allocations given; 0 for none. */
  lookUp(value: number, allocations: LiveAllocations = this.allocations): number {
    const first = allocations.findAt(value);
    if (first === undefined) return 0;
    if (value !== first.at) return first.id;
    const second = allocations.findAt(value - 1);
    if (second === undefined || second.at + second.requested !== value) return first.id;
    return this.#derive(`${first.id} ends ${second.id}`, { first, second });
  }

  /** What a pointer was made for; undefined for a distance, and for 0. @param address that it is used for */
  allocationOf(pointer: number, address: number): Allocation | undefined {
    if (pointer < DERIVED) return pointer === 0 ? undefined : this.allocations.all[pointer - 1];
    const meaning = this.#derived[pointer - DERIVED]!;
    if (!('first' in meaning)) return undefined;
    const { first, second } = meaning;
    return address < first.at && address >= second.at ? second : first;
  }

  /**
   * The pointer that arithmetic gives.
   *
   * @param first, second what goes in, 0 for numbers; `value` is that of the only pointer, if it is one
   */
  computed(kind: Arithmetic, first: number, second: number, value: number, result: number): number {
    if (kind === 'hide') return this.#hide(first, second);
    if (first !== 0 && second !== 0) {
      if (kind === 'mask') return this.#hide(first, second);
      return kind === 'sum'
        ? this.#moved(first, second) || this.#moved(second, first)
        : this.#subtracted(first, second);
    }
    const pointer = first === 0 ? second : first;
    if (kind === 'difference' && first === 0) return this.#hide(pointer, 0);
    const allocation = this.allocationOf(pointer, result);
    if (allocation === undefined) return kind === 'mask' ? 0 : pointer; // a distance plus a number
    if (kind === 'mask') {
      const isInside = result >= allocation.at && result <= allocation.at + allocation.room;
      return isInside ? pointer : this.#hide(pointer, 0);
    }
    const distance = result - value;
    return distance > -FAR && distance < FAR ? pointer : this.#hide(pointer, 0);
  }

  #hide(first: number, second: number): number {
    for (const pointer of [first, second]) {
      const one = this.allocationOf(pointer, Number.NaN);
      if (one !== undefined) this.hidden.add(one.id);
    }
    return 0;
  }

  #distance(pointer: number): Distance | undefined {
    const meaning = pointer < DERIVED ? undefined : this.#derived[pointer - DERIVED];
    return meaning !== undefined && 'from' in meaning ? meaning : undefined;
  }

  // A pointer plus a distance.
  #moved(pointer: number, distance: number): number {
    const way = this.#distance(distance);
    return way !== undefined && way.from === pointer ? way.to : 0;
  }

  #subtracted(first: number, second: number): number {
    const way = this.#distance(second);
    if (way !== undefined) return way.to === first ? way.from : 0;
    if (first === second || this.#distance(first) !== undefined) return 0;
    return this.#derive(`${second} to ${first}`, { from: second, to: first });
  }
}
