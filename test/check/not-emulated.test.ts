// A run that comes to an instruction which the engine does not run as a CPU does says nothing about a candidate.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Arena } from '../../src/check/watch/arena.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

const scenario = loadScenario('mount-arena');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-not-emulated-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (name: string, code: readonly number[]) => {
  using arena = new Arena(scenario, hexCandidate(folder, name, code), { libraries: [folder] });
  const violations = arena.run(readParameters(scenario)).map(({ property }) => property);
  return { violations, problem: arena.flaky?.problem };
};

it('a candidate is flaky that jumps to one inside another instruction', () => {
  const code = [0xeb, 0x01, 0xb8, 0x0f, 0x31, 0x90, 0x90, 0xc3]; // jmp to rdtsc, inside mov; ret
  expect(run('inside', code)).toEqual({
    violations: [],
    problem: 'gives something else in each run, and runs must be equal',
  });
});

it('a candidate breaks a property that runs a forbidden one, whether it is emulated or not', () => {
  const clac = [0x0f, 0x01, 0xca];
  const lgdt = [0x0f, 0x01, 0x17]; // (%rdi)
  for (const [name, forbidden] of Object.entries({ clac, lgdt }))
    expect(run(name, [...forbidden, 0x31, 0xc0, 0xc3])).toEqual({ violations: ['ends'], problem: undefined });
});
