// How often worlds had which values: lengths of texts, choices, numbers. Plain data, joined in any order.

import type { ParameterValue, Parameters } from '../../scenario/parameters.js';

/**
 * What worlds had, parameter by parameter: what, and how often. For a text that is its length in bytes, or `NULL`; for a choice
 * its key, and `KEY+` where it had other bits besides (both are counted then); for an int32 the number, or where it lies
 * (`64..127`) when it is not a small one; for contents `zero`, the word for those that the steps leave, or `bytes`.
 */
export interface WorldCounts {
  readonly worlds: number;
  readonly parameters: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Counts of no worlds. */
export const NO_WORLDS: WorldCounts = { worlds: 0, parameters: {} };

// Numbers up to this, and as far below 0, are counted one by one.
const SMALL = 16;

const MOST = 0x7fff_ffff;

// The same order whatever was counted first.
const ordered = (counts: Iterable<readonly [string, number]>): Record<string, number> =>
  Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));

const numberClass = (value: number): string => {
  const size = Math.abs(value);
  if (size <= SMALL) return String(value);
  const from = 2 ** Math.floor(Math.log2(size));
  const [near, far] = [Math.max(from, SMALL + 1), Math.min(2 * from - 1, MOST + Number(value < 0))];
  if (near === far) return String(value);
  return value > 0 ? `${near}..${far}` : `${-far}..${-near}`;
};

const classOf = (value: ParameterValue): string => {
  switch (value.type) {
    case 'text':
      return value.isNull === true ? 'NULL' : String(value.bytes.length);
    case 'choice':
      return value.key;
    case 'int32':
      return numberClass(value.value);
    case 'contents':
      return value.fill === undefined || value.text === 'zero' ? value.text : 'bytes';
  }
};

// What one parameter had: lengths of texts apart, which are by far the most.
interface Counted {
  readonly lengths: Map<number, number>;
  readonly others: Map<string, number>;
}

const countOf = ({ lengths, others }: Counted): Record<string, number> =>
  ordered([...[...lengths].map(([length, count]) => [String(length), count] as const), ...others]);

/** Counts worlds one by one. What it keeps is bounded: there are only so many lengths, choices and classes of numbers. */
export class WorldCounter {
  #worlds = 0;
  readonly #parameters = new Map<string, Counted>();

  add(world: Parameters): void {
    this.#worlds += 1;
    world.forEach(this.#addValue);
  }

  readonly #addValue = (value: ParameterValue, name: string): void => {
    let counted = this.#parameters.get(name);
    if (counted === undefined)
      this.#parameters.set(name, (counted = { lengths: new Map(), others: new Map() }));
    const { lengths, others } = counted;
    if (value.type === 'text' && value.isNull !== true) {
      const { length } = value.bytes;
      lengths.set(length, (lengths.get(length) ?? 0) + 1);
      return;
    }
    const known = classOf(value);
    others.set(known, (others.get(known) ?? 0) + 1);
    if (value.type === 'choice' && value.beside !== undefined)
      others.set(`${known}+`, (others.get(`${known}+`) ?? 0) + 1);
  };

  get counts(): WorldCounts {
    const parameters = [...this.#parameters].map(([name, counted]) => [name, countOf(counted)]);
    return { worlds: this.#worlds, parameters: Object.fromEntries(parameters) };
  }
}

/** The counts of the worlds of both. */
export const joinCounts = (left: WorldCounts, right: WorldCounts): WorldCounts => {
  const names = new Set([left, right].flatMap(({ parameters }) => Object.keys(parameters)));
  const parameters = [...names].map((name) => {
    const counts = new Map(Object.entries(left.parameters[name] ?? {}));
    for (const [what, count] of Object.entries(right.parameters[name] ?? {}))
      counts.set(what, (counts.get(what) ?? 0) + count);
    return [name, ordered(counts)];
  });
  return { worlds: left.worlds + right.worlds, parameters: Object.fromEntries(parameters) };
};

// A row of a histogram.
interface HistogramRow {
  /** `0`, `1`, `2..3`, `4..7`: lengths or numbers; a key, `NULL`, `zero` and so on. */
  readonly what: string;
  readonly worlds: number;
  /** Of a row of lengths: how many different ones there were. */
  readonly lengths?: number;
}

/**
 * The histogram of a parameter: lengths of texts in classes of powers of two, everything else as it was counted; numbers
 * in ascending order.
 *
 * @param isText whether it is a text, whose counts are by length
 */
export const histogramOf = (counts: Readonly<Record<string, number>>, isText: boolean): HistogramRow[] => {
  const rows = new Map<string, { from: number; worlds: number; lengths: number }>();
  for (const [what, worlds] of Object.entries(counts)) {
    const number = Number(/^-?\d+/u.exec(what)?.[0] ?? NaN);
    const isLength = isText && Number.isInteger(number);
    const from = isLength && number > 0 ? 2 ** Math.floor(Math.log2(number)) : number;
    const row = isLength && from > 1 ? `${from}..${2 * from - 1}` : what;
    const known = rows.get(row) ?? { from: Number.isNaN(from) ? -Infinity : from, worlds: 0, lengths: 0 };
    rows.set(row, {
      from: known.from,
      worlds: known.worlds + worlds,
      lengths: known.lengths + Number(isLength),
    });
  }
  return [...rows]
    .toSorted(([, a], [, b]) => (a.from === b.from ? 0 : a.from - b.from))
    .map(([what, { worlds, lengths }]) => (lengths === 0 ? { what, worlds } : { what, worlds, lengths }));
};
