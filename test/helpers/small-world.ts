// A world with a few caches and a stack, built of a test's own spec, and the runner of its steps.
import { makeMachine } from '../../src/run/replay.js';
import { type StepObserver, StepRunner } from '../../src/run/steps.js';
import { buildWorld } from '../../src/run/world.js';
import { loadRelease } from '../../src/release/snippet.js';
import type { ScenarioSpec } from '../../src/scenario/form.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';

const WORLD: ScenarioSpec['world'] = {
  caches: {
    'size-32': { frames: ['0x20000', '0x20003'] },
    'size-64': { frames: ['0x20001'] },
    'size-1024': { frames: ['0x20002'] },
  },
  memory: [{ name: 'stack', at: '0xffff880211336000', size: 8192, source: 'test' }],
};

let base: Scenario | undefined;

/** A scenario of the default release; the fields of `world` are added to those of a small one. */
export const scenarioWith = ({ world = {}, ...rest }: Partial<ScenarioSpec>): Scenario =>
  (base ??= loadScenario('shm-close-bug')).with({
    parameters: {},
    steps: {},
    expect: {},
    variants: {},
    ...rest,
    world: { ...WORLD, ...world },
  });

export const worldWith = (spec: Partial<ScenarioSpec>, set?: ReadonlyMap<string, string>) => {
  const scenario = scenarioWith(spec);
  return buildWorld(scenario, loadRelease(scenario.spec.release), readParameters(scenario, set));
};

/** Run all steps. Close the machine. */
export const runnerWith = (
  spec: Partial<ScenarioSpec>,
  { set, observer }: { set?: ReadonlyMap<string, string>; observer?: StepObserver } = {},
) => {
  const world = worldWith(spec, set);
  const machine = makeMachine(world);
  const runner = new StepRunner(world, machine, readParameters(world.scenario, set), observer);
  return { world, machine, runner };
};
