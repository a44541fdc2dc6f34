// The map of path length against previous contents: what each call did to its neighbours, as the emulator ran it.

import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { FastReplay, type Verdict } from '../run/fast-replay.js';
import { fieldAt } from '../kernel/layout.js';
import type { Memory } from '../kernel/memory.js';
import type { Parameters } from '../scenario/parameters.js';
import type { Outcome } from '../recording/recording.js';
import type { Scenario } from '../scenario/scenario.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import type { Structs } from '../kernel/structs/all.js';
import type { PlacedObject } from '../scenario/values.js';
import { type SweptStep, findSwept, pathOfLength, shortened } from './sweep-paths.js';

interface SweepOptions {
  /** Bytes of path, in the order of the columns. */
  readonly lengths: readonly number[];
  /** Previous contents of the slot as `--set previous=` takes them, in the order of the rows. */
  readonly previous: readonly string[];
  /** Other parameters; of the path's own texts as much is used as fits. */
  readonly set?: ReadonlyMap<string, string>;
  readonly libraries?: readonly string[];
}

// A byte outside the path's slot that the call changed.
interface Damage {
  readonly address: Addr;
  /** Bytes from the start of the slot. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** The scenario's name for the object; null where it has none. */
  readonly object: string | null;
  /** `shm_file_data.id`; null where no field is known. */
  readonly field: string | null;
}

export interface SweepCell {
  readonly length: number;
  readonly slot: Addr;
  readonly cache: string;
  /** What lay in the whole slot before the call. */
  readonly stale: Uint8Array;
  /** How the call ended. */
  readonly call: Outcome;
  readonly damage: readonly Damage[];
  /** How the whole scenario ended. */
  readonly outcome: Outcome;
  /** The parameters of the run, as `--set` takes them; null where the scenario itself was shortened. */
  readonly set: ReadonlyMap<string, string> | null;
}

/** All calls: a row for each previous contents. */
export interface Sweep {
  readonly scenario: string;
  readonly lengths: readonly number[];
  readonly rows: readonly SweepRow[];
}

/** A previous contents with every length. */
interface SweepRow {
  readonly previous: string;
  readonly cells: readonly SweepCell[];
}

/** Bytes after the slot that are compared; an endless walk faults where mapped memory ends. */
const MAX_WATCHED = 65_536;

const mappedFrom = (memory: Memory, start: Addr): Uint8Array => {
  let size = 0;
  while (size < MAX_WATCHED && memory.isMapped(start, size + 1024)) size += 1024;
  while (size < MAX_WATCHED && memory.isMapped(start, size + 1)) size += 1;
  return memory.read(start, size);
};

const ownerOf = (
  objects: Iterable<PlacedObject>,
  structs: Structs,
  address: Addr,
): { readonly object: string | null; readonly field: string | null } => {
  for (const { name, address: start, size, struct } of [...objects].toReversed()) {
    if (address < start || address >= start + BigInt(size)) continue;
    const type = struct === null ? undefined : structs.find(struct);
    const field = type === undefined ? undefined : fieldAt(type, Number(address - start));
    return { object: name, field: field === undefined ? null : `${struct}.${field.path}` };
  }
  return { object: null, field: null };
};

/** One scenario, ready to run again and again: up to the call, up to its return, and to the end. */
class Calls {
  readonly #swept: SweptStep;
  readonly #structs: Structs;
  readonly #before: FastReplay;
  readonly #after: FastReplay;
  readonly #whole: FastReplay;
  readonly #base: Parameters;
  readonly #set: ReadonlyMap<string, string>;

  constructor(swept: SweptStep, { set = new Map(), libraries = [] }: SweepOptions) {
    this.#swept = swept;
    this.#structs = swept.scenario.release(libraries).structs;
    this.#set = set;
    const { scenario, name: stepName } = swept;
    const all = Object.entries(scenario.spec.steps);
    const index = all.findIndex(([name]) => name === stepName);
    const steps = Object.fromEntries(all.slice(0, index + 1));
    const { call: _call, ...prepared } = steps[stepName]!;
    const options = { from: stepName, libraries };
    this.#before = new FastReplay(scenario.with({ steps: { ...steps, [stepName]: prepared } }), options);
    this.#after = new FastReplay(scenario.with({ steps }), options);
    this.#whole = new FastReplay(scenario, options);
    this.#base = this.#after.parameters(set);
  }

  #settings(length: number, previous: string): ReadonlyMap<string, string> {
    const texts = pathOfLength(this.#swept.texts, this.#base, length);
    return new Map([...this.#set, ...texts, [this.#swept.previous, previous]]);
  }

  /**
   * What a call damaged is what it left otherwise than the same call over a zeroed slot, whose walk ends right after the
   * path: the allocator's own writes are the same in both.
   *
   * @throws {InputError} when the path gets no memory
   */
  cell(length: number, previous: string): Omit<SweepCell, 'set'> & { set: ReadonlyMap<string, string> } {
    const zeroed = this.#after.run(this.#after.parameters(this.#settings(length, 'zero')));
    const slot = zeroed.result?.kind === 'returned' ? zeroed.result.value : 0n;
    const place = identifySlabAddress(this.#after.memory, slot);
    if (place?.kind !== 'object' || place.offset !== 0)
      throw new InputError(`a path of ${length} bytes gets no memory in this scenario`, {
        field: '--lengths',
      });
    const beyond = slot + BigInt(place.size);
    const expected = mappedFrom(this.#after.memory, beyond);
    const set = this.#settings(length, previous);
    const call = this.#after.run(this.#after.parameters(set)).outcome;
    const found = mappedFrom(this.#after.memory, beyond);
    const damage: Damage[] = [];
    for (const [index, to] of found.entries()) {
      const from = expected[index]!;
      const address = beyond + BigInt(index);
      if (from !== to)
        damage.push({
          address,
          at: place.size + index,
          from,
          to,
          ...ownerOf(this.#after.objects.values(), this.#structs, address),
        });
    }
    this.#before.run(this.#before.parameters(set));
    const stale = this.#before.memory.read(slot, place.size);
    const { outcome }: Verdict = this.#whole.run(this.#whole.parameters(set));
    return { length, slot, cache: place.cacheName, stale, call, damage, outcome, set };
  }

  [Symbol.dispose](): void {
    for (const fast of [this.#before, this.#after, this.#whole]) fast.close();
  }
}

/**
 * Build paths of every length over every kind of previous contents, and give row after row.
 *
 * A path shorter than its texts need (a byte each) is built as the scenario's `sweep` says.
 *
 * @throws {InputError} when the scenario has no such call, or a length or contents cannot be had
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export function* sweepRows(scenario: Scenario, options: SweepOptions): Generator<SweepRow> {
  const swept = findSwept(scenario);
  if (options.set?.has(swept.previous) === true)
    throw new InputError('is what the sweep varies: name the rows with --previous', {
      field: swept.previous,
    });
  const short = shortened(swept);
  const least = (short ?? swept).texts.length;
  if (options.lengths.some((length) => length < least))
    throw new InputError(`the shortest path of ${scenario.name} has ${least} bytes`, { field: '--lengths' });
  const isShort = (length: number): boolean => length < swept.texts.length;
  using whole = new Calls(swept, options);
  using few = short !== undefined && options.lengths.some(isShort) ? new Calls(short, options) : undefined;
  const cellOf = (length: number, previous: string): SweepCell =>
    isShort(length) && few !== undefined
      ? { ...few.cell(length, previous), set: null }
      : whole.cell(length, previous);
  for (const previous of options.previous)
    yield { previous, cells: options.lengths.map((length) => cellOf(length, previous)) };
}

/** All of its rows. @throws {InputError} as `sweepRows` */
export const sweep = (scenario: Scenario, options: SweepOptions): Sweep => ({
  scenario: scenario.name,
  lengths: options.lengths,
  rows: [...sweepRows(scenario, options)],
});
