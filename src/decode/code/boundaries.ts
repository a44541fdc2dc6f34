// Where instructions start in a window of bytes that was cut out of a function: by decoding from every start.

import { type Instruction, decodeOne } from '../../x86/disasm.js';

/** How sure a statement is: nothing else is possible; the usual reading; one of several readings. */
export type Sure = 'certain' | 'likely' | 'possible';

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

// What compilers of kernels do not emit in the middle of a function, by mnemonic: a reading with one is a worse one.
const RARE =
  /^(?:in|out|ins|outs|hlt|iret|lret|ljmp|lcall|loop|xlat|enter|rcl|rcr|sahf|lahf|cmc|std|icebp|int1|int |f[a-z]|les|lds|sti|cli|arpl|scas|cmps|rex|data16 data16 rex|movabs.*0x[0-9a-f]{12,},%(?:al|eax)|movabs %)/u;

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

/**
 * Find the boundaries of the instructions before `marked`.
 *
 * An instruction is at most 15 bytes long, so that one of the first 15 bytes starts one: a boundary that every start
 * among them that arrives at the trap passes is certain, given that all these bytes are instructions.
 *
 * @param known an offset at which an instruction certainly starts, such as the start of the function
 */
export const findBoundaries = (bytes: Uint8Array, marked: number, known?: number): Boundaries => {
  const next = new Int32Array(marked).fill(-1);
  const found = new Map<number, Instruction>();
  const from = known ?? 0;
  for (let at = from; at < marked; at += 1) {
    const one = decodeOne(bytes.subarray(at), BigInt(at));
    if (one.flow === 'bad') continue;
    next[at] = at + one.length;
    found.set(at, one);
  }
  const chainOf = (start: number): number[] | undefined => {
    const chain: number[] = [];
    let at = start;
    while (at < marked) {
      chain.push(at);
      at = next[at]!;
      if (at < 0) return undefined;
    }
    return at === marked ? chain : undefined;
  };
  const last = known === undefined ? Math.min(marked - 1, LONGEST - 1) : Math.min(known, marked - 1);
  const chains: number[][] = [];
  for (let start = from; start <= last; start += 1) {
    const chain = chainOf(start);
    if (chain !== undefined) chains.push(chain);
  }
  const votes = new Int32Array(marked);
  for (const chain of chains) for (const at of chain) votes[at]! += 1;
  const rare = new Uint8Array(marked);
  // Printed are only those on a way to the trap.
  for (const [at, one] of found) if (votes[at]! > 0 && RARE.test(one.text)) rare[at] = 1;
  const of = chains.length;
  const entry = known !== undefined;
  const trap: Boundary = { at: marked, sure: 'certain', votes: of, of };
  if (of === 0) return { chosen: [trap], others: [], reached: false, entry };
  // The fewest rare instructions, then the one that most starts agree with on average, then the longest.
  const costOf = (chain: readonly number[]): number => {
    const odd = chain.reduce((sum, at) => sum + rare[at]!, 0);
    const agreed = chain.reduce((sum, at) => sum + votes[at]!, 0) / (chain.length * of);
    return odd * 10 - agreed;
  };
  const best = chains.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
  // What leads into the best reading from further up belongs to it, unless that is a worse reading.
  const longest = chains
    .filter((chain) => chain.includes(best[0]!))
    .reduce((a, b) => (b.length > a.length && costOf(b) < costOf(best) + 1 ? b : a), best);
  const sureOf = (at: number): Sure =>
    votes[at] === of || known !== undefined ? 'certain' : votes[at]! * 2 > of ? 'likely' : 'possible';
  const chosen = longest.map((at): Boundary => ({ at, sure: sureOf(at), votes: votes[at]!, of }));
  const taken = new Set(longest);
  const others = [...votes.keys()]
    .filter((at) => votes[at]! > 0 && !taken.has(at))
    .map((at): Boundary => ({ at, sure: 'possible', votes: votes[at]!, of }));
  return { chosen: [...chosen, trap], others, reached: true, entry };
};
