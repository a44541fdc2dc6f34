// Kept counterexamples: scenario files that read back as the world they were, and end as they say.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Arena } from '../../src/check/watch/arena.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { keep, readKept } from '../../src/check/tell/keep.js';
import { keptText, quote } from '../../src/check/tell/kept-text.js';
import { worldArbitrary } from '../../src/check/world/worlds.js';
import { InputError } from '../../src/base/errors.js';
import { formatParameters, readParameters } from '../../src/scenario/parameters.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { checkedScenario } from '../../src/check/world/stale-parameter.js';
import { cases } from '../helpers/effort.js';
import { hexCandidate } from '../helpers/hex-candidate.js';

const scenario = loadScenario('mount-arena');
const BUG = { name: 'bug', variants: {} };
const top = mkdtempSync(join(tmpdir(), 'oopslab-keep-'));
afterAll(() => rmSync(top, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(top, String((folders += 1)));

const found = checkCandidate(scenario, BUG, { runs: 1000 }).counterexample!;
const property = found.property;

describe('a kept counterexample', () => {
  it('is a scenario that ends as it expects, and breaks the same property', () => {
    const folder = newFolder();
    const kept = keep({ folder, scenario }, { candidate: BUG, property, world: found.world });
    expect(kept.name).toBe(`bug-${property}`);
    expect(readdirSync(join(folder, 'scenarios'))).toEqual([`bug-${property}.yaml`]);
    const recording = replay(loadScenario(kept.name, [folder]), { libraries: [folder] });
    expect(recording.header.unexpected).toEqual([]);
    expect(recording.header.outcome).toEqual(kept.recording.header.outcome);
    using arena = new Arena(scenario, BUG);
    const [again] = readKept({ folder, scenario }, 'bug');
    expect(arena.run(again!.world)).toEqual(found.violations);
  });

  it('brings the code of its candidate with it, where its folder is the library', () => {
    const folder = newFolder();
    const candidate = hexCandidate(folder, 'loops', [0xeb, 0xfe]);
    const world = readParameters(scenario);
    const kept = keep({ folder, scenario }, { candidate, property: 'ends', world });
    const recording = replay(loadScenario(kept.file, [folder]), { libraries: [folder] });
    expect(recording.header).toMatchObject({
      asExpected: true,
      variants: candidate.variants,
      outcome: { kind: 'budget' },
    });
  });

  it.each([
    ['returns', [0x31, 0xc0, 0xc3]],
    ['traps', [0x0f, 0x0b]],
    ['jumps', [0xb8, 0x78, 0x56, 0x34, 0x12, 0xff, 0xe0]],
  ] as const)('ends as it expects when the candidate %s', (name, code) => {
    const folder = newFolder();
    const candidate = hexCandidate(folder, name, code);
    const kept = keep({ folder, scenario }, { candidate, property: 'ends', world: readParameters(scenario) });
    const recording = replay(loadScenario(kept.file, [folder]), { libraries: [folder] });
    expect(recording.header.unexpected).toEqual([]);
  });

  it.each([
    ['zero', false],
    ['4142', true],
  ])('brings what nobody wrote along where the scenario has no word for it: %s', (stack, isThere) => {
    const folder = newFolder();
    const reference = fileURLToPath(
      new URL('../../examples/bounded-copy/scenarios/bounded-copy.yaml', import.meta.url),
    );
    const copy = loadScenario(reference);
    expect(Object.keys(copy.spec.parameters!)).not.toContain('stack');
    const world = readParameters(checkedScenario(copy), new Map([['stack', stack]]));
    const keeping = { folder, scenario: copy, reference };
    const candidate = { name: 'strlcpy', variants: {} };
    const kept = keep(keeping, { candidate, property: 'result', world });
    expect(readFileSync(kept.file, 'utf8').includes('stack')).toBe(isThere);
    const recording = replay(loadScenario(kept.file, [folder]), { libraries: [folder] });
    expect(recording.header.unexpected).toEqual([]);
    expect(recording.header.outcome).toEqual(kept.recording.header.outcome);
    expect(recording.instructions).toBe(kept.recording.instructions);
    const [again] = readKept(keeping, 'strlcpy');
    expect(formatParameters(again!.world)).toEqual(formatParameters(world));
    expect(keep(keeping, { candidate, property: 'result', world }).name).toBe(kept.name);
  });

  it('keeps another world beside the first, and the same one where it is', () => {
    const folder = newFolder();
    const other = readParameters(scenario, new Map([['prepath', '/b']]));
    const keeping = { folder, scenario };
    const one = keep(keeping, { candidate: BUG, property, world: found.world });
    const two = keep(keeping, { candidate: BUG, property, world: other });
    const again = keep(keeping, { candidate: BUG, property, world: found.world });
    const reads = keep(keeping, { candidate: BUG, property: 'reads-inside', world: other });
    expect([one.name, two.name, again.name]).toEqual([
      `bug-${property}`,
      `bug-${property}-2`,
      `bug-${property}`,
    ]);
    expect(readKept(keeping, 'bug').map(({ name }) => name)).toEqual([one.name, two.name, reads.name]);
    expect(readKept(keeping, 'bu')).toEqual([]);
  });

  it('is named for a candidate of any name', () => {
    const folder = newFolder();
    const candidate = { name: 'My_Fix (2)', variants: {} };
    const kept = keep({ folder, scenario }, { candidate, property, world: found.world });
    expect(loadScenario(kept.name, [folder]).name).toBe(kept.name);
    expect(readKept({ folder, scenario }, candidate.name)).toHaveLength(1);
  });

  it('extends a scenario of the user by the way to its file', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'own'), { recursive: true });
    const reference = join(folder, 'own', 'arena.yaml');
    writeFileSync(reference, 'format: oopslab scenario 1\nname: arena\nextends: mount-arena\n');
    const keeping = { folder, scenario: loadScenario(reference), reference };
    const kept = keep(keeping, { candidate: BUG, property, world: found.world });
    expect(readFileSync(kept.file, 'utf8')).toContain("extends: '../own/arena.yaml'");
    expect(readKept(keeping, 'bug')).toHaveLength(1);
    expect(readKept({ folder, scenario }, 'bug')).toEqual([]); // it is of another scenario
  });

  it.each([
    ['is not YAML', 'format: [', /YAML/u],
    ['is empty', '', /empty/u],
    ['has an unknown field', "format: oopslab scenario 1\nname: x\nextends: mount-arena\nworlds: 1\n", /worlds/u],
  ] as const)('that %s is one complaint with the file', (_what, text, message) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'scenarios'), { recursive: true });
    const file = join(folder, 'scenarios', 'bug-result.yaml');
    writeFileSync(file, text);
    let error: unknown;
    try {
      readKept({ folder, scenario }, 'bug');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
    expect((error as InputError).where).toMatchObject({ file });
  }); // prettier-ignore

  it.each([
    ['has a value that is not allowed', 'parameters: { dfs: { default: maybe } }', /^parameters\.dfs.*yes/u],
    ['lacks a parameter', 'parameters: { fail: null }', /lacks the parameter fail/u],
    ['has one more', 'parameters: { size: { type: int32, default: 1, help: x } }', /has no parameter size/u],
    ['has a value of one that is gone', 'parameters: { size: { default: 1 } }', /^parameters\.size/u],
  ] as const)('that %s is left out, with the reason', (_what, parameters, why) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'scenarios'), { recursive: true });
    const file = join(folder, 'scenarios', 'bug-result.yaml');
    writeFileSync(
      file,
      `format: oopslab scenario 1\nname: bug-result\nextends: mount-arena\n${parameters}\n`,
    );
    const skipped: string[][] = [];
    expect(readKept({ folder, scenario }, 'bug', (...one) => skipped.push(one))).toEqual([]);
    expect(skipped).toEqual([[file, expect.stringMatching(why)]]);
    // Another is kept beside it.
    const kept = keep({ folder, scenario }, { candidate: BUG, property: 'result', world: found.world });
    expect(kept.name).toBe('bug-result-2');
  });

  it('that cannot be written leaves no file', () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'scenarios'), 'a file in the way');
    expect(() => keep({ folder, scenario }, { candidate: BUG, property, world: found.world })).toThrow(
      InputError,
    );
    expect(readdirSync(folder)).toEqual(['scenarios']);
  });
});

describe('what a kept file says', () => {
  const written = (world: ReturnType<typeof readParameters>, name: string): string =>
    keptText({
      name,
      scenario,
      reference: 'mount-arena',
      candidate: 'bug',
      variants: {},
      property: 'result',
      world,
      outcome: { kind: 'returned', value: '0x0' },
      notes: [],
    });

  it('reads back as the same world, whatever that is', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'scenarios'), { recursive: true });
    const file = join(folder, 'scenarios', 'bug-result.yaml');
    fc.assert(
      fc.property(worldArbitrary(scenario), (world) => {
        writeFileSync(file, written(world, 'bug-result'));
        const [kept] = readKept({ folder, scenario }, 'bug');
        expect(formatParameters(kept!.world)).toEqual(formatParameters(world));
        expect([...kept!.world]).toEqual([...world]);
      }),
      { numRuns: cases(60), seed: 1 },
    );
  });

  it('keeps every text, also what looks like something else to YAML', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'scenarios'), { recursive: true });
    const file = join(folder, 'scenarios', 'bug-result.yaml');
    const text = fc.oneof(
      fc.constantFrom('no', '~', 'null', '0x10', '1e3', '- a', '# a', "it's", '"', '\\', ' a ', 'a: b', '&a', '*a', '!!a', '%', '\u0085', '\u2028', '\ufeff', '😀', '\n', '\r\n', '\t', '\x7f', 'e\u0301'),
      fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((one) => !one.includes('\0')),
    ); // prettier-ignore
    fc.assert(
      fc.property(text, (tree) => {
        const bytes = new TextEncoder().encode(tree).slice(0, 99);
        const world = new Map(readParameters(scenario)).set('tree', { type: 'text', bytes });
        writeFileSync(file, written(world, 'bug-result'));
        const [kept] = readKept({ folder, scenario }, 'bug');
        expect(kept!.world.get('tree')).toEqual({ type: 'text', bytes });
      }),
      { numRuns: cases(60), seed: 1 },
    );
  });

  it('is quoted, on one line', () => {
    expect(['no', "it's", 'a\nb', '\u2028'].map(quote)).toEqual([
      "'no'",
      "'it''s'",
      '"a\\u000ab"',
      '"\\u2028"',
    ]);
  });
});
