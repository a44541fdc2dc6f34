// `no-leak`: what the checked call leaves allocated, though nobody can free it any more.

import type { Addr } from '../../base/address.js';
import { listOf, plural } from '../../base/words.js';
import type { Memory } from '../../kernel/memory.js';
import { formatResult } from '../world/result-type.js';
import type { ReportScene } from '../scene/report-scene.js';
import { typeIn } from './comparison.js';
import { hasFailed, mustFree, startOf } from './frees.js';
import type { OwnFacts, Property, WatchedRun } from './property.js';

/** Allocations whose addresses are lost, and objects that the call should have freed. */
export interface Leak {
  readonly property: 'no-leak';
  readonly leaked: readonly Addr[];
  /** By their names in the scenario. */
  readonly unfreed: readonly string[];
}

const NONE: readonly never[] = [];

// What may hold addresses of allocations when the call has returned: objects that it may write and did not free.
const roots = (run: WatchedRun): { readonly start: Addr; readonly size: number }[] =>
  run.subject.writes.flatMap((name) => {
    const object = run.objects.get(name);
    const start = startOf(run, name);
    if (object === undefined || start === undefined) return [];
    if (run.foreign.some(({ address }) => address === start)) return [];
    return [{ start: object.address, size: object.size }];
  });

function* wordsIn(memory: Memory, start: Addr, size: number): Generator<bigint> {
  const first = (start + 7n) & ~7n;
  const room = size - Number(first - start);
  if (room < 8 || !memory.isMapped(first, room)) return;
  const bytes = memory.read(first, room);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 8 <= room; at += 8) yield view.getBigUint64(at, true);
}

/**
 * Allocations that no pointer leads to: not the result, nor an aligned word of an object that the call may write, nor
 * one of an allocation that such a pointer leads to. A pointer into an allocation counts, as in kmemleak.
 */
const lostBy = (run: WatchedRun, value: bigint): readonly Addr[] => {
  const { live, type, world } = run;
  if (live.size === 0) return NONE;
  const isAddress = type.bits === 64;
  if (live.size === 1 && isAddress && live.has(value)) return NONE;
  const lost = new Map(live);
  const reached: { readonly start: Addr; readonly size: number }[] = [];
  const reach = (word: bigint): void => {
    for (const [start, size] of lost) {
      if (word < start || word >= start + BigInt(Math.max(1, size))) continue;
      lost.delete(start);
      reached.push({ start, size });
    }
  };
  if (isAddress) reach(value);
  for (const { start, size } of roots(run))
    for (const word of wordsIn(world.memory, start, size)) reach(word);
  for (let next = reached.pop(); next !== undefined; next = reached.pop())
    for (const word of wordsIn(world.memory, next.start, next.size)) reach(word);
  return lost.size === 0 ? NONE : [...lost.keys()];
};

const unfreedBy = (run: WatchedRun, value: bigint): readonly string[] => {
  const { subject, foreign, world } = run;
  if (subject.frees.size === 0) return NONE;
  const failed = hasFailed(run, value);
  return [...subject.frees].flatMap(([name, when]) => {
    const start = mustFree(when, failed) === true ? startOf(run, name) : undefined;
    if (start === undefined || foreign.some(({ address }) => address === start)) return [];
    return world.heap.isAllocated(start) ? [name] : [];
  });
};

const says = (scene: ReportScene, { leaked, unfreed }: Leak): string => {
  const called = scene.subject.function;
  const lost =
    leaked.length === 0
      ? []
      : [
          `When ${called}() has returned, the address of ${plural(leaked.length, 'allocation')} that it made is lost: ${leaked.length === 1 ? 'it' : 'they'} can never be freed.`,
        ];
  const { returned } = scene.step;
  const result = returned === null ? '' : ` ${formatResult(typeIn(scene), BigInt(returned))}`;
  const kept =
    unfreed.length === 0
      ? []
      : [`${called}() returns${result}, and does not free ${listOf(unfreed)}, as it should then.`];
  return [...lost, ...kept].join(' ');
};

/** Nothing is left allocated that nobody can free any more, or that the call should have freed. */
export const noLeak: Property<Leak> = {
  name: 'no-leak',
  breaks: 'leaks an allocation, or an object that it should free',
  judge: (run, { phase, result }) => {
    if (phase !== 'checked' || result?.kind !== 'returned') return undefined;
    const leaked = lostBy(run, result.value);
    const unfreed = unfreedBy(run, result.value);
    return leaked.length + unfreed.length === 0 ? undefined : { property: 'no-leak', leaked, unfreed };
  },
  report: (scene, violation): OwnFacts => {
    const own = scene.own.filter(({ start }) => violation.leaked.includes(start));
    const kept = violation.unfreed.flatMap((name) => scene.objectAllocation(name) ?? []);
    return {
      kind: 'memory-leak',
      says: says(scene, violation),
      step: scene.subject.step,
      leaked: [...own, ...kept].map(({ report }) => report()),
    };
  },
};
