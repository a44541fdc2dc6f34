// What can be done with a scenario beside running it: which check there is for the function that it calls, and whether
// its paths can be swept.

import { InputError } from '../base/errors.js';
import { findContenders } from '../check/run/candidates.js';
import { TemporaryLibraries } from '../check/run/temporary-library.js';
import { readSubject } from '../check/world/subject.js';
import { type Scenario, listScenarios } from '../scenario/scenario.js';
import type { Bench } from './bench.js';
import type { OfferedCheck } from './change-questions.js';
import type { Questions } from './questions.js';
import { sweepOffer } from './sweep.js';

const called = ({ spec }: Scenario): Set<string> =>
  new Set(Object.values(spec.steps).flatMap(({ call }) => call?.function ?? []));

// A scenario that cannot be read is none that checks.
const tryLoad = (bench: Bench, name: string): Scenario | undefined => {
  try {
    return bench.scenario(name);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

/** The scenario that checks a function which this one calls: itself, or another one of its release. */
const checkerOf = (bench: Bench, scenario: Scenario, reference: string): string | undefined => {
  if (scenario.spec.check !== undefined) return reference;
  const functions = called(scenario);
  return listScenarios(bench.libraries).find(({ name }) => {
    const other = tryLoad(bench, name);
    return (
      other?.spec.check !== undefined &&
      other.spec.release === scenario.spec.release &&
      functions.has(readSubject(other).function)
    );
  })?.name;
};

const checkOffer = (bench: Bench, reference: string): OfferedCheck | string => {
  const name = checkerOf(bench, bench.scenario(reference), reference);
  if (name === undefined)
    return 'nothing says what the functions of this scenario promise: no scenario checks one';
  const scenario = bench.scenario(name);
  const { function: checked } = readSubject(scenario);
  const temporary = new TemporaryLibraries();
  const all = findContenders([], {
    scenario,
    function: checked,
    libraries: bench.libraries,
    temporary,
    compile: {},
    onNote: () => undefined,
  });
  return {
    scenario: name,
    function: checked,
    candidates: all.map(({ code, expected }) => ({ name: code.name, expected })),
  };
};

/** @throws {InputError} when there is no such scenario */
export const answerOffer = (
  bench: Bench,
  { scenario }: Questions['offer']['asks'],
): Questions['offer']['answer'] => ({
  check: checkOffer(bench, scenario),
  sweep: sweepOffer(bench.scenario(scenario)),
});
