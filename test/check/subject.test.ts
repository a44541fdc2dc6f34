// What a check names must be there when the checked call is made: otherwise it would be left out without a word.
import { describe, expect, it } from 'vitest';
import { readSubject } from '../../src/check/world/subject.js';
import { InputError } from '../../src/base/errors.js';
import type { CheckSpec } from '../../src/scenario/form.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const scenario = loadScenario('mount-arena');
const { check, steps } = scenario.spec;

const problemOf = (change: Partial<CheckSpec>, spec: object = {}): InputError | undefined => {
  try {
    readSubject(scenario.with({ check: { ...check!, ...change }, ...spec }));
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
};

describe('the check of a scenario', () => {
  it('may name objects of the world, of steps before, and of its own step', () => {
    expect(problemOf({ reads: ['vol', 'prefix', 'attach'], writes: ['tcon'] })).toBeUndefined();
    expect(problemOf({ frees: { prefix: 'always', segment: 'maybe' } })).toBeUndefined();
  });

  it.each([
    [{ reads: ['vol', 'prefx'] }, 'check.reads[1]', 'did you mean "prefix"?'],
    [{ writes: ['path'] }, 'check.writes[0]', 'there is no object "path"'], // a result of the call itself
    [{ frees: { other_attach: 'always' } }, 'check.frees.other_attach', 'there is no object'], // a later step's
    [{ frees: { former_32: 'always' } }, 'check.frees.former_32', 'there is no object'], // freed in the history
  ] as const)('%j is refused at its field', (change, field, message) => {
    const error = problemOf(change);
    expect(error?.where).toMatchObject({ field });
    expect(error?.message).toContain(message);
  });

  it('may not name a parameter for failures that lets none fail', () => {
    const [name, step] = Object.entries(steps)[0]!;
    const without = { ...step, do: step.do!.filter(({ allocations }) => allocations === undefined) };
    const error = problemOf({}, { steps: { ...steps, [name]: without } });
    expect(error?.where).toMatchObject({ field: 'check.fail' });
    expect(error?.message).toContain('lets no allocation fail');
    expect(problemOf({ fail: 'prepath' })?.message).toContain('int32');
  });
});
