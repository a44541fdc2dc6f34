// `result` and `same-twice`: the result of the checked call.

import { type Addr, PAGE_SIZE, hex } from '../../base/address.js';
import { formatText } from '../../scenario/parameters.js';
import type { ReportedComparison } from '../scene/report-facts.js';
import type { ReportScene } from '../scene/report-scene.js';
import { contentsOf } from '../world/reference.js';
import type { OwnFacts, Property, WatchedRun } from './property.js';

/** A result that is not the right one. */
export interface Difference<Name extends string> {
  readonly property: Name;
  readonly expected: Uint8Array | bigint | undefined;
  readonly found: Uint8Array | bigint | undefined;
  readonly why: ReportedComparison['why'];
}

/** Longest text that is looked at as a result, in bytes. */
const LONGEST_TEXT = PAGE_SIZE;

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
};

/** The text at an address, up to a NUL or the end of its allocation; `undefined` unless the call allocated it. */
export const textAt = ({ world, live }: WatchedRun, address: Addr): Uint8Array | undefined => {
  const requested = live.get(address);
  if (requested === undefined) return undefined;
  const bytes = world.memory.read(address, Math.min(requested, LONGEST_TEXT));
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
};

// Against a trusted version; where that one does not return, nothing is promised.
const judgeEffect = (run: WatchedRun, value: bigint): Difference<'result'> | undefined => {
  const expected = run.expected();
  if (expected === undefined) return undefined;
  if (expected.value !== value)
    return { property: 'result', expected: expected.value, found: value, why: 'differs' };
  const found = contentsOf(run.world, run.objects, run.subject.writes);
  const at = found.findIndex((bytes, index) => !sameBytes(bytes, expected.contents[index]!));
  if (at < 0) return undefined;
  return { property: 'result', expected: expected.contents[at], found: found[at], why: 'contents differ' };
};

const judgeText = (run: WatchedRun, value: bigint): Difference<'result'> | undefined => {
  const expected = run.subject.promised?.(run.parameters);
  if (expected === undefined) return undefined;
  const differs = (why: ReportedComparison['why'], found?: Uint8Array): Difference<'result'> => ({
    property: 'result',
    expected,
    found,
    why,
  });
  const text = run.first;
  if (!(text instanceof Uint8Array)) return differs(value === 0n ? 'no address' : 'not its own');
  if (text.length === Math.min(run.live.get(value)!, LONGEST_TEXT)) return differs('not terminated', text);
  return sameBytes(text, expected) ? undefined : differs('differs', text);
};

const textOf = (value: Uint8Array | bigint | undefined): string | null =>
  value === undefined ? null : typeof value === 'bigint' ? hex(value) : formatText(value);

const comparisonOf = ({ expected, found, why }: Difference<string>): ReportedComparison => {
  let firstDifference: number | null = null;
  if (expected instanceof Uint8Array && found instanceof Uint8Array) {
    const length = Math.max(expected.length, found.length);
    let at = 0;
    while (at < length && expected[at] === found[at]) at += 1;
    firstDifference = at === length ? null : at;
  }
  return { expected: textOf(expected), found: textOf(found), firstDifference, why };
};

const says = ({ why, firstDifference }: ReportedComparison, returns: string, wanted: string): string => {
  switch (why) {
    case 'no address':
      return `${returns} an address without a text.`;
    case 'not its own':
      return `${returns} an address that is not one of its own allocations: the caller cannot kfree() it.`;
    case 'not terminated':
      return `${returns} a text without a NUL in its allocation: a reader of the C string goes on past its end.`;
    default:
      return firstDifference === null
        ? `${returns} something other than it ${wanted}.`
        : `${returns} a text that differs at byte ${firstDifference} from the one it ${wanted}.`;
  }
};

const factsOf = (scene: ReportScene, name: string, violation: Difference<string>) => {
  const { step, returned } = scene.findStep(name);
  const comparison = comparisonOf(violation);
  return { step, comparison, ended: returned === null ? null : `returned ${returned}` };
};

/** The call returns what it promises. */
export const result: Property<Difference<'result'>> = {
  name: 'result',
  breaks: 'does not return the promised result',
  judge: (run, { phase, result: ended }) =>
    phase !== 'checked' || ended?.kind !== 'returned' || run.world.allocations.failed
      ? undefined
      : (judgeEffect(run, ended.value) ?? judgeText(run, ended.value)),
  report: (scene, violation): OwnFacts => {
    const facts = factsOf(scene, scene.subject.step, violation);
    const { returned } = scene.findStep(facts.step);
    const own = scene.own.find(({ report }) => report().address === returned);
    return {
      ...facts,
      kind: 'wrong-result',
      says: says(facts.comparison, `${scene.subject.function}() returns`, 'promises'),
      allocation: own?.report() ?? null,
    };
  },
};

/** The same inputs give the same result again. */
export const sameTwice: Property<Difference<'same-twice'>> = {
  name: 'same-twice',
  breaks: 'returns another result when it is called again with the same inputs',
  isLater: true,
  judge: ({ world: { memory }, first }, { phase, result: ended }) => {
    if (phase !== 'again' || ended?.kind !== 'returned') return undefined;
    const { value } = ended;
    if (!(first instanceof Uint8Array))
      return value === first
        ? undefined
        : { property: 'same-twice', expected: first, found: value, why: 'differs' };
    const size = first.length + 1;
    const found = memory.isMapped(value, size) ? memory.read(value, size) : undefined;
    if (found !== undefined && found[size - 1] === 0 && sameBytes(found.subarray(0, -1), first))
      return undefined;
    const why = found === undefined ? 'no address' : 'differs';
    return { property: 'same-twice', expected: first, found, why };
  },
  report: (scene, violation): OwnFacts => {
    const facts = factsOf(scene, scene.subject.again ?? scene.subject.step, violation);
    return {
      ...facts,
      kind: 'unstable-result',
      says: says(
        facts.comparison,
        `Called again with the same inputs, ${scene.subject.function}() returns`,
        'returned the first time',
      ),
    };
  },
};
