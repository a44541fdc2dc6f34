// A trusted version that the user names, in place of the scenario's own.

import type { Scenario } from '../../scenario/scenario.js';

/** The scenario with a trusted version of the checked function in its promise; what else it promises stays. */
export const withLike = (
  scenario: Scenario,
  like: Readonly<Record<string, string>> | undefined,
): Scenario => {
  const { check } = scenario.spec;
  if (like === undefined || check === undefined) return scenario;
  return scenario.with({ check: { ...check, promise: { ...check.promise, like } } });
};
