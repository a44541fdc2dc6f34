// An overrun as it happens: the allocation and its neighbours, byte by byte.

import { byteText, bytesText } from '../../src/base/words.js';
import { type Overrun, type Slab, slabAt } from '../model/heap.js';
import { type Run, hex } from '../model/run.js';
import { type ByteMark, Bytes, bytesAt } from './bytes.js';

const ROW = 32; // bytes

/** Props of the overrun. */
export interface OverrunProps {
  readonly run: Run;
  readonly slabs: readonly Slab[];
  readonly at: number;
  readonly bytes: Overrun | undefined;
}

interface Damage {
  readonly index: number;
  readonly was: number;
  readonly now: number;
}

// Marks by byte: what the last step wrote, what the next one touches, what lies outside and what was damaged so far.
const marksOf = ({ run, at }: OverrunProps, start: bigint, size: number, requested: number) => {
  const marks = new Map<number, ByteMark>();
  const add = (index: number, mark: ByteMark): void => {
    if (index >= 0 && index < size) marks.set(index, { ...marks.get(index), ...mark });
  };
  for (const write of run.memory.writesAt(at)) {
    const from = Number(run.memory.addressOf(write) - start);
    write.new.forEach((_, index) => add(from + index, { written: true }));
  }
  const damages: Damage[] = [];
  for (const { instruction, access, address, size: length, old, new: made } of run.data.outOfBounds) {
    const from = Number(BigInt(address) - start);
    for (let index = 0; index < length; index += 1) {
      if (from + index < 0 || from + index >= size) continue;
      if (instruction === at) add(from + index, { next: access });
      if (access === 'read' || instruction >= at || old === null || made === null) continue;
      const byteOf = (value: string): number => Number((BigInt(value) >> BigInt(index * 8)) & 0xffn);
      add(from + index, { was: byteOf(old) });
      damages.push({ index: from + index, was: byteOf(old), now: byteOf(made) });
    }
  }
  return {
    damages,
    markOf: (index: number): ByteMark => ({
      ...marks.get(index),
      ...(requested > 0 && index >= requested ? { beyond: true } : {}),
    }),
  };
};

/** The overrun of a run; nothing where none happened. */
export const OverrunPicture = (props: OverrunProps) => {
  const { run, slabs, at, bytes: found } = props;
  if (found === undefined) return <p class="none">Nothing in this run goes out of bounds in a slab page.</p>;
  const { start, size, requested } = found;
  const bytes = bytesAt(run, start, size, at);
  const { damages, markOf } = marksOf(props, start, size, requested);
  const objectSize = slabAt(slabs, start)?.data.objectSize ?? size;
  const width = Math.min(objectSize, ROW);
  const rows = Array.from({ length: Math.ceil(size / width) }, (_, index) => index * width);
  return (
    <div class="overrun">
      {rows.map((first) => {
        const owner = run.objectAt(start + BigInt(first), at);
        const name = owner === undefined ? 'no owner' : `${owner.name}${owner.isFree ? ', free' : ''}`;
        const offset = first % objectSize;
        const told = `${name}${offset === 0 ? '' : ` +${hex(offset)}`}`;
        return (
          <div class="slot" key={first}>
            <p>
              <b>{told}</b> <code>{hex(start + BigInt(first))}</code>
              {first === 0 && requested > 0 && <span> {requested} bytes requested</span>}
            </p>
            <Bytes
              bytes={bytes.subarray(first, first + width)}
              mark={(index) => markOf(first + index)}
              label={`Bytes of ${told}: ${bytesText(bytes.subarray(first, first + width))}`}
            />
          </div>
        );
      })}
      <p class="damage" role="status">
        {damages.length === 0
          ? 'Nothing is damaged so far.'
          : damages
              .slice(-4)
              .map(
                ({ index, was, now }) =>
                  `${hex(start + BigInt(index))}: ${byteText(was)} became ${byteText(now)}`,
              )
              .join('; ')}
      </p>
    </div>
  );
};
