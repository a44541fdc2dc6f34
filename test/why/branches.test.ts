// Control dependence against its definition: an instruction depends on a branch if one way of the branch always leads to
// it and another need not. Whether a way always leads somewhere is found by taking the place away.
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../src/x86/blocks.js';
import { Branches } from '../../src/why/branches.js';
import { numbers } from '../helpers/any-code.js';
import { cases } from '../helpers/effort.js';
import { slicedCode } from '../helpers/sliced-programs.js';

const START = 0xffffffff81f00000n;

// The ways of every instruction; -1n is the end of the function.
const waysOf = (code: Uint8Array): Map<bigint, bigint[]> => {
  const { instructions } = blocksOf(code, START, [START]);
  const inside = (at: bigint): bigint => (instructions.has(at) ? at : -1n);
  return new Map(
    [...instructions].map(([at, { length, flow, target }]): [bigint, bigint[]] => {
      const next = inside(at + BigInt(length));
      if (flow === 'jump') return [at, [inside(target ?? -1n)]];
      if (flow === 'conditional jump') return [at, [next, inside(target ?? -1n)]];
      return [at, flow === 'return' || flow === 'trap' ? [-1n] : [next]];
    }),
  );
};

// Whether the end can be reached from a place without another.
const ends = (ways: ReadonlyMap<bigint, readonly bigint[]>, from: bigint, without: bigint): boolean => {
  const seen = new Set<bigint>();
  const waiting = [from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === without || seen.has(at)) continue;
    if (at === -1n) return true;
    seen.add(at);
    waiting.push(...ways.get(at)!);
  }
  return false;
};

describe('deciding branches', () => {
  it('are those of the definition', () => {
    const below = numbers(17);
    let pairs = 0;
    for (let number = 0; number < cases(60, 600); number += 1) {
      const code = Uint8Array.from(slicedCode(below));
      const ways = waysOf(code);
      const branches = new Branches(code, START, []);
      const deciders = [...ways].filter(([, next]) => new Set(next).size > 1);
      for (const at of ways.keys()) {
        const expected = deciders
          .filter(([branch, next]) => {
            const always = (from: bigint): boolean => from === at || !ends(ways, from, at);
            return next.some(always) && (branch === at || !next.every(always));
          })
          .map(([branch]) => branch)
          .toSorted();
        pairs += expected.length;
        expect([...branches.decidingFor(at)!].toSorted(), `program ${number}, ${at}`).toEqual(expected);
      }
    }
    expect(pairs).toBeGreaterThan(20);
  });

  it('are known where code never ends', () => {
    // test %eax,%eax; je +2; jmp self; ret
    const branches = new Branches(Uint8Array.from([0x85, 0xc0, 0x74, 0x02, 0xeb, 0xfe, 0xc3]), START, []);
    expect([...branches.decidingFor(START + 4n)!]).toEqual([START + 2n]);
    expect([...branches.decidingFor(START + 6n)!]).toEqual([START + 2n]);
    expect(branches.decidingFor(START)!.size).toBe(0);
  });
});
