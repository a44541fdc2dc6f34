// Whether a result is the promised one: the text of a model, or the effect of a trusted version.

import { type Addr, PAGE_SIZE } from '../../base/address.js';
import { type EffectDifference, differenceOf, pointeeOf, sameBytes } from '../world/effect.js';
import { resultValue } from '../world/result-type.js';
import type { Subject } from '../world/subject.js';
import type { FirstResult, WatchedRun } from './property.js';

/** How a result is not the right one. */
export type ResultDifference =
  | EffectDifference
  /** A bool that is neither 0 nor 1. */
  | { readonly what: 'bool'; readonly found: bigint }
  | {
      readonly what: 'promised text';
      readonly expected: Uint8Array;
      readonly found: Uint8Array | undefined;
      readonly why: 'no address' | 'not its own' | 'not terminated' | 'differs';
    };

/** Longest text that is looked at as a result, in bytes. */
const LONGEST_TEXT = PAGE_SIZE;

/** Whether a scenario promises anything about the result. */
export const isPromised = ({ promised, like }: Subject): boolean =>
  promised !== undefined || like !== undefined;

/** The text at an address, up to a NUL or the end of its allocation; `undefined` unless the call allocated it. */
const textAt = ({ world, live }: WatchedRun, address: Addr): Uint8Array | undefined => {
  const requested = live.get(address);
  if (requested === undefined) return undefined;
  const bytes = world.memory.read(address, Math.min(requested, LONGEST_TEXT));
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
};

/** What is kept of the checked call's result for the same call again. */
export const firstResultOf = (run: WatchedRun, value: bigint): FirstResult | undefined => {
  if (run.type.kind === 'void') return undefined;
  const isOwn = run.live.has(value);
  const isText = run.subject.promised !== undefined || pointeeOf(run.type, run.world.structs).isText;
  return { value, text: isOwn && isText ? textAt(run, value) : undefined, isOwn };
};

// Against a trusted version; where that one does not return, nothing is promised.
const fromEffect = (run: WatchedRun, value: bigint): ResultDifference | undefined => {
  const expected = run.subject.like === undefined ? undefined : run.expected();
  if (expected === undefined) return undefined;
  const { world, objects, live, foreign, type, subject } = run;
  const freed = new Set(foreign.map(({ address }) => address));
  const found = { value, memory: world.memory, objects, own: live, freed };
  return differenceOf(expected, found, type, subject.writes, world.structs);
};

const fromText = (run: WatchedRun, value: bigint): ResultDifference | undefined => {
  const expected = run.subject.promised?.(run.parameters);
  if (expected === undefined) return undefined;
  const found = run.first?.value === value ? run.first.text : textAt(run, value);
  if (found === undefined) {
    const why = value === 0n ? 'no address' : 'not its own';
    return { what: 'promised text', expected, found, why };
  }
  if (found.length === Math.min(run.live.get(value)!, LONGEST_TEXT))
    return { what: 'promised text', expected, found, why: 'not terminated' };
  return sameBytes(found, expected) ? undefined : { what: 'promised text', expected, found, why: 'differs' };
};

/** How what the checked call returned, with enough memory, is not what it promises; `undefined` where it is. */
export const brokenPromise = (run: WatchedRun, value: bigint): ResultDifference | undefined => {
  const found = resultValue(run.type, value);
  if (run.type.kind === 'bool' && found > 1n) return { what: 'bool', found };
  return fromEffect(run, value) ?? fromText(run, value);
};
