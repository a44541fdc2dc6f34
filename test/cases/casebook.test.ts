// The casebook: each shipped case shows its bug, its control does not, and its files belong together.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareDetectors } from '../../src/detectors/compare.js';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { listScenarios, loadControl, loadScenario } from '../../src/scenario/scenario.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CASES = readdirSync(join(root, 'cases')).toSorted();

// What each case is about, and what a run of it must have among its findings; what no finding can tell has none.
const KINDS: Readonly<Record<string, { readonly cause: string; readonly finding: string | null }>> = {
  'empty-queue': { cause: 'type-confusion', finding: null },
  'fence-file': { cause: 'use-after-free', finding: 'use-after-free' },
  'hdlc-buffers': { cause: 'double-free', finding: 'double-free' },
  'pipe-flags': { cause: 'uninitialised', finding: 'uninitialised' },
  'program-map': { cause: 'refcount', finding: 'use-after-free' },
  'timer-list': { cause: 'list-corruption', finding: 'use-after-free' },
};

// By detector, in the order of the table: caught, shown, missed.
const DETECTED: Readonly<Record<string, string>> = {
  'empty-queue': '- - - - -',
  'fence-file': '- - caught caught caught',
  'hdlc-buffers': '- - caught caught caught',
  'pipe-flags': '- - - - -',
  'program-map': '- - caught caught caught',
  'timer-list': 'shown shown caught caught caught',
};

it('is the six of issue and table', () => {
  expect(CASES).toEqual(Object.keys(KINDS));
});

describe.each(CASES)('%s', (name) => {
  const scenario = loadScenario(name);
  const { cause, finding } = KINDS[name]!;

  it('ends as it expects, not well, and says what is wrong', () => {
    const recording = replay(scenario);
    expect(recording.header.unexpected).toEqual([]);
    expect(recording.header.outcome.kind).toMatch(/^(?:bug|fault)$/u);
    expect(scenario.spec.cause?.kind).toBe(cause);
    const kinds = new Case(recording).findings.map(({ kind }) => kind);
    if (finding !== null) expect(kinds).toContain(finding);
  });

  it('has a control that ends well and has no finding', () => {
    const control = loadControl(scenario)!;
    const recording = replay(control);
    expect(recording.header.unexpected).toEqual([]);
    expect(recording.header.outcome.kind).toBe('returned');
    expect(control.spec.cause).toBeUndefined();
    expect(new Case(recording).findings.filter(({ kind }) => kind !== 'memory-leak')).toEqual([]);
  });

  it('is caught by the detectors that its runs say', () => {
    const { detectors } = compareDetectors(scenario);
    expect(
      detectors
        .slice(1)
        .map(({ verdict }) => (verdict === 'missed' ? '-' : verdict))
        .join(' '),
    ).toBe(DETECTED[name]);
    for (const { id, verdict, reason } of detectors)
      expect(reason !== null, id).toBe(id !== 'none' && verdict === 'missed');
  });

  it('has the files of a case, with the bytes of its source', () => {
    for (const file of [
      'case.c',
      'case.json',
      'scenario.yaml',
      'control.yaml',
      'lesson.md',
      'README.md',
      'fixes',
    ])
      expect(existsSync(join(root, 'cases', name, file)), file).toBe(true);
    const fixes = readdirSync(join(root, 'cases', name, 'fixes')).map((file) =>
      readFileSync(join(root, 'cases', name, 'fixes', file), 'utf8').slice(0, 9),
    );
    expect(fixes.toSorted()).toEqual(['/* Breaks', '/* Holds:']);
  });

  // Our own rendering, not evidence: it may be written anew.
  it('has a chain from its symptom to its cause', async () => {
    const { status, stdout } = await oopslab(['why', name]);
    expect(status).toBe(0);
    await expect(stdout).toMatchFileSnapshot(join(root, 'test/renderings', `why-${name}.txt`));
  });

  it('has a picture', async () => {
    const { status, stdout } = await oopslab(['chart', 'slab', name]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<svg /u);
  });

  it('has a lesson of at least three questions whose answers are computed', async () => {
    const { status, stdout } = await oopslab(['lesson', name, '--answers']);
    expect(status).toBe(0);
    const questions = stdout.match(/^\d\. /gmu)!;
    expect(questions.length).toBeGreaterThanOrEqual(3);
    expect(stdout.match(/^ {3}Right: /gmu)).toHaveLength(questions.length);
  });
});

it('the list of scenarios has each bug with its symptom, its cause and its source', async () => {
  const { stdout } = await oopslab(['scenarios', '--json']);
  const { scenarios } = JSON.parse(stdout) as {
    scenarios: {
      name: string;
      symptom: string;
      cause: { kind: string; source: string } | null;
      control: string | null;
    }[];
  };
  expect(scenarios.map(({ name }) => name)).toEqual(listScenarios().map(({ name }) => name));
  const bugs = scenarios.filter(({ cause }) => cause !== null);
  expect(bugs.map(({ name }) => name)).toEqual([...CASES, 'shm-close-bug', 'slabinfo-bug'].toSorted());
  for (const { name, symptom, control } of bugs) {
    expect(symptom).toMatch(/^(?:BUG|fault)/u);
    expect(control).toBe(name.endsWith('-bug') ? name.replace(/-bug$/u, '-control') : `${name}-control`);
  }
});
