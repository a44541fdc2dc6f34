// Verdicts as text and JUnit, and what is told of coverage: values in, lines out; nothing runs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverageListing } from '../../src/check/tell/coverage-listing.js';
import { coverageLines, neverRanText } from '../../src/check/tell/coverage-text.js';
import { tellCoverage } from '../../src/check/tell/coverage.js';
import type { CheckedCandidate } from '../../src/check/tell/form.js';
import { junitText } from '../../src/check/tell/junit.js';
import { formatVerdicts } from '../../src/check/tell/verdict-table.js';
import { tellParameters, worldsLines } from '../../src/check/tell/worlds-text.js';
import { worldLines } from '../../src/check/tell/world-text.js';
import { type Coverage, joinAll } from '../../src/check/watch/coverage.js';
import { loadRelease } from '../../src/release/snippet.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const FUNCTION = 'convert_delimiter';
const snippets = loadRelease()
  .select()
  .filter((snippet) => snippet.function === FUNCTION);

const coverage: Coverage = {
  functions: [
    { symbol: FUNCTION, instructions: [0, 1, 4, 9], ran: [0, 4], outcomes: [{ offset: 4, seen: 1 }, { offset: 9, seen: 3 }] },
  ],
  allocations: [{ at: `${FUNCTION}+0x9`, failed: false }, { at: `${FUNCTION}+0x12`, failed: true }],
}; // prettier-ignore

const checked = (changes: Partial<CheckedCandidate>): CheckedCandidate => ({
  name: 'fix',
  expected: null,
  verdict: 'holds',
  complete: true,
  reason: null,
  runs: 1000,
  property: null,
  counterexample: null,
  world: null,
  path: null,
  replay: null,
  report: [],
  nowHold: [],
  coverage: null,
  worlds: { tried: 1000, exhaustive: null, parameters: {}, failedAllocations: [] },
  ...changes,
});

const told = tellCoverage(coverage, snippets);
const INCOMPLETE = checked({ complete: false, coverage: told, reason: neverRanText(told)! });
const SLOW = checked({ name: 'slow', verdict: 'slow', complete: false, reason: 'a world did not end' });
const FLAKY = checked({ name: 'flaky', verdict: 'flaky', complete: false, reason: 'two runs differ' });
const ERROR = checked({
  name: 'cut',
  verdict: 'error',
  complete: false,
  reason: 'not checked: interrupted',
  runs: 0,
});
const document = (...candidates: CheckedCandidate[]) => ({
  scenario: 'arena',
  seed: 1,
  runs: 1000,
  candidates,
});

describe('coverage', () => {
  it('names the instructions that never ran, and those that went one way only', () => {
    expect(told).toMatchObject({
      instructions: { run: 2, total: 4 },
      neverRan: ['convert_delimiter+0x1', 'convert_delimiter+0x9'],
      oneSided: ['convert_delimiter+0x4'],
    });
    const worlds = { ...INCOMPLETE.worlds, failedAllocations: coverage.allocations };
    expect(coverageLines({ ...INCOMPLETE, worlds })).toEqual([
      'fix: 2 of 4 instructions never ran (convert_delimiter+0x1, convert_delimiter+0x9)',
      'fix: one outcome only, in the worlds that were observed, at convert_delimiter+0x4',
      'fix: got memory in every world at convert_delimiter+0x9',
    ]);
  });

  it('tells lines where they are known: a line runs when one of its instructions does', () => {
    const [snippet] = snippets;
    const lines = [
      { offset: 0, file: 'fix.c', line: 3 },
      { offset: 1, file: 'fix.c', line: 4 },
      { offset: 4, file: 'fix.c', line: 3 },
      { offset: 9, file: 'fix.c', line: 5 },
    ];
    const manifest = { ...snippet!.manifest, lines };
    const part = { ...snippet!.symbol, name: 'helper', address: snippet!.start + 4n };
    const symbols = [snippet!.symbol, part];
    const withLines = tellCoverage(coverage, [{ ...snippet!, manifest, symbols }]);
    expect(withLines.neverRan).toEqual(['convert_delimiter+0x1', 'helper+0x5']);
    expect(withLines.lines).toEqual([
      { file: 'fix.c', line: 3, runs: true },
      { file: 'fix.c', line: 4, runs: false },
      { file: 'fix.c', line: 5, runs: false },
    ]);
    expect(neverRanText(withLines)).toBe('2 of 4 instructions never ran (fix.c:4-5)');
    const source = { file: '/somewhere/fix.c', text: 'one\ntwo\nthree\nfour\nfive\n' };
    const listing = coverageListing([
      { name: 'fix', worlds: 7, coverage: { code: coverage, told: withLines }, snippets, source },
    ]);
    expect(listing.split('\n')).toEqual([
      'fix: 2 of 4 instructions ran in 7 worlds', '',
      '      1  one', '      2  two', 'ran   3  three', 'NEVER 4  four', 'NEVER 5  five', '',
      'Conditional instructions with one outcome only, in the worlds that were observed:', '  convert_delimiter+0x4: never taken', '',
    ]); // prettier-ignore
  });

  it('lists instructions where there is no source', () => {
    const lines = coverageListing([
      { name: 'fix', worlds: 7, coverage: { code: coverage, told }, snippets, source: undefined },
    ]).split('\n');
    expect(lines[2]).toMatch(/^ran {3}convert_delimiter\+0x0 {2}\w+/u);
    expect(lines[3]).toMatch(/^NEVER convert_delimiter\+0x1 {2}\w+/u);
    expect(lines[4]).toMatch(/\(never taken\)$/u);
    expect(lines[5]).not.toContain('taken)');
  });

  it('joins to the same in any order, and nothing is lost', () => {
    const offsets = [0, 1, 4, 9];
    const part = fc
      .record({
        ran: fc.subarray(offsets),
        outcomes: fc.uniqueArray(fc.record({ offset: fc.constantFrom(...offsets), seen: fc.integer({ min: 1, max: 3 }) }), {
          selector: ({ offset }) => offset,
        }),
        allocations: fc.uniqueArray(fc.record({ at: fc.constantFrom('f+0x9', 'f+0x10', 'g+0x1'), failed: fc.boolean() }), {
          selector: ({ at }) => at,
        }),
      })
      .map(({ ran, outcomes, allocations }): Coverage => ({
        functions: [{ symbol: 'f', instructions: offsets, ran, outcomes }],
        allocations,
      })); // prettier-ignore
    fc.assert(
      fc.property(fc.array(fc.option(part, { nil: null }), { minLength: 2, maxLength: 5 }), (parts) => {
        const joined = joinAll([...parts, ...parts]);
        expect(joinAll([...parts.toReversed(), ...parts])).toEqual(joined);
        for (const one of parts.filter((known) => known !== null)) {
          expect(joined!.functions[0]!.ran).toEqual(expect.arrayContaining([...one.functions[0]!.ran]));
          for (const { offset, seen } of one.functions[0]!.outcomes) {
            const whole = joined!.functions[0]!.outcomes.find((other) => other.offset === offset)!.seen;
            expect(whole & seen).toBe(seen);
          }
          for (const { at, failed } of one.allocations)
            expect(joined!.allocations.find((other) => other.at === at)!.failed || !failed).toBe(true);
        }
      }),
    );
  });
});

describe('the table', () => {
  it('says that a candidate holds only as far as it was looked at', () => {
    const cut = checked({ name: 'other', complete: false, reason: 'time limit' });
    const lines = formatVerdicts(document(INCOMPLETE, cut, checked({ name: 'whole' })));
    expect(lines.find((line) => line.startsWith('fix '))).toMatch(/holds +holds where it ran {2}/u);
    expect(lines.find((line) => line.startsWith('other '))).toMatch(/holds +holds so far {2}/u);
    expect(lines.find((line) => line.startsWith('whole '))).toMatch(/holds +holds {3}/u);
    expect(lines.at(-1)).toBe('3 candidates in worlds of arena, seed 1: all as expected.');
  });

  it('gives the reason of what is slow, flaky or an error', () => {
    const lines = formatVerdicts(document(SLOW, FLAKY, ERROR));
    expect(lines.slice(1, 4).map((line) => line.split(/ {2,}/u)[2])).toEqual([
      'slow !',
      'flaky !',
      'error !',
    ]);
    for (const reason of [
      'slow: a world did not end',
      'flaky: two runs differ',
      'cut: not checked: interrupted',
    ])
      expect(lines).toContain(reason);
    expect(lines.at(-1)).toContain('3 not as expected');
  });
});

describe('JUnit', () => {
  it('has failures for slow, flaky and unexpected verdicts, errors for errors', () => {
    const xml = junitText(document(SLOW, FLAKY, ERROR, checked({ expected: 'breaks' })));
    expect(xml).toContain('tests="4" failures="3" errors="1"');
    expect(xml).toContain('<failure message="a world did not end" type="slow">');
    expect(xml).toContain('<failure message="two runs differ" type="flaky">');
    expect(xml).toContain('<error message="not checked: interrupted" type="error">');
    expect(xml).toContain('<failure message="expected breaks, found holds" type="holds">');
  });

  it('says in its output that a candidate is not complete, or fails it where that is asked for', () => {
    const never = '2 of 4 instructions never ran (convert_delimiter+0x1, convert_delimiter+0x9)';
    const passed = junitText(document(INCOMPLETE));
    expect(passed).toContain('failures="0" errors="0"');
    expect(passed).toContain(`<system-out>not complete: ${never}</system-out>`);
    const failed = junitText(document(INCOMPLETE), true);
    expect(failed).toContain('failures="1" errors="0"');
    expect(failed).toContain(`<failure message="${never}" type="incomplete">`);
  });
});

describe('worlds', () => {
  const scenario = loadScenario('mount-arena');

  it('are told by their lengths and choices', () => {
    const counts = {
      worlds: 9,
      parameters: { prepath: { 0: 1, 5: 2, 7: 5, NULL: 1 }, position: { first: 4, last: 5 }, fail: { 0: 9 } },
    };
    const parameters = tellParameters(counts, scenario.spec.parameters!);
    expect(parameters).toMatchObject({
      prepath: { type: 'text', lengths: { different: 3, from: 0, to: 7 } },
    });
    expect(
      worldsLines(checked({ worlds: { tried: 9, exhaustive: null, parameters, failedAllocations: [] } })),
    ).toEqual(['fix: in 9 worlds: prepath 3 lengths from 0 to 7, NULL 1; position first 4 and last 5']);
  });

  it('that break begin a report: what matters line by line, then the two lists', () => {
    const world = readParameters(scenario, new Map([['prepath', `/${'a'.repeat(300)}`]]));
    const mattering = {
      property: 'writes-inside',
      seed: 1,
      worlds: 30,
      parameters: [
        { parameter: 'tree', kind: 'any', together: true, tested: 10 },
        { parameter: 'prepath', kind: 'not-empty', tested: 20 },
        {
          parameter: 'fail',
          kind: 'choice',
          does: ['0', '2', '3', '4'],
          doesNot: ['1'],
          beside: null,
          tested: 5,
        },
        { parameter: 'dfs', kind: 'any', together: false, tested: 7 },
      ],
    } as const;
    const lines = worldLines({ world, mattering }, 100);
    expect(lines[0]).toBe('The world, as --set takes it:');
    expect(lines[1]).toBe(`  prepath=/${'a'.repeat(199)}… (301 characters)`);
    expect(lines).toContain('  fail=0');
    expect(lines).toContain(String.raw`  tree=\\\\fs01\\data  dfs=yes`);
    expect(lines.slice(-6)).toEqual([
      'Must be so:',
      '  prepath: any text except the empty one (20 worlds tried)',
      '  fail: 0 or 2 to 4; not 1 (5 worlds tried)',
      'Does not matter:',
      '  tree (10 worlds tried)',
      '  dfs, with the other parameters as they stand (7 worlds tried)',
    ]);
  });
});
