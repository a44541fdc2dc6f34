// Walks a kernel list from both ends, so that a damaged pointer does not hide what follows it, and its neighbours
// show what it was. Bounded, whatever the memory holds.

import { type Addr, hex } from '../base/address.js';
import type { Memory } from './memory.js';

/** A pointer of a list that does not fit. */
interface ListFinding {
  /** Where the pointer lies. */
  readonly address: Addr;
  readonly expected: string;
  readonly found: string;
}

/** A list as far as it can be followed. */
interface ListInMemory {
  /** Nodes without the head, first to last; those that neither end leads to are missing. */
  readonly nodes: Addr[];
  readonly findings: ListFinding[];
}

/** `next` leads from the head to the last node, `prev` back. */
type Direction = 'next' | 'prev';

/** The link at which a walk cannot go on. */
interface Stop {
  readonly from: Addr; // node or head that holds the pointer
  readonly to: Addr; //   its value
  readonly why: string; // what is wrong with it
}

const NODE_SIZE = 16;
const OFFSET: Readonly<Record<Direction, bigint>> = { next: 0n, prev: 8n };
const OPPOSITE: Readonly<Record<Direction, Direction>> = { next: 'prev', prev: 'next' };

class ListWalk {
  // By the address of the pointer: both walks can come to the same conclusion.
  readonly #findings = new Map<Addr, ListFinding>();

  constructor(
    private readonly memory: Memory,
    private readonly head: Addr,
    private readonly limit: number,
  ) {}

  run(): ListInMemory {
    const { head } = this;
    if (!this.#isNode(head)) {
      return { nodes: [], findings: [{ address: head, expected: 'a list head', found: 'unmapped memory' }] };
    }
    const forward = this.#walk('next');
    if (forward.stop === undefined) return { nodes: forward.nodes, findings: [...this.#findings.values()] };
    const backward = this.#walk('prev');
    const met = this.#meet(forward.stop, backward.stop);
    const nodes = new Set([...forward.nodes, ...met, ...backward.nodes.toReversed()]);
    return { nodes: [...nodes], findings: [...this.#findings.values()] };
  }

  #pointer(node: Addr, direction: Direction): Addr {
    return this.memory.readU64(node + OFFSET[direction]);
  }

  #isNode(address: Addr): boolean {
    return (address & 7n) === 0n && this.memory.isMapped(address, NODE_SIZE);
  }

  // Whether the node that this pointer leads to points back.
  #isAnswered(node: Addr, direction: Direction): boolean {
    const other = this.#pointer(node, direction);
    return this.#isNode(other) && this.#pointer(other, OPPOSITE[direction]) === node;
  }

  #blame(node: Addr, direction: Direction, expected: string): void {
    const address = node + OFFSET[direction];
    const value = this.#pointer(node, direction);
    const found = this.#isNode(value) ? hex(value) : `${hex(value)}, ${this.#problem(value)}`;
    if (!this.#findings.has(address)) this.#findings.set(address, { address, expected, found });
  }

  #problem(address: Addr): string {
    return this.memory.isMapped(address, NODE_SIZE) ? 'not aligned' : 'not mapped';
  }

  // The neighbour `other` shows what the pointer should be.
  #blameFor(node: Addr, direction: Direction, other: Addr): void {
    const why = `the ${OPPOSITE[direction]} of ${hex(other)} points here`;
    this.#blame(node, direction, `${direction} ${hex(other)} (${why})`);
  }

  // Where a node does not point back, three can be wrong: the pointer to it, its own, or all of it. Its own is wrong
  // if nothing points back at it while its other neighbour does: then the walk notes that and goes on.
  #walk(direction: Direction): { readonly nodes: Addr[]; readonly stop: Stop | undefined } {
    const { head } = this;
    const back = OPPOSITE[direction];
    const nodes: Addr[] = [];
    const seen = new Set<Addr>();
    for (let from = head; ;) {
      const to = this.#pointer(from, direction);
      const stopped = (why: string) => ({ nodes, stop: { from, to, why } });
      if (!this.#isNode(to)) return stopped(this.#problem(to));
      if (this.#pointer(to, back) !== from) {
        const isOwn = !this.#isAnswered(to, back) && (to === head || this.#isAnswered(to, direction));
        if (!isOwn) return stopped(`whose ${back} is ${hex(this.#pointer(to, back))}`);
        this.#blameFor(to, back, from);
      }
      if (to === head) return { nodes, stop: undefined };
      if (seen.has(to)) return stopped('which was met before');
      if (nodes.length >= this.limit) return stopped(`after ${this.limit} nodes`);
      seen.add(to);
      nodes.push(to);
      from = to;
    }
  }

  // Both walks have ended. Gives the node between them, if they stopped at its two sides.
  #meet(forward: Stop, backward: Stop | undefined): Addr[] {
    if (backward === undefined) {
      // All of it was seen from the end, and what the pointer should be as well.
      this.#leftOver('next', forward, undefined);
      return [];
    }
    const [a, b] = [forward.from, backward.from];
    if (forward.to === backward.to && this.#isNode(forward.to) && forward.to !== a && forward.to !== b) {
      this.#blameFor(forward.to, 'prev', a);
      this.#blameFor(forward.to, 'next', b);
      return [forward.to];
    }
    if (backward.to === a) this.#blameFor(a, 'next', b);
    else if (forward.to === b) this.#blameFor(b, 'prev', a);
    else {
      this.#leftOver('next', forward, b);
      this.#leftOver('prev', backward, a);
    }
    return [];
  }

  // A pointer that no neighbour says the value of; `reached` is how far the other walk came.
  #leftOver(direction: Direction, { from, to, why }: Stop, reached: Addr | undefined): void {
    const address = from + OFFSET[direction];
    if (this.#findings.has(address)) return;
    const side = direction === 'next' ? 'last' : 'first';
    const other =
      reached === undefined || reached === this.head
        ? ''
        : `; from the ${side} node the walk comes to ${hex(reached)}`;
    const expected = `${direction} to a node whose ${OPPOSITE[direction]} points here${other}`;
    this.#findings.set(address, { address, expected, found: `${hex(to)}, ${why}` });
  }
}

/**
 * Walk a list (struct list_head) from its head, and from its end where that does not lead back to the head.
 *
 * One damaged pointer is one finding, at its address, with the value that its neighbour gives; all nodes are found.
 * Where more is damaged than the neighbours can show, the findings name the places where the walks stop.
 *
 * @param limit most nodes per direction
 */
export const walkList = (memory: Memory, head: Addr, limit: number): ListInMemory =>
  new ListWalk(memory, head, limit).run();
