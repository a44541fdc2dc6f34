// A process that checks mutants, one after another: one of them may end the process that the emulator is in.

import { checkCandidate } from '../../dist/check/run/check-candidate.js';
import { loadScenario } from '../../dist/scenario/scenario.js';

process.on('disconnect', () => process.exit());
process.on('message', ({ scenario, candidate, library, runs, seed }) => {
  try {
    const result = checkCandidate(loadScenario(scenario), candidate, { libraries: [library], runs, seed });
    const { verdict, property } = result;
    process.send({ verdict, property, runs: result.runs, reason: null });
  } catch (error) {
    process.send({ verdict: 'error', property: null, runs: 0, reason: String(error?.message ?? error) });
  }
});
