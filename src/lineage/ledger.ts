// The raw account of a lineage: values, and the places where each of them lies from when to when, as columns of
// numbers, since there may be millions.

/** Where a value came from. */
export const ORIGIN = {
  /** In a register when the sandbox called the guest. */
  register: 0,
  /** In memory before anything that was followed wrote it. */
  memory: 1,
  /** In an instruction. */
  constant: 2,
  /** Made by an instruction from its parents. */
  computed: 3,
  /** Its only parent plus a constant. */
  offset: 4,
  /** The result of a function whose code was not followed. */
  result: 5,
  /** Parts of several values that lie side by side and are read as one. */
  assembled: 6,
} as const;

/** How a place ended: the numbers of the column. */
export const HOW = { destroyed: 1, 'may be lost': 2, restored: 3, freed: 4 } as const;

export type How = keyof typeof HOW;

/** `until` of a place that is still alive at the end. */
export const ALIVE = -1;

class Column {
  data: Int32Array = new Int32Array(1024);
  length = 0;

  push(value: number): number {
    if (this.length === this.data.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length] = value;
    this.length += 1;
    return this.length - 1;
  }
}

const makeColumns = <Name extends string>(...names: readonly Name[]): Record<Name, Column> =>
  Object.fromEntries(names.map((name) => [name, new Column()])) as Record<Name, Column>;

/** Values by their number from 1; places likewise, in the order in which they began. */
export class Ledger {
  readonly #values = makeColumns('origin', 'size', 'low', 'high', 'step', 'parents', 'count', 'site');
  readonly #parents = new Column();
  readonly #offsets = new Map<number, bigint>();
  readonly #places = makeColumns(
    'start',
    'size',
    'value',
    'first',
    'from',
    'until',
    'how',
    'cause',
    'parent',
    'certain',
  );
  /** Causes of ends that are not an instruction; number 0 stands for "the instruction". */
  readonly causes: string[] = [''];

  constructor() {
    // Number 0 of both stands for none.
    this.addValue(ORIGIN.constant, 0, 0, 0, -1, -1);
    this.open(-1, 0, 0, 0, 0, 0);
    this.close(0, -1, HOW.destroyed, 0);
  }

  get valueCount(): number {
    return this.#values.size.length;
  }

  get placeCount(): number {
    return this.#places.start.length;
  }

  /**
   * @param low the low half of its bits; `high`: the other
   * @param step the instruction before which it exists
   * @param site what made it: a number that the caller gives a meaning
   */
  addValue(origin: number, size: number, low: number, high: number, step: number, site: number): number {
    const values = this.#values;
    values.origin.push(origin);
    values.size.push(size);
    values.low.push(low);
    values.high.push(size <= 4 ? 0 : high);
    values.step.push(step);
    values.site.push(site);
    values.parents.push(this.#parents.length);
    return values.count.push(0);
  }

  /** The same, of all bits as one number. */
  addBits(origin: number, size: number, bits: bigint, step: number, site: number): number {
    const low = Number(BigInt.asIntN(32, bits));
    return this.addValue(origin, size, low, Number(BigInt.asIntN(32, bits >> 32n)), step, site);
  }

  /** Of the value that was added last; a parent counts once. */
  addParent(value: number, parent: number): void {
    const { parents, count } = this.#values;
    const first = parents.data[value]!;
    const have = count.data[value]!;
    for (let index = 0; index < have; index += 1) if (this.#parents.data[first + index] === parent) return;
    this.#parents.push(parent);
    count.data[value] = have + 1;
  }

  setOffset(value: number, offset: bigint): void {
    this.#values.origin.data[value] = ORIGIN.offset;
    this.#offsets.set(value, offset);
  }

  originOf(value: number): number {
    return this.#values.origin.data[value]!;
  }

  sizeOf(value: number): number {
    return this.#values.size.data[value]!;
  }

  lowOf(value: number): number {
    return this.#values.low.data[value]!;
  }

  highOf(value: number): number {
    return this.#values.high.data[value]!;
  }

  /** The value's bytes as a little-endian number. */
  bitsOf(value: number): bigint {
    const low = this.lowOf(value) >>> 0;
    const size = this.sizeOf(value);
    const bits = (BigInt(this.highOf(value) >>> 0) << 32n) | BigInt(low);
    return size >= 8 ? bits : bits & ((1n << BigInt(size * 8)) - 1n);
  }

  stepOf(value: number): number {
    return this.#values.step.data[value]!;
  }

  siteOf(value: number): number {
    return this.#values.site.data[value]!;
  }

  offsetOf(value: number): bigint | undefined {
    return this.#offsets.get(value);
  }

  parentsOf(value: number): number[] {
    const { parents, count } = this.#values;
    const first = parents.data[value]!;
    if (count.data[value] === 0) return [];
    return [...this.#parents.data.subarray(first, first + count.data[value]!)];
  }

  /**
   * A place begins.
   *
   * @param start its first location; places are runs of locations
   * @param first which byte of the value lies there
   * @param from the state before this instruction is the first that has it
   * @param parent the place that it was copied from, or that it is the rest of; 0 for none
   */
  open(start: number, size: number, value: number, first: number, from: number, parent: number): number {
    const places = this.#places;
    places.start.push(start);
    places.size.push(size);
    places.value.push(value);
    places.first.push(first);
    places.from.push(from);
    places.until.push(ALIVE);
    places.how.push(0);
    places.cause.push(0);
    places.certain.push(ALIVE);
    return places.parent.push(parent);
  }

  /** A place ends: the state before instruction `until` is the last that has it. */
  close(place: number, until: number, how: number, cause: number): void {
    const places = this.#places;
    places.until.data[place] = until;
    places.how.data[place] = how;
    places.cause.data[place] = cause;
  }

  /** A value that may have been lost here is overwritten for certain. */
  settle(place: number, step: number): void {
    this.#places.certain.data[place] = step;
  }

  start(place: number): number {
    return this.#places.start.data[place]!;
  }

  size(place: number): number {
    return this.#places.size.data[place]!;
  }

  value(place: number): number {
    return this.#places.value.data[place]!;
  }

  first(place: number): number {
    return this.#places.first.data[place]!;
  }

  from(place: number): number {
    return this.#places.from.data[place]!;
  }

  until(place: number): number {
    return this.#places.until.data[place]!;
  }

  how(place: number): number {
    return this.#places.how.data[place]!;
  }

  cause(place: number): number {
    return this.#places.cause.data[place]!;
  }

  parent(place: number): number {
    return this.#places.parent.data[place]!;
  }

  certain(place: number): number {
    return this.#places.certain.data[place]!;
  }

  /** Number of a cause that is not an instruction. */
  causeNumber(text: string): number {
    const known = this.causes.lastIndexOf(text);
    return known > 0 ? known : this.causes.push(text) - 1;
  }

  /** Whether a place is in any state at all: some begin and end between two instructions. */
  isSeen(place: number): boolean {
    const until = this.until(place);
    return until === ALIVE || until >= this.from(place);
  }
}
