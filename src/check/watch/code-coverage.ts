// Which of a candidate's code has run: exactly, by the blocks that were entered, and in observed worlds which way its
// conditional instructions went.

import type { Addr } from '../../base/address.js';
import { InputError } from '../../base/errors.js';
import { type Snippet, type Variants } from '../../release/snippet.js';
import type { CodeRange, Observation } from '../../run/observation.js';
import type { Scenario } from '../../scenario/scenario.js';
import type { SymbolTable } from '../../kernel/symbols.js';
import { blocksOf } from '../../x86/blocks.js';
import type { Coverage } from './coverage.js';

interface Code extends CodeRange {
  readonly symbol: string;
  /** Instructions of each block, by the address of its first. */
  readonly blocks: ReadonlyMap<Addr, readonly Addr[]>;
  readonly instructions: Set<Addr>;
  /**
   * Blocks that begin inside another instruction, as after a lock prefix that a jump skips. A trap there would change that
   * instruction, so only observed worlds say whether they have run.
   */
  readonly overlapped: ReadonlySet<Addr>;
}

/** Where blocks begin inside an instruction that can be reached, too. */
const overlappedOf = (
  leaders: ReadonlySet<Addr>,
  instructions: ReadonlyMap<Addr, { readonly length: number }>,
): Set<Addr> => {
  const overlapped = new Set<Addr>();
  for (const [at, { length }] of instructions)
    for (let inside = 1; inside < length; inside += 1)
      if (leaders.has(at + BigInt(inside))) overlapped.add(at + BigInt(inside));
  return overlapped;
};

const selectFor = (
  scenario: Scenario,
  libraries: readonly string[],
  variants: Variants,
): readonly Snippet[] => {
  try {
    return scenario.release(libraries).select(variants);
  } catch (error) {
    if (error instanceof InputError && error.where.file === undefined)
      scenario.fail(['variants'], error.message);
    throw error;
  }
};

// The bytes of the candidate: of the variants that it chooses, and of the checked function.
const codeOf = (scenario: Scenario, checked: string, libraries: readonly string[]): Code[] => {
  const variants = scenario.spec.variants ?? {};
  const names = new Set([checked, ...Object.keys(variants)]);
  return selectFor(scenario, libraries, variants)
    .filter((snippet) => names.has(snippet.function))
    .map(({ function: symbol, start, bytes, symbols }) => {
      const entries = symbols.map(({ address }) => address);
      const { instructions, leaders } = blocksOf(bytes, start, entries);
      const blocks = new Map<Addr, Addr[]>();
      for (const leader of leaders) {
        const block: Addr[] = [];
        for (let at = leader, one = instructions.get(at); one !== undefined; one = instructions.get(at)) {
          if (at !== leader && leaders.has(at)) break;
          block.push(at);
          if (one.flow !== 'next') break;
          at += BigInt(one.length);
        }
        blocks.set(leader, block);
      }
      return {
        symbol,
        start,
        bytes,
        blocks,
        instructions: new Set(instructions.keys()),
        overlapped: overlappedOf(leaders, instructions),
      };
    });
};

/** Of one candidate. */
export class CodeCoverage {
  /** First instructions of blocks that have not run since `restart`; who runs the code takes them out. */
  readonly unseen = new Set<Addr>();
  readonly #code: readonly Code[];
  readonly #ran = new Set<Addr>(); // instructions
  readonly #outcomes = new Map<Addr, number>();
  readonly #allocations = new Map<Addr, boolean>(); // by where their calls return to
  #symbols: SymbolTable | undefined; // of those
  #started = false;

  /** @throws {InputError} when the candidate's code is not there */
  constructor(scenario: Scenario, checked: string, libraries: readonly string[]) {
    this.#code = codeOf(scenario, checked, libraries);
    this.restart();
  }

  /** The code, for who looks at it while it runs. */
  get ranges(): readonly CodeRange[] {
    return this.#code;
  }

  /** Forget which blocks have run; what is counted stays. */
  restart(): void {
    if (this.#started) this.#count();
    this.#started = true;
    for (const { blocks, overlapped } of this.#code)
      for (const leader of blocks.keys()) if (!overlapped.has(leader)) this.unseen.add(leader);
  }

  #count(): void {
    for (const { blocks, overlapped } of this.#code)
      for (const [leader, block] of blocks)
        if (!this.unseen.has(leader) && !overlapped.has(leader)) for (const at of block) this.#ran.add(at);
  }

  /** Count an observed world. */
  add({ executed, branches }: Observation): void {
    for (const at of executed) this.#ran.add(at);
    for (const [at, outcome] of branches) this.#outcomes.set(at, (this.#outcomes.get(at) ?? 0) | outcome);
  }

  /** Count an allocation. @param site where its call returns to, in the code that `symbols` are of */
  addAllocation(site: Addr, failed: boolean, symbols: SymbolTable): void {
    this.#symbols = symbols;
    if (failed || !this.#allocations.has(site)) this.#allocations.set(site, failed);
  }

  /** All that was counted. */
  get value(): Coverage {
    this.#count();
    return {
      functions: this.#code.map(({ symbol, start, bytes, instructions }) => {
        const end = start + BigInt(bytes.length);
        const own = [...this.#ran].filter((at) => at >= start && at < end);
        const offsets = (addresses: Iterable<Addr>): number[] =>
          [...addresses].map((at) => Number(at - start)).toSorted((a, b) => a - b);
        const all = offsets(new Set([...instructions, ...own]));
        return {
          symbol,
          instructions: all,
          ran: offsets(own),
          outcomes: all.flatMap((offset) => {
            const seen = this.#outcomes.get(start + BigInt(offset));
            return seen === undefined ? [] : [{ offset, seen }];
          }),
        };
      }),
      allocations: [...this.#allocations]
        .map(([site, failed]) => ({ at: this.#symbols!.formatLocation(site), failed }))
        .toSorted((a, b) => (a.at < b.at ? -1 : 1)),
    };
  }
}
