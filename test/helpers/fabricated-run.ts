// A run of a checked call as an inspector shows it, put together by a test: objects and heap are real, the rest is stated.
import type { StepEnd, WatchedRun } from '../../src/check/property/property.js';
import { propertyOf, type PropertyName, type Violation } from '../../src/check/property/properties.js';
import { resultTypeOf } from '../../src/check/world/result-type.js';
import { readSubject } from '../../src/check/world/subject.js';
import type { CheckSpec, OperationSpec } from '../../src/scenario/form.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { runnerWith } from './small-world.js';

/** What a test states about a scenario. */
interface Fabrication {
  readonly do: readonly OperationSpec[];
  readonly check?: Partial<CheckSpec>;
  /** Of the result, in C; `int` without it. */
  readonly returns?: string;
}

const CALL = {
  function: 'strlen',
  arguments: ['0'],
  rsp: '0xffff880211337f00',
  returnTo: '0xffffffff81e00000',
};

/** A world after the step's own operations, and a run in which nothing has happened yet. */
export const fabricate = ({ do: operations, check = {}, returns = 'int' }: Fabrication) => {
  const steps = { call: { do: operations, call: CALL } };
  const made = runnerWith({ steps: { call: { do: operations } } });
  made.runner.run();
  made.machine.close();
  const { world, runner } = made;
  const scenario = world.scenario.with({ steps, check: { function: 'strlen', step: 'call', ...check } });
  const subject = readSubject(scenario);
  const nothing: WatchedRun = {
    world: { ...world, scenario },
    subject,
    parameters: readParameters(scenario),
    objects: runner.objects,
    live: new Map(),
    findings: [],
    first: undefined,
    returned: undefined,
    type: resultTypeOf({ returns, arguments: [] }, subject.result),
    foreign: [],
    requests: [],
    lost: [],
    smashed: () => undefined,
    expected: () => undefined,
  };
  const address = (name: string): bigint => runner.objects.get(name)!.address;
  return {
    world: nothing.world,
    subject,
    objects: nothing.objects,
    address,
    /** Frees of what the call did not allocate, which the heap takes back. */
    freed: (...names: readonly string[]) =>
      names.map((name) => {
        world.heap.kfree(address(name));
        return { address: address(name), object: name, site: 0n };
      }),
    /** The judgement about a call that returned `value`, or ended otherwise. */
    judge: (
      property: PropertyName,
      value: bigint | StepEnd['result'],
      run: Partial<WatchedRun> = {},
    ): Violation | undefined => {
      const result = typeof value === 'bigint' ? ({ kind: 'returned', value } as const) : value;
      const returned = result?.kind === 'returned' ? result.value : undefined;
      const whole = { ...nothing, returned, ...run };
      return propertyOf(property).judge?.(whole, { step: 'call', phase: 'checked', result });
    },
  };
};
