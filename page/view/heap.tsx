// The slab heap as a picture: a page with every object, the object that is looked at, and the overrun.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Slab, type SlabObject, overrunOf, slabAt, slabsOf } from '../model/heap.js';
import { hex } from '../model/run.js';
import type { Desk } from './desk.js';
import { ObjectDetails, ownerText, stateText } from './object.js';
import { OverrunPicture } from './overrun.js';
import { Roving } from './roving.js';

const SIGNS = { allocated: '', free: '○', cpu: '◔' } as const;

const columnsOf = (count: number): number => (count > 60 ? 16 : count > 12 ? 8 : count > 4 ? 4 : count);

/** Props of a slab page. */
interface PageProps {
  readonly desk: Desk;
  readonly slab: Slab;
  readonly objects: readonly SlabObject[];
  readonly chosen: number;
  readonly onHover: (index: number | undefined) => void;
}

const Cell = ({ object, slab, chosen, desk, onHover }: PageProps & { object: SlabObject }) => {
  const owner = ownerText(object);
  const classes = [
    'cell',
    object.state,
    object.written ? 'written' : '',
    object.damage.length > 0 ? 'damaged' : '',
    object.index === chosen ? 'chosen' : '',
  ];
  const label = [
    `object ${object.index}`,
    owner,
    stateText(object),
    object.written ? 'just written' : '',
    object.damage.length > 0 ? 'damaged' : '',
  ];
  return (
    <button
      type="button"
      data-cell={object.index === chosen ? 'first' : ''}
      class={classes.join(' ')}
      aria-pressed={object.index === chosen}
      aria-label={label.filter((part) => part !== '').join(', ')}
      title={`${hex(slab.addressOf(object.index))} ${owner}`}
      onClick={() => desk.inspect(object.address)}
      onFocus={() => onHover(object.index)}
      onBlur={() => onHover(undefined)}
      onMouseEnter={() => onHover(object.index)}
      onMouseLeave={() => onHover(undefined)}
    >
      {object.written && <span class="dot">●</span>}
      {object.damage.length > 0 && <span class="dot">!</span>}
      <span class="name">{object.state === 'allocated' ? owner : SIGNS[object.state]}</span>
    </button>
  );
};

const SlabPicture = (props: PageProps) => {
  const { slab, objects } = props;
  const { first, cache, count, objectSize } = slab.data;
  return (
    <>
      <p class="facts" title={`The first ${first} bytes of the page are the slab’s own`}>
        {count} objects of {objectSize} bytes, from <code>{hex(slab.addressOf(0))}</code> on
      </p>
      <Roving label={`Objects of a page of ${cache}`} class={`slabgrid columns${columnsOf(objects.length)}`}>
        {objects.map((object) => (
          <Cell key={object.index} {...props} object={object} />
        ))}
      </Roving>
      <p class="legend">
        <span class="cell allocated" aria-hidden="true" /> allocated
        <span class="cell free" aria-hidden="true">
          ○
        </span>{' '}
        free, on the slab’s list
        <span class="cell cpu" aria-hidden="true">
          ◔
        </span>{' '}
        free, in the CPU’s array <span class="dot">●</span> just written <span class="dot">!</span> damaged
      </p>
    </>
  );
};

const labelOf = (slab: Slab, at: number): string => {
  const names = slab
    .objectsAt(at)
    .flatMap(({ owner }) => (owner === undefined || owner.isFree ? [] : [owner.name]));
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  return `${slab.data.cache} ${hex(slab.start)}${some === '' ? '' : `: ${some}`}`;
};

/** The heap. */
export const Heap = ({ desk }: { desk: Desk }) => {
  const { run, at } = desk;
  const slabs = useMemo(() => slabsOf(run), [run]);
  const overrun = useMemo(() => overrunOf(run, slabs), [run, slabs]);
  const wanted = desk.object ?? overrun?.start ?? slabs[0]?.addressOf(0) ?? 0n;
  const [hovered, setHovered] = useState<number | undefined>();
  const slab = slabAt(slabs, wanted) ?? slabs[0];
  useEffect(() => setHovered(undefined), [slab]);
  const labels = useMemo(() => slabs.map((one) => labelOf(one, 0)), [slabs]);
  if (slab === undefined) return <p class="none">This run has no slab page that is shown.</p>;
  const objects = slab.objectsAt(at);
  const chosen = Math.max(0, slab.indexOf(wanted));
  const object = objects[hovered ?? chosen] ?? objects[0];
  return (
    <div class="heap">
      <section class="pane" aria-label="Overrun">
        <h2>
          The overrun, byte by byte <small>▾ what the next instruction touches</small>
        </h2>
        <OverrunPicture run={run} slabs={slabs} at={at} bytes={overrun} />
      </section>
      <section class="pane" aria-label="Slab page">
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
        <SlabPicture desk={desk} slab={slab} objects={objects} chosen={chosen} onHover={setHovered} />
      </section>
      <section class="pane" aria-label="Object">
        <h2>Object</h2>
        {object !== undefined && <ObjectDetails desk={desk} slab={slab} object={object} />}
      </section>
    </div>
  );
};
