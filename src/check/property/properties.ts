// The table of properties, worst first, and the comparisons that follow from their order.

import { type Breach, type SmashedStack, inputsUnchanged, readsInside, writesInside } from './access.js';
import { allocationFailure } from './allocation-failure.js';
import { type WrongFlags, allocationFlags } from './allocation-flags.js';
import { type LostState, callingConvention } from './calling-convention.js';
import { type BadEnd, ends } from './ends.js';
import { type WrongFree, frees } from './frees.js';
import { type BrokenInvariant, invariants } from './invariants.js';
import { type Leak, noLeak } from './no-leak.js';
import type { Property } from './property.js';
import { type Harm, readers } from './readers.js';
import { type Difference, result } from './result.js';
import { sameTwice } from './same-twice.js';
import { type UninitialisedRead, uninitialisedRead } from './uninitialised-read.js';

/** A property broken by a run. */
export type Violation =
  | Breach<'writes-inside' | 'inputs-unchanged' | 'reads-inside'>
  | SmashedStack
  | WrongFree
  | LostState
  | WrongFlags
  | UninitialisedRead
  | BadEnd<'ends' | 'allocation-failure'>
  | Leak
  | BrokenInvariant
  | Difference<'result' | 'same-twice'>
  | Harm;

export type PropertyName = Violation['property'];

/** All properties, worst first. */
export const PROPERTY_TABLE: readonly Property<Violation>[] = [
  writesInside,
  inputsUnchanged,
  readsInside,
  frees,
  callingConvention,
  allocationFlags,
  uninitialisedRead,
  ends,
  allocationFailure,
  noLeak,
  invariants,
  result,
  sameTwice,
  readers,
];

/** Their names, worst first. */
export const PROPERTIES: readonly PropertyName[] = PROPERTY_TABLE.map(({ name }) => name);

/** The property of a name. */
export const propertyOf = (name: PropertyName): Property<Violation> =>
  PROPERTY_TABLE.find((property) => property.name === name)!;

/** A property, and whether breaking it hit anything but the call's own slab object: what shrinking keeps. */
export interface Target {
  readonly property: PropertyName;
  readonly slack: boolean;
}

/** Whether a violation stayed in the call's own slab object. */
export const isSlack = (violation: Violation): boolean => 'bad' in violation && violation.bad.slack;

/** Whether a violation is of the target's kind. */
export const isOf = (violation: Violation, { property, slack }: Target): boolean =>
  violation.property === property && isSlack(violation) === slack;

/** The worst kind of violation in a run; one that left the call's own slab object is worse than one that did not. */
export const worstOf = (violations: readonly Violation[]): Target | undefined => {
  for (const property of PROPERTIES) {
    const found = violations.filter((violation) => violation.property === property);
    if (found.length > 0) return { property, slack: found.every(isSlack) };
  }
  return undefined;
};
