// The matcher toHold(), as users have it: what it takes, when it passes, and what it prints when it does not.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failureText, unbrokenText } from '../../src/check/expect/failure.js';
import type { CheckResult } from '../../src/check/run/check-candidate.js';
import { matchers } from '../../src/vitest.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

expect.extend(matchers);

const FUNCTION = 'cifs_build_path_to_root';
const BUG = { name: 'bug', variants: {} };
const RIGHT = { name: 'right', variants: { [FUNCTION]: 'terminate-first' } };
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-to-hold-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** The message of a failed expectation. */
const messageOf = (expectation: () => unknown): string => {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing failed');
};

describe('expect(code).toHold()', () => {
  it('passes for code that holds, whatever it is given as', () => {
    expect(RIGHT).toHold({ runs: 200 });
    expect('terminate-before-convert').toHold({ runs: 200, scenario: loadScenario('mount-arena') });
  });

  it('fails for code that breaks, with the world, the report, and how to see it again', () => {
    const message = messageOf(() => expect('bug').toHold({ runs: 500, seed: 3 }));
    expect(message).toMatch(
      /^bug should hold, and breaks writes-inside in world \d+ of mount-arena \(seed 3\)$/mu,
    );
    expect(message).toMatch(/^BUG: oopslab: /mu);
    expect(message).toContain('Does not matter:');
    expect(message).toMatch(/^ {2}prepath=/mu);
    expect(message).toMatch(/^ {2}\$ oopslab check bug --scenario mount-arena --seed 3 --path 0:[\d:]+$/mu);
  });

  it('names no command for code that only the test knows', () => {
    const message = messageOf(() => expect(BUG).toHold({ runs: 500 }));
    expect(message).toMatch(/^The same world: seed 1, path 0:[\d:]+$/mu);
    expect(message).not.toContain('$ oopslab');
  });

  it('runs user code from a library', () => {
    const code = hexCandidate(temporary, 'returns-null', [0x31, 0xc0, 0xc3]);
    const message = messageOf(() => expect(code).toHold({ runs: 500, libraries: [temporary] }));
    expect(message).toMatch(/^returns-null should hold, and breaks result /u);
  });

  it('keeps a counterexample where it is told to, and tries it first', () => {
    const counterexamples = join(temporary, 'kept');
    expect(messageOf(() => expect(BUG).toHold({ runs: 500, counterexamples }))).toContain(
      'bug-writes-inside.yaml',
    );
    expect(readdirSync(join(counterexamples, 'scenarios'))).toEqual(['bug-writes-inside.yaml']);
    const again = messageOf(() => expect(BUG).toHold({ runs: 500, counterexamples }));
    expect(again).toMatch(/^bug should hold, and breaks writes-inside in a world that was kept/u);
  });
});

describe('expect(code).not.toHold()', () => {
  it('passes for code that breaks', () => {
    expect(BUG).not.toHold({ runs: 500 });
  });

  it('fails for code that holds, and says how many worlds were tried', () => {
    expect(messageOf(() => expect(RIGHT).not.toHold({ runs: 200 }))).toMatch(
      /^right should break in a world, and holds in 200 worlds of mount-arena \(seed 1\)/u,
    );
  });

  it('does not pass because the code cannot be run', () => {
    expect(() => expect({ name: 'x', variants: { [FUNCTION]: 'missing' } }).not.toHold()).toThrow(
      /has no variant missing/u,
    );
  });
});

describe('other verdicts', () => {
  const scenario = loadScenario('mount-arena');
  const contending = { code: RIGHT, libraries: [], files: {}, argument: undefined };
  const result: CheckResult = {
    name: 'mine',
    verdict: 'holds',
    complete: false,
    reason: 'for a reason',
    runs: 300,
    property: null,
    counterexample: null,
    coverage: null,
    worlds: { tried: 300, exhaustive: null, parameters: {}, failedAllocations: [] },
  };
  const said = (verdict: CheckResult['verdict']): string =>
    failureText({ ...result, verdict }, contending, { scenario, folder: null }, 7);

  it.each([
    ['slow', 'mine should hold, and is slow in mount-arena (seed 7): for a reason'],
    ['flaky', 'mine should hold, and is flaky in mount-arena (seed 7): for a reason'],
    ['holds', 'mine should hold as a whole, and holds in 300 worlds of mount-arena (seed 7): for a reason'],
  ] as const)('%s has its reason', (verdict, text) => {
    expect(said(verdict)).toBe(text);
  });

  it('is not what .not.toHold() wants', () => {
    expect(unbrokenText({ ...result, verdict: 'slow' }, 'mount-arena (seed 7)')).toBe(
      'mine should break in a world, and is slow in mount-arena (seed 7): for a reason',
    );
  });
});

describe('what cannot be checked', () => {
  it.each([
    [42, /found number/u],
    [null, /found null/u],
    [{ name: 'x' }, /found object/u],
    ['terminate-before-convart', /did you mean "terminate-before-convert"\?/u],
    ['missing.c', /missing\.c/u],
  ])('%j is refused, also with .not', (given, says) => {
    expect(() => expect(given).toHold()).toThrow(says);
    expect(() => expect(given).not.toHold()).toThrow(says);
  });
});

describe('oopslab/vitest', () => {
  // Another runner's expect() takes the matchers too: jest calls them with a context that has other fields.
  it('has matchers that need no context of vitest', () => {
    const { pass, message } = matchers.toHold.call({}, RIGHT, { runs: 50 });
    expect({ pass, message: message() }).toEqual({
      pass: true,
      message: expect.stringContaining('50 worlds') as string,
    });
  });

  it('imports nothing of vitest at run time', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, from] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) (?!type )[^;]*?from '([^']+)';/gmu,
      )) {
        expect(from, file).not.toMatch(/^@?vitest/u);
        if (from!.startsWith('.')) visit(join(file, '..', from!.replace(/\.js$/u, '.ts')));
      }
    };
    visit('src/vitest.ts');
    expect(seen.size).toBeGreaterThan(20);
    expect([...seen].every(existsSync)).toBe(true);
  });
});
