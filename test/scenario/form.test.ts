// The form of a scenario: of a whole one, and of a file that says how it differs from another.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findProblem, formatPath, isOf } from '../../src/base/check-form.js';
import { scenarioFileForm, scenarioForm } from '../../src/scenario/form.js';
import { listScenarios } from '../../src/scenario/scenario.js';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/scenario.schema.json', import.meta.url), 'utf8'),
) as object;
const valid = new Ajv({ allowUnionTypes: true, strictTypes: false, strictRequired: false }).compile(schema);

const files = listScenarios().map(({ name, file }): [string, Record<string, unknown>] => [
  name,
  parse(readFileSync(file, 'utf8'), {
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
  }) as Record<string, unknown>,
]);

const complaint = (value: unknown): string => {
  const problem = findProblem(scenarioFileForm, value);
  return problem === undefined ? 'none' : `${formatPath(problem.path)}: ${problem.message}`;
};

/** Some part of a document, with its parent. */
const partsOf = (value: unknown): { parent: Record<string, unknown>; key: string }[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [
        { parent: value as Record<string, unknown>, key },
        ...partsOf(inner),
      ])
    : [];

describe('a file that extends another', () => {
  const patch = { format: 'oopslab scenario 1', name: 'x', extends: 'shm-close-bug' };

  it.each<[string, object, string]>([
    ['may leave out fields of the other', { world: { objects: { vma: { set: { vm_start: 1 } } } } }, 'none'],
    ['may remove fields of the other', { claim: null, steps: { 'attach B': null } }, 'none'],
    ['cannot remove an entry of a list', { world: { memory: [null] } }, 'world.memory[0]: should be a map, found null'],
    ['has a name of its own', { name: null }, 'name: should be text that matches ^[a-z0-9][a-z0-9.-]*$, found null'],
    ['has only the known fields of each place', { world: { step: {} } }, 'world.step: unknown field "step"; known here: cpu, gs, current, caches, memory, objects, history, words'],
  ])('%s', (_name, change, expected) => {
    expect(complaint({ ...patch, ...change })).toBe(expected);
  }); // prettier-ignore

  it('is not a whole scenario', () => {
    expect(findProblem(scenarioForm, patch)).toEqual({ path: [], message: 'the field "title" is missing' });
  });
});

describe('an editor', () => {
  it.each(files)('accepts %s by the schema', (_name, value) => {
    expect(valid(value)).toBe(true);
  });

  it('wants everything of a file that extends nothing', () => {
    const [, bug] = files.find(([name]) => name === 'shm-close-bug')!;
    const { title: _title, ...rest } = bug;
    expect(valid(rest)).toBe(false);
    expect(valid({ ...rest, extends: 'shm-close-control' })).toBe(true);
  });

  it('is told the same about files with slips as the command line', () => {
    const odd = fc.constantFrom<unknown>(undefined, null, true, -1, 7, 1.5, '', '&x', '0x1', [], ['a'], {}, { a: 1 });
    const patches = files.filter(([, value]) => 'extends' in value);
    fc.assert(
      fc.property(fc.constantFrom(...patches), fc.nat(), odd, ([, file], at, value) => {
        const document = structuredClone(file);
        const parts = partsOf(document);
        const { parent, key } = parts[at % parts.length]!;
        fc.pre(key !== 'extends');
        parent[key] = value;
        const plain: unknown = JSON.parse(JSON.stringify(document));
        expect(isOf(scenarioFileForm, plain)).toBe(valid(plain));
      }),
      { numRuns: 1500, seed: 5 },
    );
  }); // prettier-ignore
});
