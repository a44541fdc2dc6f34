// One object: whose it is, its bytes, and the fields of its struct.

import { byteText } from '../../src/base/words.js';
import { readFields } from '../model/fields.js';
import type { Slab, SlabObject } from '../model/heap.js';
import { hex } from '../model/run.js';
import { Bytes, bytesAt } from './bytes.js';
import type { Desk } from './desk.js';
import { Jump } from './jump.js';

const ROW = 8; // bytes
const MAX_BYTES = 256; // that are shown
const MAX_FIELDS = 80;
const MAX_DAMAGED = 8; // bytes that are told of

const STATES = {
  allocated: 'allocated',
  free: 'free, on its slab’s list',
  cpu: 'free, in the CPU’s array: handed out next',
} as const;

/** The state of an object in words. */
export const stateText = ({ state }: SlabObject): string => STATES[state];

/** Who has an object, in words. */
export const ownerText = ({ owner, state }: SlabObject): string => {
  if (owner === undefined) return state === 'allocated' ? 'no name' : '';
  return owner.isFree ? `was ${owner.name}` : owner.name;
};

/** Props of an object. */
export interface ObjectProps {
  readonly desk: Desk;
  readonly slab: Slab;
  readonly object: SlabObject;
}

/** The object. */
export const ObjectDetails = ({ desk, slab, object }: ObjectProps) => {
  const { run, at } = desk;
  const { owner, address } = object;
  const bytes = bytesAt(run, address, slab.data.objectSize, at);
  const header = owner === undefined ? 0 : Math.max(0, Number(BigInt(owner.address) - address));
  const written = new Set(
    run.memory
      .writesAt(at)
      .flatMap((write) =>
        [...write.new].map((_, index) => Number(run.memory.addressOf(write) - address) + index),
      ),
  );
  const layout = owner?.struct == null ? undefined : run.data.structs[owner.struct];
  const fields = readFields(layout ?? [], bytes.subarray(header), run.data.pointers);
  const rows = Array.from(
    { length: Math.ceil(Math.min(bytes.length, MAX_BYTES) / ROW) },
    (_, row) => row * ROW,
  );
  return (
    <div class="object">
      <h3>
        {ownerText(object) === '' ? 'no owner' : ownerText(object)}{' '}
        <small>
          {owner?.struct != null && <>struct {owner.struct}, </>}
          {slab.data.cache} object {object.index}, {stateText(object)}
        </small>
      </h3>
      <p class="facts">
        <code>{hex(address)}</code>
        {owner !== undefined && (
          <>
            {' '}
            {owner.size} bytes{owner.source === 'allocated' ? '' : `; address: ${owner.source}`};{' '}
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
                , freed at step{' '}
                <Jump desk={desk} to={owner.freed}>
                  {owner.freed}
                </Jump>
              </>
            )}
          </>
        )}
      </p>
      {object.damage.slice(0, MAX_DAMAGED).map(({ address: at, from, says }) => (
        <p class="facts damaged" key={at}>
          ! damaged at <code>+0x{Number(BigInt(at) - address).toString(16)}</code>: {says}, step{' '}
          <Jump desk={desk} to={from}>
            {from}
          </Jump>
        </p>
      ))}
      {rows.map((first) => (
        <div class="dump" key={first}>
          <span class="offset">+0x{byteText(first)}</span>
          <Bytes
            bytes={bytes.subarray(first, Math.min(first + ROW, MAX_BYTES))}
            mark={(index) => (written.has(first + index) ? { written: true } : {})}
            label={`Bytes from +0x${first.toString(16)}`}
          />
        </div>
      ))}
      {bytes.length > MAX_BYTES && <p class="none">… {bytes.length - MAX_BYTES} more bytes</p>}
      {fields.length > 0 && (
        <table class="fields">
          <thead>
            <tr>
              <th scope="col">field</th>
              <th scope="col">value</th>
            </tr>
          </thead>
          <tbody>
            {fields.slice(0, MAX_FIELDS).map(({ field, text, target }) => {
              const changed = [...written].some(
                (index) => index - header >= field.offset && index - header < field.offset + field.size,
              );
              return (
                <tr key={field.offset} class={changed ? 'changed' : ''}>
                  <th scope="row" title={field.type}>
                    {field.path}
                  </th>
                  <td>
                    <code>{text}</code> {target !== '' && <b>{target}</b>}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
};
