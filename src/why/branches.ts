// Which branches decide whether an instruction of a function is reached: control dependence after Ferrante, Ottenstein
// and Warren, "The Program Dependence Graph and Its Use in Optimization" (1987), from the function's own code.

import type { Addr } from '../base/address.js';
import { blocksOf } from '../x86/blocks.js';

/** Functions with more bytes than this are not analysed as a whole. */
export const MAX_ANALYSED = 1 << 18;

interface Block {
  readonly start: Addr;
  /** Address of its last instruction. */
  readonly last: Addr;
  readonly next: readonly number[];
}

const EXIT = 0; // number of the block that every way ends in

/** The branches of one function. */
export class Branches {
  readonly #blockAt = new Map<Addr, number>();
  readonly #deciding: readonly ReadonlySet<Addr>[];

  /**
   * @param bytes of the function
   * @param start address of the first byte
   * @param entries where it was entered or went on besides its start: targets of indirect jumps
   */
  constructor(bytes: Uint8Array, start: Addr, entries: readonly Addr[]) {
    const blocks = this.#blocksOf(bytes, start, entries);
    this.#deciding = decidingOf(blocks);
  }

  #blocksOf(bytes: Uint8Array, start: Addr, entries: readonly Addr[]): readonly Block[] {
    const { instructions, leaders } = blocksOf(bytes, start, [start, ...entries]);
    const starts = [...leaders].filter((leader) => instructions.has(leader));
    const numbers = new Map(starts.map((leader, index) => [leader, index + 1]));
    const indirect = entries.flatMap((entry) => numbers.get(entry) ?? []);
    const blocks: Block[] = [{ start: 0n, last: 0n, next: [] }];
    for (const [number, leader] of starts.entries()) {
      let at = leader;
      let next: number[] = [];
      for (;;) {
        this.#blockAt.set(at, number + 1);
        const { length, flow, target } = instructions.get(at)!;
        const after = at + BigInt(length);
        const follows = numbers.get(after) ?? EXIT;
        const goes = (target === undefined ? undefined : numbers.get(target)) ?? EXIT;
        if (flow === 'jump') next = [goes];
        else if (flow === 'conditional jump') next = [goes, follows];
        else if (flow === 'indirect jump') next = [...indirect, EXIT];
        else if (flow === 'return' || flow === 'trap' || flow === 'bad') next = [EXIT];
        else if (numbers.has(after) || !instructions.has(after)) next = [follows];
        else {
          at = after;
          continue;
        }
        break;
      }
      blocks.push({ start: leader, last: at, next: [...new Set(next)] });
    }
    return blocks;
  }

  /** Addresses of the branches that decide whether an instruction is reached; `undefined` where its code is not known. */
  decidingFor(address: Addr): ReadonlySet<Addr> | undefined {
    const block = this.#blockAt.get(address);
    return block === undefined ? undefined : this.#deciding[block];
  }
}

// Blocks in an order in which a way to the exit comes from earlier ones; loops without a way out get one.
const orderOf = (
  blocks: readonly Block[],
  into: readonly number[][],
): { order: number[]; ways: number[][] } => {
  const ways = blocks.map(({ next }) => [...next]);
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = (root: number): void => {
    const waiting: { block: number; edge: number }[] = [{ block: root, edge: 0 }];
    seen.add(root);
    while (waiting.length > 0) {
      const top = waiting.at(-1)!;
      const before = into[top.block]![top.edge];
      if (before === undefined) {
        order.push(top.block);
        waiting.pop();
      } else {
        top.edge += 1;
        if (seen.has(before)) continue;
        seen.add(before);
        waiting.push({ block: before, edge: 0 });
      }
    }
  };
  // The exit comes last in the order, so the endless loops are visited first as ways into it.
  const endless: number[] = [];
  const reached = reaching(into, EXIT);
  for (let block = blocks.length - 1; block > 0; block -= 1) {
    if (reached.has(block)) continue;
    endless.push(block);
    for (const one of reaching(into, block)) reached.add(one);
  }
  for (const block of endless) {
    ways[block]!.push(EXIT);
    into[EXIT]!.push(block);
  }
  visit(EXIT);
  return { order: order.toReversed(), ways };
};

const reaching = (into: readonly number[][], target: number): Set<number> => {
  const found = new Set([target]);
  const waiting = [target];
  for (let block = waiting.pop(); block !== undefined; block = waiting.pop())
    for (const before of into[block]!)
      if (!found.has(before)) {
        found.add(before);
        waiting.push(before);
      }
  return found;
};

// Immediate postdominators, after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
const postdominatorsOf = (order: readonly number[], ways: readonly number[][]): Int32Array => {
  const rank = new Int32Array(ways.length).fill(-1);
  order.forEach((block, index) => {
    rank[block] = index;
  });
  const found = new Int32Array(ways.length).fill(-1);
  found[EXIT] = EXIT;
  const common = (one: number, other: number): number => {
    let [a, b] = [one, other];
    while (a !== b) {
      while (rank[a]! > rank[b]!) a = found[a]!;
      while (rank[b]! > rank[a]!) b = found[b]!;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of order) {
      if (block === EXIT) continue;
      const known = ways[block]!.filter((next) => found[next]! >= 0);
      if (known.length === 0) continue;
      const best = known.reduce(common);
      if (found[block] === best) continue;
      found[block] = best;
      changed = true;
    }
  }
  return found;
};

// For each block the branches that it depends on.
const decidingOf = (blocks: readonly Block[]): readonly ReadonlySet<Addr>[] => {
  const into: number[][] = blocks.map(() => []);
  blocks.forEach(({ next }, block) => next.forEach((one) => into[one]!.push(block)));
  const { order, ways } = orderOf(blocks, into);
  const postdominator = postdominatorsOf(order, ways);
  const deciding = blocks.map(() => new Set<Addr>());
  blocks.forEach(({ last, next }, block) => {
    if (next.length < 2) return;
    for (const way of next) {
      let at = way;
      for (let left = blocks.length; at !== postdominator[block] && at > EXIT && left > 0; left -= 1) {
        deciding[at]!.add(last);
        at = postdominator[at]!;
      }
    }
  });
  return deciding;
};
