// What a property is called, and what a run broke of it. Values only: words are made elsewhere.

import type { Addr } from '../../base/address.js';
import type { CallResult } from '../../machine/machine.js';

/**
 * The properties, worst first:
 * - `writes-inside`: no byte outside the call's own allocations changes
 * - `inputs-unchanged`: what the call may only read stays as it was
 * - `reads-inside`: no byte is read that is neither an input nor an allocation of the call's own
 * - `ends`: the call returns, within its budget
 * - `allocation-failure`: without memory it returns NULL
 * - `no-leak`: nothing is left allocated besides the result, nothing is freed twice
 * - `result`: it returns what it promises
 * - `same-twice`: the same inputs give the same result again
 * - `readers`: whoever reads the neighbours later ends well
 */
export const PROPERTIES = [
  'writes-inside',
  'inputs-unchanged',
  'reads-inside',
  'ends',
  'allocation-failure',
  'no-leak',
  'result',
  'same-twice',
  'readers',
] as const;

export type PropertyName = (typeof PROPERTIES)[number];

/** An access that was not allowed. */
export interface BadAccess {
  readonly access: 'read' | 'write';
  /** The instruction. */
  readonly pc: Addr;
  readonly address: Addr; // of the first byte that was not allowed
  readonly size: number; // bytes from there on
  /** What lay there, and what a write put there; of a read both are the same. */
  readonly old: Uint8Array;
  readonly now: Uint8Array;
  /** Whether it lies in the rest of a slab object of the call's own, which was not asked for, and so hits nobody yet. */
  readonly slack: boolean;
}

/** A property, and whether breaking it hit anybody: what a counterexample is shrunk towards. */
export interface Target {
  readonly property: PropertyName;
  readonly slack: boolean;
}

/** Whether a violation is of the target's kind. */
export const isOf = (violation: Violation, { property, slack }: Target): boolean =>
  violation.property === property && isSlack(violation) === slack;

/** Whether a violation stayed in the call's own slab object. */
export const isSlack = (violation: Violation): boolean => 'bad' in violation && violation.bad.slack;

/** The worst kind of violation in a run; one that hit somebody is worse than one that did not. */
export const worstOf = (violations: readonly Violation[]): Target | undefined => {
  for (const property of PROPERTIES) {
    const found = violations.filter((violation) => violation.property === property);
    if (found.length > 0) return { property, slack: found.every(isSlack) };
  }
  return undefined;
};

/** What a run broke. */
export type Violation =
  | { readonly property: 'writes-inside' | 'inputs-unchanged' | 'reads-inside'; readonly bad: BadAccess }
  | { readonly property: 'writes-inside'; readonly smashed: Addr }
  | { readonly property: 'ends' | 'allocation-failure'; readonly result: CallResult }
  | {
      readonly property: 'readers';
      readonly step: string;
      readonly result: CallResult | undefined;
      readonly finding?: string;
    }
  | {
      readonly property: 'result' | 'same-twice';
      readonly expected: Uint8Array | bigint | undefined;
      readonly found: Uint8Array | bigint | undefined;
      readonly why: 'no address' | 'not its own' | 'not terminated' | 'differs' | 'contents differ';
    }
  | { readonly property: 'no-leak'; readonly leaked: readonly Addr[]; readonly finding?: string };
