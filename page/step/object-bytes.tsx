// The bytes of the object in question, and of its neighbours where it ran over into them: what is damaged, freed, asked
// for, just written, and about to be touched. Each byte answers when it is clicked.

import { byteText, isPrintable } from '../../src/base/words.js';
import type { PageDamage } from '../../src/report/page-data.js';
import { type SlabObject, slabAt } from '../model/heap.js';
import { hex, numberOf } from '../model/run.js';
import { type Touch, touchOfBytes } from '../model/touched.js';
import { Roving } from '../view/roving.js';
import { Kept } from './kept.js';
import { isFreed, ownerText, shortState, stateText } from './object-words.js';
import type { StepView } from './step-view.js';

const ROW = 16; // bytes
const MAX_BYTES = 256; // of one object
const BEFORE = 2 * ROW; // bytes that are shown before what a step is about

interface Slot {
  readonly start: bigint;
  /** Bytes from its start to the first that is shown. */
  readonly skipped: number;
  readonly object: SlabObject;
  readonly bytes: Uint8Array;
  /** Bytes from its start that its owner requested. */
  readonly requested: number;
  readonly damage: ReadonlyMap<number, PageDamage>;
  readonly written: ReadonlySet<number>;
}

// The object alone, or all that the overrun goes over where it is one of these.
const startsOf = ({ slabs, overrun, object }: StepView): bigint[] => {
  if (object === undefined) return [];
  const slab = slabAt(slabs, object);
  if (slab === undefined) return [];
  const { objectSize } = slab.data;
  const isOf =
    overrun !== undefined && object >= overrun.start && object < overrun.start + BigInt(overrun.size);
  if (!isOf) return [slab.addressOf(Math.max(0, slab.indexOf(object)))];
  const count = Math.ceil(overrun.size / objectSize);
  return Array.from({ length: count }, (_, index) => overrun.start + BigInt(index * objectSize));
};

// Of an object that is not shown whole, how many bytes are left out before what the step is about.
const skippedOf = (
  { touched }: StepView,
  start: bigint,
  size: number,
  written: ReadonlySet<number>,
): number => {
  if (size <= MAX_BYTES) return 0;
  const isIn = (offset: number): boolean => offset >= 0 && offset < size;
  const offsets = [...touched.writes, ...touched.reads].map(({ address }) => Number(address - start));
  const about = [...offsets, ...written].find(isIn) ?? 0;
  const first = about - (about % ROW) - BEFORE;
  return Math.max(0, Math.min(first, Math.ceil((size - MAX_BYTES) / ROW) * ROW));
};

const slotsOf = (view: StepView): Slot[] => {
  const { desk, slabs, damage } = view;
  const { run, at } = desk;
  const { memory } = run;
  const starts = startsOf(view);
  const slab = starts[0] === undefined ? undefined : slabAt(slabs, starts[0]);
  if (slab === undefined) return [];
  const writes = memory.seek(at).writesAt(at);
  return starts.flatMap((start): Slot[] => {
    const index = slab.indexOf(start);
    const place = memory.find(start);
    if (index < 0 || place === undefined) return [];
    const object = slab.objectAt(index, at);
    const size = slab.data.objectSize;
    const written = new Set(
      writes.flatMap((write) =>
        [...write.new].map((_, byte) => Number(memory.addressOf(write) - start) + byte),
      ),
    );
    const { owner } = object;
    const header = owner === undefined ? 0 : Math.max(0, Number(BigInt(owner.address) - start));
    return [
      {
        start,
        skipped: skippedOf(view, start, size, written),
        object,
        bytes: memory.read(place, size),
        requested: owner === undefined ? size : header + owner.size,
        damage: damage.in(start, size, at),
        written,
      },
    ];
  });
};

// The number that each shown byte is a part of, by its offset: its field where that is one, otherwise its aligned eight
// bytes.
const numbersOf = (
  { desk }: StepView,
  { start, skipped, object, bytes }: Slot,
): ReadonlyMap<number, string> => {
  const { owner } = object;
  const numbers = new Map<number, string>();
  const end = Math.min(bytes.length, skipped + MAX_BYTES);
  const put = (from: number, size: number): void => {
    const number = hex(numberOf(bytes.subarray(from, from + size)));
    for (let index = from; index < from + size; index += 1) numbers.set(index, number);
  };
  for (let from = skipped; from < end; from += 8) put(from, Math.min(8, bytes.length - from));
  const fields = owner?.struct == null ? [] : (desk.run.data.structs[owner.struct] ?? []);
  const header = owner === undefined ? 0 : Number(BigInt(owner.address) - start);
  for (const { offset, size } of fields) {
    const from = header + offset;
    if (size <= 8 && from + size > skipped && from < end && from + size <= bytes.length) put(from, size);
  }
  return numbers;
};

interface ByteProps {
  readonly address: bigint;
  readonly index: number;
  readonly byte: number;
  readonly number: string;
  readonly damage: PageDamage | undefined;
  readonly isWritten: boolean;
  readonly isBeyond: boolean;
  readonly isFree: boolean;
  readonly touch: Touch | undefined;
  readonly isAsked: boolean;
}

const Byte = ({
  address,
  index,
  byte,
  number,
  damage,
  isWritten,
  isBeyond,
  isFree,
  touch,
  isAsked,
}: ByteProps) => {
  const character = isPrintable(byte) ? String.fromCharCode(byte) : '·';
  const words = [
    `${byteText(byte)} ${damage === undefined ? character : byteText(damage.old)} at +0x${index.toString(16)}`,
    damage === undefined ? '' : `damaged: ${damage.says}`,
    isFree ? 'free' : '',
    isBeyond && !isFree ? 'outside the requested bytes' : '',
    isWritten ? 'just written' : '',
    touch === undefined ? '' : `the next instruction ${touch} it`,
  ].filter((part) => part !== '');
  const classes = [
    'byte',
    damage === undefined ? '' : 'damaged',
    isFree ? 'freed' : '',
    isBeyond ? 'beyond' : '',
    isWritten ? 'written' : '',
    touch === undefined ? '' : `next ${touch === 'reads' ? 'read' : 'write'}`,
    byte === 0 ? 'zero' : '',
    isAsked ? 'picked' : '',
  ];
  return (
    <button
      type="button"
      data-cell
      class={classes.filter((part) => part !== '').join(' ')}
      data-place={`[${hex(address)}:1]`}
      data-value={number}
      aria-label={words.join(', ')}
      title={words.join(', ')}
    >
      <b>{byteText(byte)}</b>{' '}
      {damage === undefined ? <i>{character}</i> : <s class="was">{byteText(damage.old)}</s>}
    </button>
  );
};

const Row = ({
  view,
  slot,
  numbers,
  first,
}: {
  view: StepView;
  slot: Slot;
  numbers: ReadonlyMap<number, string>;
  first: number;
}) => {
  const { desk, touched } = view;
  const isFree = isFreed(slot.object);
  return (
    <div class="bytes">
      {[...slot.bytes.subarray(first, first + ROW)].map((byte, place) => {
        const index = first + place;
        const address = slot.start + BigInt(index);
        const props = {
          address,
          index,
          byte,
          number: numbers.get(index) ?? '',
          damage: slot.damage.get(index),
          isWritten: slot.written.has(index),
          isBeyond: index >= slot.requested,
          isFree,
          touch: touchOfBytes(touched, address, 1),
          isAsked: desk.asked === `[${hex(address)}:1]@${desk.at}`,
        };
        const { damage, isWritten, isBeyond, touch, isAsked, number } = props;
        return (
          <Kept
            key={place}
            is={`${hex(address)} ${byte} ${number} ${damage?.says} ${isWritten} ${isBeyond} ${isFree} ${touch} ${isAsked}`}
            render={() => <Byte {...props} />}
          />
        );
      })}
    </div>
  );
};

const Title = ({ slot }: { slot: Slot }) => {
  const { object, start } = slot;
  const { owner } = object;
  const text = ownerText(object) === '' ? 'no owner' : ownerText(object);
  const size = Math.min(8, slot.bytes.length);
  return (
    <p>
      <button
        type="button"
        class="asks name"
        data-place={`[${hex(start)}:${size}]`}
        data-value={hex(start)}
        aria-label={`${text}, ${stateText(object)}: what it is`}
      >
        {text}
      </button>{' '}
      <code data-at={hex(start)}>{hex(start)}</code>{' '}
      <small>
        {owner?.struct != null && <>{owner.struct}, </>}
        {shortState(object)}
      </small>
    </p>
  );
};

/** The pane of the bytes. */
export const ObjectBytes = ({ view }: { view: StepView }) => {
  const { desk } = view;
  const slots = slotsOf(view);
  return (
    <section class="pane objectbytes" aria-label="Bytes of the object">
      <h2>
        Object{' '}
        {desk.object === undefined ? (
          <small>that the code touches</small>
        ) : (
          <button type="button" class="asks follow" onClick={() => desk.inspect(undefined)}>
            follow the code again
          </button>
        )}
      </h2>
      {slots.length === 0 && <p class="none">This run has no slab page that is shown.</p>}
      <Roving label="Bytes of the object" class="scroll">
        {slots.map((slot) => {
          const numbers = numbersOf(view, slot);
          const shown = Math.min(slot.bytes.length - slot.skipped, MAX_BYTES);
          const left = slot.bytes.length - slot.skipped - shown;
          return (
            <div class={`slot${isFreed(slot.object) ? ' freed' : ''}`} key={hex(slot.start)}>
              <Title slot={slot} />
              {slot.skipped > 0 && <p class="facts">… {slot.skipped} bytes before</p>}
              {Array.from({ length: Math.ceil(shown / ROW) }, (_, row) => (
                <Row key={row} view={view} slot={slot} numbers={numbers} first={slot.skipped + row * ROW} />
              ))}
              {left > 0 && <p class="facts">… {left} bytes after</p>}
            </div>
          );
        })}
      </Roving>
    </section>
  );
};
