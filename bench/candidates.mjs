// What it takes to find the shipped candidates that break: `node bench/candidates.mjs` after a build. Worlds until a
// world breaks something, over 20 seeds, and the counterexample that seed 1 shrinks to. Writes both tables of
// docs/check.md between their marks; --print prints the measured one instead. It measures no time, so every machine gives the same.

import { readFileSync, writeFileSync } from 'node:fs';
import { loadCandidates } from '../dist/check/run/shipped.js';
import { checkCandidate } from '../dist/check/run/check-candidate.js';
import { formatParameters } from '../dist/scenario/parameters.js';
import { loadScenario } from '../dist/scenario/scenario.js';
import { candidateTable, table } from './candidate-table.mjs';

const SEEDS = 20;
const RUNS = 10_000;
const file = new URL('../docs/check.md', import.meta.url);
const scenario = loadScenario('mount-arena');
const code = (text) => `\`${text}\``;

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// Parameters that differ from the simplest of their kind say what the counterexample needs.
const inWords = (world) => {
  const { tree, dfs, prepath, delimiter, position, behind, previous, neighbour, fail } =
    formatParameters(world);
  return [
    dfs === 'yes'
      ? `tree name ${code(tree)} (${code('dfs=yes')}) and prefix ${code(prepath)}`
      : `prefix ${code(prepath)}`,
    `delimiter ${code(delimiter)}`,
    `slot ${position}`,
    `behind it ${behind === 'free' ? 'a free object' : 'an object'} of ${code(neighbour)}`,
    `in the slot ${code(previous)}`,
    ...(fail === 0 ? [] : [`allocation ${fail} fails`]),
  ].join('; ');
};

const rows = loadCandidates()
  .filter(({ expected }) => expected === 'breaks')
  .map((candidate) => {
    const results = Array.from({ length: SEEDS }, (_, index) =>
      checkCandidate(scenario, candidate, { seed: index + 1, runs: RUNS }),
    );
    const missed = results.filter(({ verdict }) => verdict !== 'breaks').length;
    if (missed > 0)
      throw new Error(`${candidate.name}: ${missed} seeds of ${SEEDS} found nothing in ${RUNS} worlds`);
    const runs = results.map((result) => result.runs);
    const properties = [...new Set(results.map(({ property }) => property))].toSorted();
    process.stderr.write(`candidates: ${candidate.name}: ${runs.join(' ')}\n`);
    return [
      candidate.name,
      String(median(runs)),
      String(Math.max(...runs)),
      properties.map(code).join(', '),
      inWords(results[0].counterexample.world),
    ];
  });

const measured = table(['candidate', 'median', 'most', 'property', 'counterexample of seed 1'], rows);
if (process.argv.includes('--print')) process.stdout.write(`${measured}\n`);
else {
  const put = (text, name, content) => {
    const parts = text.split(`<!-- ${name} -->`);
    if (parts.length !== 3) throw new Error(`docs/check.md should have <!-- ${name} --> twice`);
    return [parts[0], `\n\n${content}\n\n`, parts[2]].join(`<!-- ${name} -->`);
  };
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, put(put(text, 'candidates', candidateTable(loadCandidates())), 'measured', measured));
}
