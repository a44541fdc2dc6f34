// The shipped candidates in C, through gcc and clang at each level: the same verdicts as in assembly. Here two levels
// and few worlds; OOPSLAB_FULL=1 takes all four levels, and 20,000 worlds of each that holds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bringCandidate } from '../../src/candidate/bring.js';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const FULL = process.env['OOPSLAB_FULL'] === '1';
const LEVELS = FULL ? ['-O0', '-O1', '-O2', '-Os'] : ['-O0', '-O2'];
const RUNS = FULL ? 20_000 : 1000;
const source = fileURLToPath(new URL('../fixtures/candidates.c', import.meta.url));
const scenario = loadScenario('mount-arena');
const library = mkdtempSync(join(tmpdir(), 'oopslab-compiled-'));
afterAll(() => rmSync(library, { recursive: true }));

describe.each(['gcc', 'clang'])('candidates compiled by %s', (cc) => {
  const isMissing = spawnSync(cc, ['--version']).status !== 0;

  it
    .skipIf(isMissing)
    .each(
      LEVELS.flatMap((level) =>
        loadCandidates().map((candidate) => [candidate.name, level, candidate] as const),
      ),
    )(
    `%s has its verdict at %s (needs ${cc})`,
    (name, level, { expected, caughtBy }) => {
      const variant = `${name}-${cc}${level.toLowerCase()}`;
      const define = `-D${name.toUpperCase().replaceAll('-', '_')}`;
      bringCandidate(source, { cc, optimize: level, flags: [define], variant }).saveAsLibrary(library);
      const candidate = { name: variant, variants: { cifs_build_path_to_root: variant } };
      const result = checkCandidate(scenario, candidate, { runs: RUNS, libraries: [library] });
      expect(result.verdict).toBe(expected);
      expect(result.property).toBe(caughtBy[0] ?? null);
    },
    120_000,
  );
});
