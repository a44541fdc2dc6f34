// The places of some values as rows of a chart: a row for each register and each address.

import type { Place, Value } from './value.js';
import { REGISTER_INDEX, isRegisterName } from '../x86/registers.js';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The sign of value number `index` of a chart. */
export const letterOf = (index: number): string => LETTERS[index] ?? '*';

/** A row: one register or one address, and the values that live there in the course of time. */
export interface LineageRow {
  /** `rdi`, `ffff88016d231a78 (vma.vm_file)` */
  readonly label: string;
  /** `index` counts the values of the chart. */
  readonly places: readonly { readonly place: Place; readonly index: number }[];
}

/** The rows of some values: registers in their order, then memory by address. */
export const lineageRows = (values: readonly Value[]): LineageRow[] => {
  const rows = new Map<string, { label: string; order: bigint; places: { place: Place; index: number }[] }>();
  values.forEach(({ places }, index) => {
    for (const place of places) {
      const { register, address } = place;
      const label = register ?? place.place.replace(/^0x([0-9a-f]+)/u, '$1');
      const key = register ?? String(address);
      const order =
        register !== undefined && isRegisterName(register) ? BigInt(REGISTER_INDEX[register]) : address!;
      const row = rows.get(key) ?? { label, order, places: [] };
      row.places.push({ place, index });
      rows.set(key, row);
    }
  });
  return [...rows.values()]
    .toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .map(({ label, places }) => ({ label, places }));
};

// A stretch of states in which one function runs.
interface Stretch {
  readonly name: string;
  readonly from: number;
  /** The last state. */
  readonly to: number;
}

/** Which function runs in the states from `from` to `to`: the one whose instruction comes next. */
export const functionsBetween = (
  moment: (step: number) => { readonly at: string },
  from: number,
  to: number,
): Stretch[] => {
  const found: Stretch[] = [];
  for (let step = from; step <= to; step += 1) {
    const name = moment(step).at.replace(/\+0x[0-9a-f]+$/u, '');
    const last = found.at(-1);
    if (last?.name === name) found[found.length - 1] = { ...last, to: step };
    else found.push({ name, from: step, to: step });
  }
  return found;
};
