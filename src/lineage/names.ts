// Names and types of values, from prototypes, struct layouts and the C variables of manifests: nothing is named by
// hand. A value keeps its first good name; in each function it may have another.

import { type CodeFacts, expressionKey } from './code.js';
import type { Structs } from '../kernel/structs/all.js';
import type { Ledger } from './ledger.js';
import { type Typed, fieldAddress, loadedField, pointedStruct } from './types.js';

/** How good a name is: `caller`: a register of a caller that is not followed; `source`: the C source has it. */
export const RANK = { caller: 1, source: 2 } as const;

// A value's name.
interface Name extends Typed {
  readonly rank: number;
  /** Other names, in functions that it was passed to: `ids in ipc_lock`. */
  readonly also: string[];
  /** The instruction before which it was first named. */
  readonly step: number;
}

/** One activation of a function. */
export interface Frame {
  facts: CodeFacts | undefined;
  /** What values are called in it. */
  readonly locals: Map<number, Typed>;
  /** RSP at its first instruction: where the return address lies. */
  readonly rsp: bigint;
  readonly returnTo: bigint;
  /** Tags of the registers at its first instruction. */
  entry: Int32Array;
  /** The instruction that called it; -1 when the sandbox did. */
  readonly call: number;
}

export class Names {
  readonly #names = new Map<number, Name>();
  readonly #roots = new Map<number, { value: number; distance: bigint }>(); // until another value gets a name

  constructor(
    private readonly ledger: Ledger,
    private readonly structs: Structs,
  ) {}

  get(value: number): Name | undefined {
    return this.#names.get(value);
  }

  /** Every named value, in the order in which they got their names. */
  values(): Iterable<number> {
    return this.#names.keys();
  }

  /** The name of a value in a function. */
  local(value: number, frame: Frame | undefined): Typed | undefined {
    return frame?.locals.get(value) ?? this.#names.get(value);
  }

  /** Name a value; a name from the source stays the first one, and later ones become other names. */
  give(value: number, typed: Typed, rank: number, step: number, frame?: Frame): void {
    if (value <= 0) return;
    frame?.locals.set(value, typed);
    const known = this.#names.get(value);
    if (known === undefined || known.rank < rank) {
      this.#roots.clear();
      this.#names.set(value, { ...typed, rank, also: known?.also ?? [], step });
      return;
    }
    if (known.name !== typed.name && rank === RANK.source && frame?.facts !== undefined) {
      const other = `${typed.name} in ${frame.facts.name}`;
      if (!known.also.includes(other)) known.also.push(other);
    }
    // A cast in the source says more than `void *`.
    if (/^(?:void \*)?$/u.test(known.type) && typed.type !== '') {
      this.#names.set(value, { ...known, type: typed.type });
    }
  }

  /** A C variable that the source sets from an expression, or the expression itself. */
  #variable(typed: Typed, frame: Frame | undefined): Typed {
    return frame?.facts?.expressions.get(expressionKey(typed.name)) ?? typed;
  }

  /**
   * A value was loaded through a pointer.
   *
   * @param offset of the load from where the pointer points
   */
  loaded(
    value: number,
    pointer: number,
    offset: bigint,
    size: number,
    step: number,
    frame: Frame | undefined,
  ): void {
    const held = this.local(pointer, frame);
    const struct = pointedStruct(held?.type, this.structs);
    if (held === undefined || struct === undefined || offset < 0n || offset >= BigInt(struct.size)) return;
    const field = loadedField(held.name, struct, Number(offset), size);
    if (field !== undefined && frame?.locals.has(value) !== true) {
      this.give(value, this.#variable(field, frame), RANK.source, step, frame);
    }
  }

  /** A value is a pointer plus a constant. */
  shifted(value: number, pointer: number, offset: bigint, step: number, frame: Frame | undefined): void {
    const held = this.local(pointer, frame);
    const struct = pointedStruct(held?.type, this.structs);
    if (held === undefined || struct === undefined || offset < 0n || offset >= BigInt(struct.size)) return;
    const address = fieldAddress(held.name, struct, Number(offset));
    if (address !== undefined) this.give(value, this.#variable(address, frame), RANK.source, step, frame);
  }

  /** The first name on the way back over constant distances, and the distance from there. */
  root(value: number): { value: number; distance: bigint } {
    const ledger = this.ledger;
    let at = value;
    let distance = 0n;
    while (!this.#names.has(at)) {
      // A counter is one more than a counter that is one more than …: the answer for the one before is kept.
      const known = this.#roots.get(at);
      if (known !== undefined) {
        at = known.value;
        distance += known.distance;
        break;
      }
      const offset = ledger.offsetOf(at);
      if (offset === undefined) break;
      distance += offset;
      [at] = ledger.parentsOf(at) as [number];
    }
    const root = { value: at, distance };
    if (at !== value) this.#roots.set(value, root);
    return root;
  }

  /**
   * An expression for any value: its name, `path+0x1`, `and(sar(id))`; `undefined` where nothing in it has a name.
   *
   * @param operationOf what made a value
   */
  expression(value: number, operationOf: (value: number) => string, depth = 3): string | undefined {
    const name = this.#names.get(value);
    if (name !== undefined) return name.name;
    const { value: root, distance } = this.root(value);
    if (root !== value) {
      const inner = this.expression(root, operationOf, depth);
      if (inner === undefined || distance === 0n) return inner;
      const sign = distance < 0n ? '-' : '+';
      return `${inner}${sign}0x${(distance < 0n ? -distance : distance).toString(16)}`;
    }
    const parents = this.ledger.parentsOf(value);
    if (parents.length === 0) return undefined;
    const parts = parents.map((parent) =>
      depth === 0 ? '…' : this.expression(parent, operationOf, depth - 1),
    );
    if (parts.every((part) => part === undefined || part === '…')) return undefined;
    return `${operationOf(value)}(${parts.map((part) => part ?? '?').join(', ')})`;
  }
}
