// A slab page before a call and after it, and what the call wrote past its allocation.

import { plural } from '../base/words.js';
import { HARM, HEIGHT, MARGIN, SAFE, WIDTH, fit, harmPaint, label, picture } from './look.js';
import { drawGrid, formatState } from './slab-grid.js';
import type { SlabMoment, SlabScene, SlabWrite } from './slab-scene.js';
import { drawStrip } from './slab-strip.js';
import type { Svg } from './svg.js';

const TOP = 140; //   of the grids
const GRID = 392; //  their height
const STRIP = 568;
const FOOT = 802; //  base line of the first sentence
const MOST_WRITES = 1; // with a description; all are drawn

const hex = (value: bigint): string => `0x${value.toString(16)}`;

const tellWrite = ({ by, address, size, old, new: now, victim, field }: SlabWrite): string[] => {
  const change = old === null || now === null ? '' : `: ${old} becomes ${now}`;
  const whose = victim.object === null ? '' : ` of ${victim.object}`;
  return [
    `${by} writes ${plural(size, 'byte')} at ${address}, outside its allocation${change}.`,
    ...(field === null ? [] : [`${field.name}${whose} goes from ${field.before} to ${field.after}.`]),
  ];
};

const describePage = ({ objects }: SlabMoment): string => {
  const owned = objects.filter(({ owner, state }) => owner !== null && state === 'allocated');
  const named = owned.map((object) => `${object.owner} at ${hex(object.address)}`).join(', ');
  const counts = ['in use', 'free', 'free, next'].map(
    (state) => `${objects.filter((object) => formatState(object) === state).length} ${state}`,
  );
  return `${objects.length} objects: ${counts.join('; ')}. In use by: ${named}.`;
};

export const slabPicture = (scene: SlabScene): Svg => {
  const { slot, slotName, requested, cache, page, objectSize, step, writes, before, after, use } = scene;
  const objectAt = (address: bigint): bigint | undefined =>
    after.objects.find(({ address: start }) => address >= start && address < start + BigInt(objectSize))
      ?.address;
  const harmed = new Set(
    writes.flatMap(({ address, old, new: now }) =>
      old === now
        ? []
        : [objectAt(BigInt(address))].flatMap((object) => (object === slot ? [] : (object ?? []))),
    ),
  );
  const told = writes.slice(0, MOST_WRITES).flatMap(tellWrite);
  const sentences =
    use !== undefined
      ? use.sentences
      : writes.length === 0
        ? ['Nothing is written outside it.']
        : [
            ...told,
            ...(writes.length > MOST_WRITES ? [`… and ${writes.length - MOST_WRITES} more writes.`] : []),
          ];
  const marked = { slot, harmed: use === undefined ? harmed : new Set([slot]) };
  const nothing = { slot, harmed: new Set<bigint>() };
  const what = step.call ?? step.step;
  return picture(
    {
      title:
        use !== undefined
          ? use.title
          : harmed.size > 0
            ? `${what} writes into its neighbour`
            : `${what} and its neighbours`,
      subtitle: `${scene.scenario}, ${step.step}: ${slotName} has ${requested} bytes at ${hex(slot)}, in the ${cache} page at ${hex(page)}`,
      description: `Before: ${describePage(before)} After: ${describePage(after)} ${sentences.join(' ')}`,
      paints: [harmPaint(0)],
    },
    drawGrid(before, nothing, use?.before ?? `Before: ${slotName} is allocated`, 0, {
      top: TOP,
      height: GRID,
    }),
    drawGrid(after, marked, use?.after ?? `After: ${what} returns`, 1, { top: TOP, height: GRID }),
    drawStrip(scene, STRIP),
    sentences.map((sentence, index) =>
      label(MARGIN, FOOT + index * 28, fit(sentence, WIDTH - 2 * MARGIN, 18, false), {
        size: 18,
        'font-weight': 'bold',
        fill: writes.length === 0 && use === undefined ? SAFE.ink : HARM.ink,
      }),
    ),
    label(
      MARGIN,
      HEIGHT - 16,
      `Each box is an object of ${objectSize} bytes. Dashed: free; “free, next”: in the array cache of a CPU, to be handed out first.`,
      { size: 15 },
    ),
  );
};
