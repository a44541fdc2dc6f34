// A process that checks mutants, one after another: one of them may end the process that the emulator is in. The blocks
// are those of a check; the world that breaks a mutant is not shrunk, which would take most of the time.

import { blocksOf, replayPath, runBlock } from '../../dist/check/find/campaign.js';
import { Arena } from '../../dist/check/watch/arena.js';
import { loadScenario } from '../../dist/scenario/scenario.js';

const check = (arena, seed, runs) => {
  let tried = 0;
  let slow = 0;
  for (let block = 0; block < blocksOf(runs); block += 1) {
    const result = runBlock(arena, seed, block, runs);
    tried += result.runs;
    slow += result.slow;
    const found = { runs: tried, property: null, reason: null };
    if (result.flaky !== null) return { ...found, verdict: 'flaky' };
    if (!result.broke) continue;
    const world = replayPath(arena, seed, `${block}:${result.runs - 1}`);
    return world === undefined
      ? { ...found, verdict: 'flaky' }
      : { ...found, verdict: 'breaks', property: world.property };
  }
  return { verdict: slow > 0 ? 'slow' : 'holds', property: null, runs: tried, reason: null };
};

process.on('disconnect', () => process.exit());
process.on('message', ({ scenario, candidate, library, runs, seed }) => {
  try {
    const arena = new Arena(loadScenario(scenario), candidate, { libraries: [library] });
    try {
      process.send(check(arena, seed, runs));
    } finally {
      arena.close();
    }
  } catch (error) {
    process.send({ verdict: 'error', property: null, runs: 0, reason: String(error?.message ?? error) });
  }
});
