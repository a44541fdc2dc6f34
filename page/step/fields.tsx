// The object in question, field by field: each value answers when it is clicked; a stale pointer is an arrow.

import { readFields } from '../model/fields.js';
import { slabAt } from '../model/heap.js';
import { hex, numberOf } from '../model/run.js';
import { touchOfBytes } from '../model/touched.js';
import { Jump } from '../view/jump.js';
import { Roving } from '../view/roving.js';
import { ownerText, stateText } from './object-words.js';
import { StaleArrow } from './stale-arrow.js';
import type { StepView } from './step-view.js';
import { TouchSign } from './touch-sign.js';

const MAX_FIELDS = 80;
const MAX_DAMAGED = 8; // bytes that are told of

interface TableProps {
  readonly view: StepView;
  readonly start: bigint;
  readonly bytes: Uint8Array;
  readonly struct: string;
}

const Table = ({ view, start, bytes, struct }: TableProps) => {
  const { desk, touched, stale: pointers, damage } = view;
  const { run, at } = desk;
  const written = run.memory
    .seek(at)
    .writesAt(at)
    .map((write) => ({ address: run.memory.addressOf(write), size: write.new.length }));
  const isWritten = (address: bigint, size: number): boolean =>
    written.some((one) => one.address < address + BigInt(size) && address < one.address + BigInt(one.size));
  return (
    <Roving label="Fields of the object">
      <table class="fields">
        <thead class="unseen">
          <tr>
            <th scope="col">
              <span class="hidden">field</span>
            </th>
            <th scope="col">
              <span class="hidden">value</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {readFields(run.data.structs[struct] ?? [], bytes, run.data.pointers)
            .slice(0, MAX_FIELDS)
            .map(({ field, text, target }) => {
              const address = start + BigInt(field.offset);
              const number = numberOf(bytes.subarray(field.offset, field.offset + Math.min(8, field.size)));
              const asked = [8, 4, 2, 1].find((size) => size <= field.size) ?? 1;
              const stale = field.kind === 'pointer' ? pointers.ofWord(address, number, at) : undefined;
              const isDamaged = damage.in(address, field.size, at).size > 0;
              return (
                <tr
                  key={field.offset}
                  class={`${isWritten(address, field.size) ? 'changed' : ''}${isDamaged ? ' damaged' : ''}`}
                >
                  <th scope="row" title={field.type}>
                    {isDamaged && <span class="dot">!</span>}
                    {field.path}
                    <TouchSign touch={touchOfBytes(touched, address, field.size)} />
                  </th>
                  <td>
                    <button
                      type="button"
                      data-cell
                      class="asks"
                      data-place={`[${hex(address)}:${asked}]`}
                      data-value={field.size <= 8 ? hex(number) : ''}
                      aria-label={`${field.path}, ${text}${isDamaged ? ', damaged' : ''}`}
                    >
                      {text}
                    </button>{' '}
                    {stale === undefined ? (
                      target !== '' && <b>{target}</b>
                    ) : (
                      <StaleArrow inspect={desk.inspect} stale={stale} />
                    )}{' '}
                    <span class="type">{field.type}</span>
                  </td>
                </tr>
              );
            })}
        </tbody>
      </table>
    </Roving>
  );
};

/** The pane of the fields. */
export const Fields = ({ view }: { view: StepView }) => {
  const { desk, slabs, object: wanted } = view;
  const { run, at } = desk;
  const slab = wanted === undefined ? undefined : slabAt(slabs, wanted);
  if (slab === undefined || wanted === undefined)
    return <p class="none">This run has no slab page that is shown.</p>;
  const object = slab.objectAt(Math.max(0, slab.indexOf(wanted)), at);
  const { owner, address } = object;
  const start = owner === undefined ? address : BigInt(owner.address);
  const place = run.memory.find(start);
  const bytes =
    place === undefined || owner === undefined
      ? new Uint8Array()
      : run.memory.seek(at).read(place, owner.size);
  return (
    <section class="pane object" aria-label="Object">
      <h2>
        {ownerText(object) === '' ? 'no owner' : ownerText(object)}{' '}
        <small>
          {owner?.struct != null && <>struct {owner.struct}, </>}
          {slab.data.cache} object {object.index}, {stateText(object)}
        </small>
      </h2>
      {owner !== undefined && (
        <p class="facts">
          <code>{owner.address}</code> {owner.size} bytes
          {owner.source === 'allocated' ? '' : `; address: ${owner.source}`};{' '}
          {owner.from === 0 ? (
            'there at the start'
          ) : (
            <>
              since step{' '}
              <Jump desk={desk} to={owner.from}>
                {owner.from}
              </Jump>
            </>
          )}
          {owner.freed !== null && (
            <>
              , {owner.isFree ? 'freed' : 'to be freed'} at step{' '}
              <Jump desk={desk} to={owner.freed}>
                {owner.freed}
              </Jump>
            </>
          )}
        </p>
      )}
      {object.damage.slice(0, MAX_DAMAGED).map(({ address: damaged, from, says }) => (
        <p class="facts damaged" key={damaged}>
          ! damaged at <code>+0x{Number(BigInt(damaged) - address).toString(16)}</code>: {says}, step{' '}
          <Jump desk={desk} to={from}>
            {from}
          </Jump>
        </p>
      ))}
      {owner?.struct != null && <Table view={view} start={start} bytes={bytes} struct={owner.struct} />}
    </section>
  );
};
