// The `check` of a scenario, read and resolved once.

import { type Addr, parseUnsigned } from '../../base/address.js';
import type { FieldPath } from '../../base/check-form.js';
import { unknownName } from '../../base/did-you-mean.js';
import type { Scenario } from '../../scenario/scenario.js';
import type { CheckSpec, InvariantSpec } from '../../scenario/form.js';
import { type DeclaredObject, declaredObjects } from './declared-objects.js';
import { type PromisedText, promisedText } from './promise.js';

/** What a result is. */
export type ResultKind = NonNullable<CheckSpec['result']>;

/** When a call frees an object that it did not allocate. */
export type Frees = NonNullable<CheckSpec['frees']>[string];

/** A checked call. */
export interface Subject {
  readonly scenario: Scenario;
  /** The function that candidates take the place of. */
  readonly function: string;
  /** All steps of a run, in order, starting with the checked one. */
  readonly steps: readonly string[];
  /** The step whose call is watched. */
  readonly step: string;
  /** RSP before that call. */
  readonly rsp: Addr;
  /** Objects that the call may read, and objects that it may change too. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** The step that makes the same call again. */
  readonly again: string | undefined;
  /** The parameter that lets an allocation fail. */
  readonly fail: string | undefined;
  readonly promised: PromisedText | undefined;
  /** The variants of the trusted version. */
  readonly like: Readonly<Record<string, string>> | undefined;
  /** What the result is, where the scenario says so; otherwise the prototype does. */
  readonly result: ResultKind | undefined;
  /** When the call frees an object that it did not allocate; never for those that are not in it. */
  readonly frees: ReadonlyMap<string, Frees>;
  /** Whether the call must not sleep. */
  readonly atomic: boolean;
  readonly invariants: readonly InvariantSpec[];
  /** The objects that have a name when the call is made. */
  readonly declared: ReadonlyMap<string, DeclaredObject>;
}

// Names of objects that the call meets. An unknown one would be left out without a word.
const refuseUnknown = (
  scenario: Scenario,
  declared: Subject['declared'],
  names: readonly (readonly [name: string, path: FieldPath])[],
): void => {
  for (const [name, path] of names)
    if (!declared.has(name))
      scenario.fail(
        path,
        declared.size === 0
          ? `there is no object "${name}": the scenario names none before the checked call`
          : unknownName('object', name, [...declared.keys()]),
      );
};

// A parameter that no rule of the step takes would never let an allocation fail.
const refuseIdleFail = (scenario: Scenario, step: string, fail: string): void => {
  if (scenario.spec.parameters?.[fail]?.type !== 'int32')
    scenario.fail(['check', 'fail'], 'should be an int32 parameter');
  const operations = scenario.spec.steps[step]?.do ?? [];
  if (!operations.some(({ allocations }) => allocations?.fail === `$${fail}`))
    scenario.fail(
      ['check', 'fail'],
      `lets no allocation fail: the step "${step}" needs an operation "allocations" with "fail: $${fail}"`,
    );
};

/**
 * Read the check of a scenario.
 *
 * @throws {InputError} when it has none, or names something that does not exist
 */
export const readSubject = (scenario: Scenario): Subject => {
  const { check, steps: all } = scenario.spec;
  if (check === undefined)
    return scenario.fail(
      [],
      'has no "check", which says what to check; docs/check.md shows how to write one',
    );
  const names = Object.keys(all);
  const index = names.indexOf(check.step);
  const call = all[check.step]?.call;
  if (index < 0 || call === undefined)
    return scenario.fail(['check', 'step'], `should be a step with a call, of ${names.join(', ')}`);
  if (check.again !== undefined && names.indexOf(check.again) <= index)
    scenario.fail(['check', 'again'], `should be a step after ${check.step}`);
  if (check.fail !== undefined) refuseIdleFail(scenario, check.step, check.fail);
  const declared = declaredObjects(scenario, check.step);
  const named = (field: 'reads' | 'writes') =>
    (check[field] ?? []).map((name, place) => [name, ['check', field, place]] as const);
  refuseUnknown(scenario, declared, [
    ...named('reads'),
    ...named('writes'),
    ...Object.keys(check.frees ?? {}).map((name) => [name, ['check', 'frees', name]] as const),
  ]);
  const rsp = typeof call.rsp === 'number' ? BigInt(call.rsp) : parseUnsigned(call.rsp);
  return {
    scenario,
    function: check.function,
    steps: names.slice(index),
    step: check.step,
    rsp: rsp ?? scenario.fail(['steps', check.step, 'call', 'rsp'], 'should be an address 0x…'),
    reads: check.reads ?? [],
    writes: check.writes ?? [],
    again: check.again,
    fail: check.fail,
    promised: promisedText(scenario),
    like: check.promise?.like,
    result: check.result,
    frees: new Map(Object.entries(check.frees ?? {})),
    atomic: check.atomic ?? false,
    invariants: check.invariants ?? [],
    declared,
  };
};
