// Versions of functions whose right verdict is known, and the property that tells: what they free and leave, what they keep
// for their caller, the flags of their allocations, their results.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bringCandidate, variantOf } from '../../src/candidate/bring.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { COMPILERS, Folder } from '../helpers/candidate-tools.js';
import { withUnicorn } from '../helpers/unicorn.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/check', import.meta.url));
const RUNS = 400;

const folder = new Folder();
afterAll(() => folder.remove());

const propertyOf = (file: string, scenarioName: string, cc: string): string => {
  const path = join(FIXTURES, file);
  const beside = scenarioName === 'mount-arena' ? [] : [dirname(path)];
  const scenario = loadScenario(scenarioName, beside);
  const { check, release } = scenario.spec;
  const brought = bringCandidate(path, { cc, function: check!.function, release, libraries: beside });
  brought.saveAsLibrary(folder.path);
  const name = variantOf(path);
  const code = { name, variants: { [check!.function]: name } };
  const { verdict, property } = checkCandidate(scenario, code, {
    runs: RUNS,
    libraries: [folder.path, ...beside],
  });
  return property ?? verdict;
};

const OTHER = 'other-functions';

describe.each(COMPILERS)('with $cc', { timeout: 120_000 }, ({ cc, missing }) => {
  it.skipIf(missing).each([
    ['breaks-frees-prepath', 'frees'],
    ['breaks-frees-vol', 'frees'],
    ['breaks-frees-interior', 'frees'],
    ['breaks-frees-twice-posix', 'frees'],
    ['breaks-double-free', 'frees'],
    ['breaks-frees-result', 'result'],
    ['breaks-reads-freed-temporary', 'reads-inside'],
    ['breaks-leak-on-failure', 'no-leak'],
    ['breaks-abi-rbx', 'calling-convention'],
    ['breaks-abi-rbp', 'calling-convention'],
    ['breaks-abi-r12', 'calling-convention'],
    ['breaks-abi-df', 'calling-convention'],
    ['breaks-abi-cli', 'calling-convention'],
    ['breaks-gfp-dma-nofail', 'allocation-flags'],
    ['breaks-gfp-dma32', 'allocation-flags'],
    ['breaks-gfp-unknown-bit', 'allocation-flags'],
    ['breaks-fail-err-ptr', 'allocation-failure'],
    ['breaks-returns-alias', 'result'],
    ['holds-abi-saves-rbx', 'holds'],
    ['holds-abi-irq-save', 'holds'],
    ['holds-abi-std-cld', 'holds'],
    ['holds-gfp-nofs', 'holds'],
    ['holds-fail-tries-again', 'holds'],
    ['holds-goto-cleanup', 'holds'],
    ['holds-twelve-parts', 'holds'],
  ])('%s: %s', (name, expected) => {
    expect(propertyOf(`${name}.c`, 'mount-arena', cc)).toBe(expected);
  });

  // Our own engine refuses its vector instructions.
  it.skipIf(missing)('breaks-abi-xmm: calling-convention', () => {
    const found = withUnicorn(() => propertyOf('breaks-abi-xmm.c', 'mount-arena', cc));
    expect(found).toBe('calling-convention');
  });

  it.skipIf(missing).each([
    ['breaks-conn-double-free', 'conn-teardown', 'frees'],
    ['breaks-conn-frees-name-on-failure', 'conn-teardown', 'frees'],
    ['breaks-conn-frees-reason', 'conn-teardown', 'frees'],
    ['breaks-conn-leaks-buffer', 'conn-teardown', 'no-leak'],
    ['breaks-conn-leaks-long-log', 'conn-teardown', 'no-leak'],
    ['breaks-conn-order', 'conn-teardown', 'reads-inside'],
    ['breaks-conn-positive-errno', 'conn-teardown', 'no-leak'],
    ['breaks-conn-says-0', 'conn-teardown', 'no-leak'],
    ['breaks-conn-uaf', 'conn-teardown', 'writes-inside'],
    ['breaks-copy-positive-errno', 'copy-text', 'allocation-failure'],
    ['breaks-bits-s8', 'count-bits', 'result'],
    ['breaks-list-off-by-one', 'list-rotate', 'result'],
    ['breaks-list-no-prev', 'list-rotate', 'result'],
    ['breaks-octal-positive-errno', 'parse-octal', 'result'],
    ['breaks-octal-writes-early', 'parse-octal', 'result'],
    ['holds-conn', 'conn-teardown', 'holds'],
    ['holds-conn-no-log', 'conn-teardown', 'holds'],
    ['holds-conn-order', 'conn-teardown', 'holds'],
    ['holds-conn-tries-twice', 'conn-teardown', 'holds'],
    ['holds-copy', 'copy-text', 'holds'],
    ['holds-copy-null', 'copy-text', 'holds'],
    ['holds-bits-long', 'count-bits', 'holds'],
    ['holds-list-other-rax', 'list-rotate', 'holds'],
    ['holds-list-splice', 'list-rotate', 'holds'],
    ['holds-octal-high-rax', 'parse-octal', 'holds'],
    ['holds-strim', 'strim', 'holds'],
    ['holds-within-high-bits', 'is-within', 'holds'],
  ])('%s in %s: %s', (name, scenario, expected) => {
    expect(propertyOf(`${OTHER}/${name}.c`, scenario, cc)).toBe(expected);
  });
});
