// The `check` of a scenario, read and resolved once.

import { type Addr, parseUnsigned } from '../../base/address.js';
import type { Scenario } from '../../scenario/scenario.js';
import type { CheckSpec, InvariantSpec } from '../../scenario/form.js';
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
}

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
  if (check.fail !== undefined && scenario.spec.parameters?.[check.fail]?.type !== 'int32')
    scenario.fail(['check', 'fail'], 'should be an int32 parameter');
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
  };
};
