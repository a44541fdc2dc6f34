// A version that breaks something breaks the same in the same world on each engine, and the recording of that world is the same, byte
// for byte: of the shipped candidates, and of the versions in test/fixtures/check, of which a part in CI. OOPSLAB_FULL=1 tries all.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { bringCandidate, variantOf } from '../../src/candidate/bring.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { checkedScenario } from '../../src/check/world/stale-parameter.js';
import { type CandidateCode, scenarioWith } from '../../src/check/watch/arena.js';
import { ENGINE_VARIABLE } from '../../src/machine/engine-names.js';
import type { EngineKind } from '../../src/machine/engine.js';
import { replay } from '../../src/run/replay.js';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';
import { settingsOf } from '../helpers/campaign-worlds.js';
import { COMPILERS, Folder } from '../helpers/candidate-tools.js';
import { ENGINES_HERE } from '../helpers/unicorn.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/check', import.meta.url));
const FULL = process.env['OOPSLAB_FULL'] === '1';
const RUNS = FULL ? 5000 : 400;
const PART = FULL ? 1 : 12; // every so many fixtures

const ENGINES = ENGINES_HERE.filter(({ name }) => name !== 'unicorn.js'); // the double of which runs libunicorn

const folder = new Folder();
afterAll(() => folder.remove());
afterEach(() => vi.unstubAllEnvs());

// What a check finds on an engine, and the recording of its counterexample.
const found = (engine: EngineKind, scenario: Scenario, code: CandidateCode, libraries: readonly string[]) => {
  vi.stubEnv(ENGINE_VARIABLE, engine.name);
  const { verdict, property, runs, counterexample } = checkCandidate(scenario, code, { runs: RUNS, seed: 15, libraries });
  if (counterexample === null) return { verdict, property, runs };
  const { world, violations, path, shrinks } = counterexample;
  const { header, data } = replay(scenarioWith(checkedScenario(scenario), code), { set: settingsOf(world), libraries, engine });
  const digits = (array: Uint8Array | Uint32Array): string =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
  return {
    verdict, property, runs, world, violations, path, shrinks, header,
    memory: digits(data.memory), registers: digits(data.registers), accesses: digits(data.accesses),
  };
}; // prettier-ignore

const compare = (scenario: Scenario, code: CandidateCode, libraries: readonly string[] = []): string => {
  const [first, ...others] = ENGINES.map((engine) => found(engine, scenario, code, libraries));
  for (const other of others) expect(other).toEqual(first);
  return first!.verdict;
};

describe('shipped candidates', () => {
  const wrong = loadCandidates().filter(({ expected }) => expected === 'breaks');

  it.each(wrong.map((one) => [one.name, one] as const))('%s', (_name, candidate) => {
    expect(compare(loadScenario('mount-arena'), candidate)).toBe('breaks');
  });
});

const OTHER: Readonly<Record<string, string>> = { bits: 'count-bits', conn: 'conn-teardown', copy: 'copy-text', list: 'list-rotate', octal: 'parse-octal', strim: 'strim', within: 'is-within' }; // prettier-ignore

const fixtures = ['', 'other-functions']
  .flatMap((below) => readdirSync(join(FIXTURES, below)).map((name) => join(below, name)))
  .filter((name) => /(?:^|\/)breaks-[^/]*\.c$/u.test(name))
  .filter((name) => !/abi-xmm|trap-mov-cr3/u.test(name)) // SSE and a system register, which one engine refuses by name
  .filter((name, index) => index % PART === 0 || name.includes('caller-frame')); // above the stack, in memory that moves

const compiler = COMPILERS.find(({ missing }) => !missing)?.cc;

it.skipIf(compiler === undefined)('versions of test/fixtures/check', { timeout: 3_600_000 }, () => {
  let broken = 0;
  for (const file of fixtures) {
    const path = join(FIXTURES, file);
    const word = /other-functions\/breaks-([a-z]+)/u.exec(file)?.[1];
    const beside = word === undefined ? [] : [dirname(path)];
    const scenario = loadScenario(word === undefined ? 'mount-arena' : OTHER[word]!, beside);
    const { check, release } = scenario.spec;
    const brought = bringCandidate(path, { cc: compiler!, function: check!.function, release, libraries: beside });
    brought.saveAsLibrary(folder.path);
    const name = variantOf(path);
    const code = { name, variants: { [check!.function]: name } };
    if (compare(scenario, code, [folder.path, ...beside]) === 'breaks') broken += 1;
  }
  expect(broken).toBeGreaterThan(fixtures.length / 2);
}); // prettier-ignore
