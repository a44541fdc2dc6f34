// A slab page as a picture: every object with whose it is, freed ones hatched, damaged ones marked. An object that is
// clicked is looked at, and answers.

import { useMemo } from 'preact/hooks';
import { type Slab, type SlabObject, slabAt } from '../model/heap.js';
import { hex } from '../model/run.js';
import { Roving } from '../view/roving.js';
import { Kept } from './kept.js';
import { isFreed, ownerText, stateText } from './object-words.js';
import type { StepView } from './step-view.js';

const SIGNS = { allocated: '', free: '○', cpu: '◔' } as const;

const columnsOf = (count: number): number => (count > 12 ? 8 : count > 4 ? 4 : count);

const Cell = ({ object, slab, isChosen }: { object: SlabObject; slab: Slab; isChosen: boolean }) => {
  const owner = ownerText(object);
  const isDamaged = object.damage.length > 0;
  const classes = [
    'cell',
    object.state,
    isFreed(object) ? 'freed' : '',
    object.written ? 'written' : '',
    isDamaged ? 'damaged' : '',
    isChosen ? 'lookedat' : '',
  ];
  const label = [
    `object ${object.index}`,
    owner,
    stateText(object),
    object.written ? 'just written' : '',
    isDamaged ? 'damaged' : '',
  ];
  const address = hex(slab.addressOf(object.index));
  return (
    <button
      type="button"
      data-cell={isChosen ? 'first' : ''}
      class={classes.filter((part) => part !== '').join(' ')}
      data-at={address}
      data-object={address}
      data-place={`[${address}:${Math.min(8, slab.data.objectSize)}]`}
      aria-pressed={isChosen}
      aria-label={label.filter((part) => part !== '').join(', ')}
      title={`${address} ${owner}`}
    >
      {object.written && <span class="dot">●</span>}
      {isDamaged && <span class="dot">!</span>}
      <span class="name">{object.state === 'allocated' ? owner : SIGNS[object.state]}</span>
    </button>
  );
};

const Legend = () => (
  <p class="legend">
    <span class="cell allocated" aria-hidden="true" /> allocated
    <span class="cell free freed" aria-hidden="true">
      ○
    </span>{' '}
    free, on the slab’s list
    <span class="cell cpu freed" aria-hidden="true">
      ◔
    </span>{' '}
    free, in the CPU’s array <span class="dot">●</span> just written <span class="dot">!</span> damaged
  </p>
);

const labelOf = (slab: Slab, at: number): string => {
  const names = slab
    .objectsAt(at)
    .flatMap(({ owner }) => (owner === undefined || owner.isFree ? [] : [owner.name]));
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  return `${slab.data.cache} ${hex(slab.start)}${some === '' ? '' : `: ${some}`}`;
};

/** The slab page. */
export const SlabPage = ({ view }: { view: StepView }) => {
  const { desk, slabs, object: wanted = 0n } = view;
  const labels = useMemo(() => slabs.map((one) => labelOf(one, 0)), [slabs]);
  const slab = slabAt(slabs, wanted) ?? slabs[0];
  if (slab === undefined) return <p class="none">This run has no slab page that is shown.</p>;
  const objects = slab.objectsAt(desk.at);
  const chosen = slab.indexOf(wanted);
  const { first, cache, count, objectSize } = slab.data;
  return (
    <section class="pane slabpage" aria-label="Slab page">
      <h2>
        <label for="slab">Slab page</label>{' '}
        <select
          id="slab"
          value={String(slabs.indexOf(slab))}
          onChange={(event) => {
            const next = slabs[Number(event.currentTarget.value)];
            if (next !== undefined) desk.inspect(next.addressOf(0));
          }}
        >
          {labels.map((label, index) => (
            <option key={index} value={String(index)}>
              {label}
            </option>
          ))}
        </select>
      </h2>
      <p class="facts" title={`The first ${first} bytes of the page are the slab’s own`}>
        {count} objects of {objectSize} bytes, from <code>{hex(slab.addressOf(0))}</code> on
      </p>
      <Roving label={`Objects of a page of ${cache}`} class={`slabgrid columns${columnsOf(objects.length)}`}>
        {objects.map((object) => (
          <Kept
            key={object.index}
            is={`${hex(object.address)} ${object.state} ${object.owner?.name} ${object.owner?.isFree} ${object.written} ${object.damage.length} ${object.index === chosen}`}
            render={() => <Cell object={object} slab={slab} isChosen={object.index === chosen} />}
          />
        ))}
      </Roving>
      <Legend />
    </section>
  );
};
