// A lineage in words: the ledger as a table, and the answer to "what can one still know here, and from where?".

import { type Addr, hex } from '../base/address.js';
import { greatest } from '../base/long-lists.js';
import type { Lineage } from './lineage.js';
import type { Known, Place, Value } from './value.js';
import { REGISTER_INDEX } from '../x86/registers.js';

/** Places up to this far from RSP are named by their distance. */
const NEAR_STACK = 0x1000n;

const header = ({ name, type, value, size, also }: Value): string => {
  const number = size <= 4 ? `${BigInt.asIntN(size * 8, value)} (${hex(value)})` : hex(value);
  const other = also.length === 0 ? '' : `, also ${also.join(', ')}`;
  return [name, type, number].filter((part) => part !== '').join('  ') + other;
};

/** How a place began: `shm_close+0x4 mov 0x98(%rdi),%rax`, or that it was there. */
export const madeText = ({ made, from, register }: Place, start: number): string => {
  if (made !== null) return `${made.at}  ${made.by}`;
  return register === undefined && from.step <= start ? 'there before' : `there at ${from.at}`;
};

/** How a place ended: `destroyed by shm_close+0x1d  mov %r12,%rdi`, or that it is alive. */
export const endText = ({ until, certain }: Place): string => {
  if (until === null) return 'alive at the end';
  const { how, at, by } = until;
  const text = `${how} ${how === 'may be lost' ? 'at' : 'by'} ${at}  ${by}`;
  return certain === null ? text : `${text}; for certain by ${certain.at}  ${certain.by}`;
};

// One value with its places, a line each.
const valueLines = (value: Value, start: number, stale: number | undefined): string[] => {
  const rows = value.places.map((place) => [place.place, madeText(place, start), endText(place)] as const);
  const widths = [0, 1].map((column) =>
    greatest(
      rows.map((row) => row[column]!.length),
      0,
    ),
  );
  return [
    header(value),
    ...(stale === undefined ? [] : [`  ! stale from step ${stale} on: what it points to is freed`]),
    ...rows.map(([place, made, end]) => `  ${place.padEnd(widths[0]!)}  ${made.padEnd(widths[1]!)}  ${end}`),
  ];
};

/**
 * The ledger as a table.
 *
 * @param start the first state that it is about
 * @param staleAt from which state on a value points to an object that is gone
 */
export const ledgerText = (
  values: readonly Value[],
  start: number,
  staleAt: (value: Value) => number | undefined,
): string => values.map((value) => valueLines(value, start, staleAt(value)).join('\n')).join('\n\n');

// A place in a state: `[rsp+0x30] 0x… (stack of remove_vma)`.
const placeText = (place: Place, rsp: Addr): string => {
  if (place.address === undefined) return place.place;
  const distance = place.address - rsp;
  if (distance < 0n || distance >= NEAR_STACK) return place.place;
  return `${distance === 0n ? '[rsp]' : `[rsp+${hex(distance)}]`} ${place.place}`;
};

const sourceText = ({ register, place, made, from }: Place, caller: string | undefined): string => {
  const name = register ?? place;
  if (made !== null) return `from ${place}, there since ${made.at} (${made.by})`;
  if (register === undefined) return `from ${place}`;
  return `from ${name}${caller === undefined ? '' : ` of ${caller}`}, there at ${from.at}`;
};

const historyText = (lineage: Lineage, history: readonly Place[], state: number): string => {
  const [place, ...sources] = history;
  const caller = lineage.callerAt(state);
  const first =
    place!.made === null ? `there at ${place!.from.at}` : `by ${place!.made.at} (${place!.made.by})`;
  return [
    first,
    ...sources.map((source) => sourceText(source, source.register === 'rdi' ? undefined : caller)),
  ].join('; ');
};

// Values that had a place in the call and have none any more.
const lostLines = (values: readonly Value[], state: number, known: ReadonlySet<number>): string[] =>
  values
    .filter(({ id }) => !known.has(id))
    .flatMap((value) => {
      const ended = value.places.filter(({ until }) => until !== null && until.step < state);
      if (ended.length === 0) return [];
      return [value.name, ...ended.map((place) => `  ${place.place}: ${endText(place)}`)];
    });

/** The values that are still known in a state, and from where; then those that no longer are, and why. */
export const knownText = (
  lineage: Lineage,
  state: number,
  known: readonly Known[],
  others: readonly Value[],
): string => {
  const rsp = lineage.recording.registersAt(state)[REGISTER_INDEX.rsp]!;
  const lines = known.map(({ value, places }) =>
    [
      header(value),
      ...places.map(
        ({ place, history }) => `  ${placeText(place, rsp)}: ${historyText(lineage, history, state)}`,
      ),
    ].join('\n'),
  );
  const lost = lostLines(others, state, new Set(known.map(({ value }) => value.id)));
  const none = lines.length === 0 ? ['Nothing that has a name.'] : [];
  return [
    ...none,
    ...lines,
    ...(lost.length === 0 ? [] : [['Not known any more:', ...lost].join('\n')]),
  ].join('\n\n');
};
