// The bytes around what a run wrote, before and after, as a page draws them.

import { InputError } from '../base/errors.js';
import { type SlabScene, slabScene } from '../chart/slab-scene.js';
import { nameOfObject } from '../chart/slab-strip.js';
import type { Case } from '../reading/case.js';
import type { Stretch, Strip } from './strip-data.js';

const stretches = (
  length: number,
  keyOf: (index: number) => { readonly key: string; readonly name: string | null },
): Stretch[] => {
  const found: (Stretch & { key: string })[] = [];
  for (let index = 0; index < length; index += 1) {
    const { key, name } = keyOf(index);
    const last = found.at(-1);
    if (last?.key === key && last.to === index) found[found.length - 1] = { ...last, to: index + 1 };
    else if (name !== null) found.push({ key, name, from: index, to: index + 1 });
  }
  return found.map(({ from, to, name }) => ({ from, to, name }));
};

const sceneOf = (run: Case): SlabScene | undefined => {
  try {
    return slabScene(run);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

/** The strip of a run; null where it allocates nothing. */
export const stripOf = (run: Case): Strip | null => {
  const scene = sceneOf(run);
  if (scene === undefined || scene.strip.length === 0) return null;
  const { strip, slot, objectSize, writes, cache } = scene;
  const isUse = scene.use !== undefined;
  const objectOf = (index: number): string => String((strip[index]!.address - slot) / BigInt(objectSize));
  const slack = strip.findIndex(({ part }) => part === 'slack');
  return {
    address: `0x${strip[0]!.address.toString(16)}`,
    step: scene.step.step,
    before: strip.map(({ before }) => before),
    after: strip.map(({ after }) => after),
    harmed: strip.flatMap(({ part, before, after }, index) =>
      before !== after && (part === 'other' || isUse) ? [index] : [],
    ),
    slack: slack < 0 ? null : { from: slack, to: strip.findLastIndex(({ part }) => part === 'slack') + 1 },
    objects: stretches(strip.length, (index) => ({
      key: objectOf(index),
      name: nameOfObject(scene, strip[index]!.address),
    })),
    fields: stretches(strip.length, (index) => ({
      key: `${objectOf(index)} ${strip[index]!.field ?? ''}`,
      name: strip[index]!.field,
    })),
    writer: writes[0]?.by ?? null,
    cache,
  };
};
