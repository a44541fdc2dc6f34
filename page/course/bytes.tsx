// Bytes of memory beside the reading: around an address that was chosen, or from the start of a stack or slab page. A byte
// can be clicked as an answer: for its address, or, where a number is asked for, for what it holds.

import { useEffect, useState } from 'preact/hooks';
import { type Run, hex } from '../model/run.js';
import type { Place } from '../model/memory.js';
import { Roving } from '../view/roving.js';
import { Pick } from './pick.js';
import { takes } from './picks.js';
import type { Picking } from './shown.js';

const ROW = 8; // bytes
const ROWS = 8;
const SHOWN = ROW * ROWS;

const addressIn = (text: string): bigint | undefined =>
  /^(?:0x)?[0-9a-f]{16}$/iu.test(text) ? BigInt(`0x${text.replace(/^0x/iu, '')}`) : undefined;

/** The pane. */
export const Bytes = ({ run, at, picking }: { run: Run; at: number; picking: Picking }) => {
  const { regions } = run.data;
  const [place, setPlace] = useState<Place>({ region: 0, offset: 0 });
  const chosen = addressIn(picking.chosen);
  useEffect(() => {
    const found = chosen === undefined ? undefined : run.memory.find(chosen);
    if (found === undefined) return;
    setPlace((before) => {
      const isShown = found.region === before.region && found.offset >= before.offset && found.offset < before.offset + SHOWN; // prettier-ignore
      return isShown ? before : { ...found, offset: Math.max(0, (found.offset & -ROW) - 2 * ROW) };
    });
  }, [chosen, run]);
  const region = regions[place.region];
  if (region === undefined) return null;
  run.memory.seek(at);
  const bytes = [...run.memory.read(place, SHOWN)];
  const rows = Array.from({ length: Math.ceil(bytes.length / ROW) }, (_, row) => row * ROW);
  const move = (by: number): void => {
    const offset = Math.max(0, Math.min(place.offset + by, (region.size - 1) & -ROW));
    setPlace({ ...place, offset });
  };
  const can = takes(picking.kind, 'address');
  return (
    <section class="pane" aria-label="Bytes beside">
      <h4>
        Bytes{' '}
        <select
          aria-label="Memory"
          value={String(place.region)}
          onChange={(event) => setPlace({ region: Number(event.currentTarget.value), offset: 0 })}
        >
          {regions.map(({ name, start }, index) => (
            <option key={index} value={String(index)}>
              {name}, {start}
            </option>
          ))}
        </select>
      </h4>
      <Roving label="Bytes of memory" class="bytelist">
        {rows.map((row) => (
          <div key={row} class="byterow">
            <b>{hex(run.memory.addressOf({ ...place, offset: place.offset + row }))}</b>
            {bytes.slice(row, row + ROW).map((byte, column) => {
              const address = hex(run.memory.addressOf({ ...place, offset: place.offset + row + column }));
              return (
                <span key={column}>
                  <Pick
                    text={byte.toString(16).padStart(2, '0')}
                    answer={picking.kind === 'value' ? hex(byte) : address}
                    name={`byte ${byte.toString(16).padStart(2, '0')} at ${address}`}
                    can={can}
                    picking={picking}
                  />
                </span>
              );
            })}
          </div>
        ))}
      </Roving>
      <p class="moves">
        <button type="button" disabled={place.offset === 0} onClick={() => move(-SHOWN)}>
          Lower addresses
        </button>
        <button type="button" disabled={place.offset + SHOWN >= region.size} onClick={() => move(SHOWN)}>
          Higher addresses
        </button>
      </p>
    </section>
  );
};
