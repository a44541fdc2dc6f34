// What the page's own data knows of a place: enough for an answer without the laboratory. Knows no screen.

import type { PageValue } from '../../src/report/page-data.js';
import type { AskedPlace } from './places.js';
import { type Run, hex, numberOf } from './run.js';

/** What a place is and holds. */
export interface Known {
  /** What it is called: `rax`, `sfd.id`, `[0xffff8803f382cc60:1]`. */
  readonly title: string;
  /** `0x…`; undefined where the page does not show that memory. */
  readonly bits: string | undefined;
  /** The name of what it holds, its C type, and what it is as an address or an error; all may be empty. */
  readonly name: string;
  readonly type: string;
  readonly what: string;
  /** The object that it lies in. */
  readonly object: ReturnType<Run['objectAt']>;
  /** Named values that lie in it. */
  readonly values: readonly PageValue[];
}

type Place = PageValue['places'][number];

// The named values that lie in some places in a state, those first that have most of them.
const valuesAt = (run: Run, isThere: (place: Place) => boolean, state: number): PageValue[] =>
  run.data.values
    .flatMap((value) => {
      const found = value.places.find(
        (place) => isThere(place) && place.from <= state && (place.until === null || place.until >= state),
      );
      return found === undefined ? [] : [{ value, size: found.size }];
    })
    .toSorted((a, b) => b.size - a.size)
    .map(({ value }) => value);

const registerKnown = (run: Run, name: string, state: number): Known | undefined => {
  const found = run.registersAt(state).find((one) => one.name === name);
  if (found === undefined) return undefined;
  const { meaning, value } = found;
  return {
    title: name,
    bits: value === '' ? undefined : value,
    ...meaning,
    object: undefined,
    values: valuesAt(run, ({ row }) => row === name, state),
  };
};

// `sfd.id`, with the type of the field.
const fieldOf = (run: Run, address: bigint, size: number, state: number): { title: string; type: string } => {
  const object = run.objectAt(address, state);
  const plain = `[${hex(address)}:${size}]`;
  if (object === undefined) return { title: plain, type: '' };
  const offset = Number(address - BigInt(object.address));
  const free = object.isFree ? ' (free)' : '';
  const fields = object.struct === null ? undefined : run.data.structs[object.struct];
  const field = fields?.find((one) => one.offset <= offset && offset < one.offset + one.size);
  if (field === undefined) {
    const part = offset === 0 ? '' : `${offset < 0 ? '-' : '+'}${hex(Math.abs(offset))}`;
    return { title: `${object.name}${part}${free}`, type: '' };
  }
  const within = offset - field.offset;
  return {
    title: `${object.name}.${field.path}${within === 0 ? '' : `+${hex(within)}`}${free}`,
    type: within === 0 && size === Math.min(field.size, 8) ? field.type : `part of ${field.type}`,
  };
};

const memoryKnown = (run: Run, address: bigint, size: number, state: number): Known => {
  const place = run.memory.find(address);
  const bytes = place === undefined ? undefined : run.memory.seek(state).read(place, size);
  const isWhole = bytes?.length === size;
  const what = size === 8 ? run.stackWhat(address, state) : '';
  const bits = isWhole ? hex(numberOf(bytes)) : undefined;
  const points = bits !== undefined && Object.hasOwn(run.data.pointers, bits) ? run.data.pointers[bits]! : '';
  const end = address + BigInt(size);
  return {
    ...fieldOf(run, address, size, state),
    bits,
    name: '',
    what: what === '' ? points : what,
    object: run.objectAt(address, state),
    values: valuesAt(
      run,
      ({ row, size: length }) =>
        row.startsWith('0x') && BigInt(row) < end && BigInt(row) + BigInt(length) > address,
      state,
    ),
  };
};

/** What is known of a place; undefined where it is not one that the page knows. */
export const knownOf = (run: Run, place: AskedPlace): Known | undefined => {
  if (place.kind === 'register') return registerKnown(run, place.name, place.state);
  if (place.kind === 'memory') return memoryKnown(run, place.address, place.size, place.state);
  return undefined;
};

/** Index of the named value that a place holds most of; undefined where it holds none. */
export const valueOf = (run: Run, place: AskedPlace): number | undefined => {
  const value = knownOf(run, place)?.values[0];
  return value === undefined ? undefined : run.data.values.indexOf(value);
};
