// Where instructions start in a window of bytes that was cut out of a function: by decoding from every start.

import { type InFunction, readingAt } from './reading-score.js';
import { greatest } from '../../base/long-lists.js';
import type { Sure } from './sure.js';

/** An offset in a window at which an instruction starts. */
interface Boundary {
  readonly at: number; // bytes from the start of the window
  readonly sure: Sure;
  /** Starts among the first 15 bytes whose instructions pass here on their way to the trap, and all such starts. */
  readonly votes: number;
  readonly of: number;
}

/** The longest instruction. Source: Intel SDM vol. 2, 2.3.11 */
const LONGEST = 15;

/** The starts of instructions before and at the trap. */
export interface Boundaries {
  /** The starts of the chosen reading, in order; the trap is the last. */
  readonly chosen: readonly Boundary[];
  /** Those of other readings that arrive at the trap as well. */
  readonly others: readonly Boundary[];
  /** Whether the bytes before the trap are instructions from some start on at all. */
  readonly reached: boolean;
  /** Whether the reading begins where an instruction is known to start, so that no other was tried. */
  readonly entry: boolean;
}

// A jump into the middle of what reads as an instruction, and one to the start of another.
const INTO_MIDDLE = -4;
const TO_START = 1;
// Scores add up as if instructions did not depend on each other, which they do.
const DEPENDENCE = 0.8;
/** A reading as likely as that is the usual one. */
const LIKELY = 0.9;

/** Starts of the instructions from the trap on, as far as the bytes go. */
const startsAfter = (bytes: Uint8Array, marked: number): { starts: ReadonlySet<number>; end: number } => {
  const starts = new Set<number>();
  let at = marked;
  while (at < bytes.length) {
    const reading = readingAt(bytes, at, undefined);
    if (reading === undefined) break;
    starts.add(at);
    at += reading.length;
  }
  return { starts, end: at };
};

/**
 * Find the boundaries of the instructions before `marked`.
 *
 * An instruction is at most 15 bytes long, so that one of the first 15 bytes starts one: a boundary that every start
 * among them that arrives at the trap passes is certain, given that all these bytes are instructions. Before that, the
 * reading is chosen whose instructions are most like those of kernels.
 *
 * @param known an offset at which an instruction certainly starts, such as the start of the function
 * @param place where the first byte lies in the function, if the report says so
 */
export const findBoundaries = (
  bytes: Uint8Array,
  marked: number,
  known?: number,
  place?: InFunction,
): Boundaries => {
  const from = known ?? 0;
  const readings = Array.from({ length: marked }, (_, at) =>
    at < from ? undefined : readingAt(bytes, at, place),
  );
  const chainOf = (start: number): number[] | undefined => {
    const chain: number[] = [];
    let at = start;
    while (at < marked) {
      const reading = readings[at];
      if (reading === undefined) return undefined;
      chain.push(at);
      at += reading.length;
    }
    return at === marked ? chain : undefined;
  };
  const last = known === undefined ? Math.min(marked - 1, LONGEST - 1) : Math.min(known, marked - 1);
  const chains: number[][] = [];
  for (let start = from; start <= last; start += 1) {
    const chain = chainOf(start);
    if (chain !== undefined) chains.push(chain);
  }
  const of = chains.length;
  const entry = known !== undefined;
  const trap: Boundary = { at: marked, sure: 'certain', votes: of, of };
  if (of === 0) return { chosen: [trap], others: [], reached: false, entry };
  const votes = new Int32Array(marked);
  for (const chain of chains) for (const at of chain) votes[at]! += 1;
  const after = startsAfter(bytes, marked);
  const scoreOf = (chain: readonly number[]): number => {
    const starts = new Set(chain);
    let score = 0;
    for (const at of chain) {
      const reading = readings[at]!;
      score += reading.score;
      const target = reading.jump === undefined ? -1 : at + reading.jump;
      if (target < chain[0]! || target >= after.end) continue;
      score += starts.has(target) || after.starts.has(target) ? TO_START : INTO_MIDDLE;
    }
    return score;
  };
  const scores = chains.map(scoreOf);
  const most = greatest(scores);
  // How likely each reading is, if one is true.
  const weights = scores.map((score) => Math.exp((score - most) * DEPENDENCE));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const best = chains[scores.indexOf(most)]!;
  const share = (at: number): number =>
    chains.reduce((sum, chain, index) => sum + (chain.includes(at) ? weights[index]! : 0), 0) / all;
  const sureOf = (at: number): Sure =>
    votes[at] === of || known !== undefined ? 'certain' : share(at) >= LIKELY ? 'likely' : 'possible';
  const chosen = best.map((at): Boundary => ({ at, sure: sureOf(at), votes: votes[at]!, of }));
  const taken = new Set(best);
  const others = [...votes.keys()]
    .filter((at) => votes[at]! > 0 && !taken.has(at))
    .map((at): Boundary => ({ at, sure: 'possible', votes: votes[at]!, of }));
  return { chosen: [...chosen, trap], others, reached: true, entry };
};
