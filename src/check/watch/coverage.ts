// What of a candidate's code ran, as values that can be joined: over worlds, blocks, workers and shards, in any order.

/** Outcomes of a conditional jump, set or move. */
export const OUTCOME = { not: 1, taken: 2, both: 3 } as const;

/** What of one function has run. Offsets are bytes from its start, in ascending order. */
export interface FunctionCoverage {
  readonly symbol: string;
  /** Its instructions: those that control can reach from its start. */
  readonly instructions: readonly number[];
  /** Those that ran in some world. */
  readonly ran: readonly number[];
  /** Conditional instructions that ran in an observed world, with the outcomes that were seen, a set of OUTCOME bits. */
  readonly outcomes: readonly { readonly offset: number; readonly seen: number }[];
}

/** A place at which the candidate asked for memory. */
interface AllocationSite {
  /** Where the call returns to, as symbol+0x…. */
  readonly at: string;
  /** Whether it got none in some world. */
  readonly failed: boolean;
}

/** What of a candidate's code has run, in some worlds. */
export interface Coverage {
  /** Functions of the candidate, in the order of their addresses. */
  readonly functions: readonly FunctionCoverage[];
  /** In the order of their addresses. */
  readonly allocations: readonly AllocationSite[];
}

const union = (left: readonly number[], right: readonly number[]): number[] =>
  [...new Set([...left, ...right])].toSorted((a, b) => a - b);

const joinFunctions = (left: FunctionCoverage, right: FunctionCoverage): FunctionCoverage => {
  const outcomes = new Map(left.outcomes.map(({ offset, seen }) => [offset, seen]));
  for (const { offset, seen } of right.outcomes) outcomes.set(offset, (outcomes.get(offset) ?? 0) | seen);
  return {
    symbol: left.symbol,
    instructions: union(left.instructions, right.instructions),
    ran: union(left.ran, right.ran),
    outcomes: [...outcomes]
      .map(([offset, seen]) => ({ offset, seen }))
      .toSorted((a, b) => a.offset - b.offset),
  };
};

const join = (left: Coverage, right: Coverage): Coverage => {
  const others = new Map(right.functions.map((one) => [one.symbol, one]));
  const known = new Set(left.functions.map(({ symbol }) => symbol));
  const failed = new Map(left.allocations.map(({ at, failed: did }) => [at, did]));
  for (const { at, failed: did } of right.allocations) failed.set(at, did || failed.get(at) === true);
  return {
    functions: [
      ...left.functions.map((one) => {
        const other = others.get(one.symbol);
        return other === undefined ? one : joinFunctions(one, other);
      }),
      ...right.functions.filter(({ symbol }) => !known.has(symbol)),
    ],
    allocations: [...failed].map(([at, did]) => ({ at, failed: did })).toSorted(byPlace),
  };
};

/** What ran in the worlds of any of them; null is nothing known. */
export const joinAll = (all: readonly (Coverage | null)[]): Coverage | null =>
  all.reduce((joined, one) => (joined === null || one === null ? (joined ?? one) : join(joined, one)), null);

// The same order whatever was joined first: by symbol, then by offset.
const byPlace = ({ at: left }: AllocationSite, { at: right }: AllocationSite): number => {
  const [a = '', aOffset = '0'] = left.split('+');
  const [b = '', bOffset = '0'] = right.split('+');
  return a === b ? Number(aOffset) - Number(bOffset) : a < b ? -1 : 1;
};
