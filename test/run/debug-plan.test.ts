// Where a world lies on a debug kernel: every object is there, neighbours are neighbours, and nothing else has moved.
import { describe, expect, it } from 'vitest';
import type { Allocator, HeapPlan } from '../../src/run/allocator.js';
import { planDebugSlab } from '../../src/run/debug-plan.js';
import type { DetectorSight } from '../../src/run/detector.js';
import { watchedPlan } from '../../src/run/detector.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const SIGHT: DetectorSight = {
  caller: () => 0xffffffff81157310n,
  symbol: String,
  indexOf: () => undefined,
  checked: () => {},
  report: ({ lines }) => {
    throw new Error(lines.join('\n'));
  },
};

describe.each(['shm-close-bug', 'slabinfo-bug', 'mount-arena'])('the world of %s', (name) => {
  const scenario = loadScenario(name);
  const plain = replay(scenario).header.world.filter(({ cache }) => cache !== null);

  it('has each object in its cache, at a place of its own, in the same order', () => {
    let heap: Allocator | undefined;
    let plan: HeapPlan | undefined;
    const watched = watchedPlan(
      planDebugSlab('red zones and poison', () => SIGHT),
      (built, made) => {
        heap = built;
        plan = made;
      },
    );
    const moved = new Map(
      replay(scenario, { heap: { plan: watched } }).header.world.map((one) => [one.name, one]),
    );
    for (const cache of new Set(plain.map((one) => one.cache!))) {
      const objects = plain
        .filter((one) => one.cache === cache)
        .toSorted((a, b) => (a.address < b.address ? -1 : 1));
      const places = objects.map((one) => moved.get(one.name)!);
      expect(places.map((one) => one.cache)).toEqual(objects.map(() => cache));
      expect(new Set(places.map(({ address }) => address)).size).toBe(objects.length);
      objects.forEach((object, index) => {
        const next = objects[index + 1];
        const [here, there] = [BigInt(places[index]!.address), BigInt(places[index + 1]?.address ?? 0)];
        expect(plan!.relocate!(BigInt(object.address))).toBe(here);
        const samePage = next !== undefined && BigInt(object.address) >> 12n === BigInt(next.address) >> 12n;
        if (samePage && here >> 12n === there >> 12n) expect(there).toBeGreaterThan(here);
      });
    }
    expect(heap!.ownsFreeBytes).toBe(true);
  });

  it('lies where it lay with poison alone', () => {
    const found = replay(scenario, { heap: { plan: planDebugSlab('poison', () => SIGHT) } }).header.world;
    expect(found.map(({ name: one, address }) => [one, address])).toEqual(
      replay(scenario).header.world.map(({ name: one, address }) => [one, address]),
    );
  });
});

it('two neighbours of the published case are still neighbours: a red zone, a last user and a red zone apart', () => {
  const { objects } = replay(loadScenario('shm-close-bug'), {
    heap: { plan: planDebugSlab('red zones and poison', () => SIGHT) },
  }).header;
  const at = (name: string): bigint => BigInt(objects.find((one) => one.name === name)!.address);
  expect(at('sfd') - at('path')).toBe(56n);
  expect(at('path')).toBe(at('sfd_b'));
});
