// Which objects have a name when the checked call is made, and where the scenario says so. Reads its text alone.

import type { FieldPath } from '../../base/check-form.js';
import type { StepSpec } from '../../scenario/form.js';
import type { Scenario } from '../../scenario/scenario.js';

/** An object as the scenario declares it. */
export interface DeclaredObject {
  readonly name: string;
  /** The struct it is; null for plain bytes and texts. */
  readonly struct: string | null;
  /** Where in the scenario it is made or placed. */
  readonly path: FieldPath;
  /** How, as part of a sentence: `step "teardown": kmalloc of name`. */
  readonly made: string;
}

type Declared = Map<string, DeclaredObject>;

const declareOperations = (declared: Declared, step: string, operations: StepSpec['do'] = []): void => {
  operations.forEach(({ kmalloc, kzalloc, allocations }, index) => {
    const path: FieldPath = ['steps', step, 'do', index];
    for (const [how, spec] of Object.entries({ kmalloc, kzalloc })) {
      if (spec === undefined) continue;
      const { as: name, struct = null, slab } = spec;
      const made = `step "${step}": ${how} of ${name}`;
      declared.set(name, { name, struct, path: [...path, how], made });
      if (slab !== undefined)
        declared.set(slab, { name: slab, struct: 'slab', path: [...path, how, 'slab'], made });
    }
    if (allocations === undefined) return;
    const { as: name, like } = allocations.neighbour;
    const made = `step "${step}": the object behind the slot that the call gets`;
    const struct = declared.get(like)?.struct ?? null;
    declared.set(name, { name, struct, path: [...path, 'allocations', 'neighbour'], made });
  });
};

// A function of the scenario's own code says in its prototype what it gives.
const structOf = ({ code }: Scenario, called: string): string | null => {
  const found = code
    .flatMap(({ functions }) => functions)
    .find(({ manifest }) => manifest.function === called);
  const returns = found?.manifest.prototype?.returns ?? '';
  return /^(?:const )?struct (\w+) \*$/u.exec(returns)?.[1] ?? null;
};

const declareResult = (
  declared: Declared,
  scenario: Scenario,
  step: string,
  call: StepSpec['call'],
): void => {
  if (call?.as === undefined) return;
  const made = `step "${step}": the result of ${call.function}()`;
  const struct = structOf(scenario, call.function);
  declared.set(call.as, { name: call.as, struct, path: ['steps', step, 'call', 'as'], made });
};

/**
 * The objects that have a name when a step makes its call: those of the world, those of the steps before, and those that
 * the step's own operations make.
 */
export const declaredObjects = (scenario: Scenario, step: string): ReadonlyMap<string, DeclaredObject> => {
  const { world, steps } = scenario.spec;
  const declared: Declared = new Map();
  for (const [name, { struct = null }] of Object.entries(world.objects ?? {}))
    declared.set(name, { name, struct, path: ['world', 'objects', name], made: `the world has ${name}` });
  for (const { free } of world.history ?? []) if (free !== undefined) declared.delete(free);
  for (const [name, spec] of Object.entries(steps)) {
    declareOperations(declared, name, spec.do);
    if (name === step) break;
    declareResult(declared, scenario, name, spec.call);
  }
  return declared;
};
