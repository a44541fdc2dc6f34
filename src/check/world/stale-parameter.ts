// Every check has a parameter for what nobody wrote, whether its scenario names one or not.

import type { ParameterSpec, StepSpec } from '../../scenario/form.js';
import type { Scenario } from '../../scenario/scenario.js';

/** The parameter that a check adds. */
const STALE: ParameterSpec = {
  type: 'contents',
  default: 'zero',
  max: 64,
  help: 'what lies where nobody wrote: the stack below, registers that are no arguments, bytes after a NUL, new memory',
};

const nameFor = (taken: Readonly<Record<string, unknown>>): string => {
  let name = 'stack';
  while (Object.hasOwn(taken, name)) name += '_';
  return name;
};

/** The checked step of a scenario, where it has a check and such a step with a call. */
const checkedStep = ({ spec }: Scenario): StepSpec | undefined => {
  const step = spec.check === undefined ? undefined : spec.steps[spec.check.step];
  return step?.call === undefined ? undefined : step;
};

/** The scenario with `call.stack` in its checked step; itself where that is there already, or nothing is checked. */
export const checkedScenario = (scenario: Scenario): Scenario => {
  const step = checkedStep(scenario);
  if (step?.call === undefined || step.call.stack !== undefined) return scenario;
  const { parameters = {}, steps, check } = scenario.spec;
  const name = nameFor(parameters);
  return scenario.with({
    parameters: { ...parameters, [name]: STALE },
    steps: { ...steps, [check!.step]: { ...step, call: { ...step.call, stack: `$${name}` } } },
  });
};
