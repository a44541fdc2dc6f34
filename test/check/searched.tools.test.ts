// What only one length, byte, sum or failure breaks is found within 10,000 worlds, and found again by its path. Needs a compiler.
import { afterAll, describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { bringCandidate } from '../../src/candidate/bring.js';
import {
  type BlockResult,
  blocksOf,
  replayPath,
  runBlock,
  shrinkBlock,
} from '../../src/check/find/campaign.js';
import { Arena } from '../../src/check/watch/arena.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { COMPILERS, Folder } from '../helpers/candidate-tools.js';
import { cases } from '../helpers/effort.js';

const scenario = loadScenario('mount-arena');
const folders: Folder[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

const RUNS = 10_000;

const arenaOf = (name: string, cc: string, optimize: string): Arena => {
  const folder = new Folder();
  folders.push(folder);
  const file = fileURLToPath(new URL(`../fixtures/check/${name}.c`, import.meta.url));
  const { snippet, saveAsLibrary } = bringCandidate(file, { cc, optimize });
  saveAsLibrary(folder.path);
  const variants = { [snippet.function]: snippet.variant! };
  return new Arena(scenario, { name, variants }, { libraries: [folder.path] });
};

// The first block that breaks, with the worlds before it.
const search = (arena: Arena, seed: number): { readonly result: BlockResult; readonly tried: number } => {
  let tried = 0;
  for (let block = 0; ; block += 1) {
    const result = runBlock(arena, seed, block, RUNS);
    tried += result.runs;
    if (result.broke || block + 1 === blocksOf(RUNS)) return { result, tried };
  }
};

const RARE = [
  'breaks-prefix-777', 'breaks-prefix-1022', 'breaks-tree-73', 'breaks-tree-98', 'breaks-total-1100',
  'breaks-no-nul-room-at-64', 'breaks-no-nul-room-at-192', 'breaks-no-nul-room-at-1024', 'breaks-lengths-equal',
  'breaks-posix-and-dfs-long', 'breaks-stops-at-ff', 'breaks-turns-0x7f', 'breaks-flags-equal', 'breaks-fail-eleventh',
]; // prettier-ignore

describe.each(COMPILERS)('what one world in many breaks, compiled by $cc', ({ cc, missing }) => {
  it.skipIf(missing).each(RARE)(
    '%s is found',
    (name) => {
      for (const optimize of cases(2) > 1 ? ['-O0', '-O2'] : ['-O2']) {
        using arena = arenaOf(name, cc, optimize);
        for (let seed = 1; seed <= cases(2); seed += 1)
          expect(search(arena, seed).result.broke, `${optimize} seed ${seed}`).toBe(true);
      }
    },
    300_000,
  );
});

const [{ cc, missing } = { cc: 'gcc', missing: true }] = COMPILERS;

describe.skipIf(missing)('a block that is steered by what the code compares', () => {
  it('is the same whatever ran before, and leads to a counterexample that its path replays', () => {
    using first = arenaOf('breaks-prefix-777', cc, '-O2');
    using second = arenaOf('breaks-prefix-777', cc, '-O2');
    const plain = ({ block, runs, broke, worlds }: BlockResult) => ({ block, runs, broke, worlds });
    const forward = [0, 1, 2].map((block) => plain(runBlock(first, 5, block, RUNS)));
    const backward = [2, 1, 0].map((block) => plain(runBlock(second, 5, block, RUNS)));
    expect(backward.toReversed()).toEqual(forward);
    const broken = runBlock(first, 5, 1, RUNS);
    expect(broken.runs).toBeLessThan(500); // one length of 1024
    const found = shrinkBlock(first, 5, broken)!;
    expect(found.world.get('prepath')).toMatchObject({ bytes: { length: 777 } });
    expect(replayPath(second, 5, found.path)).toEqual({ ...found, shrinks: 0 });
  }, 120_000);
});
