// Names of the values that registers and stack words hold in a state, and held before they died, from the lineage.

import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { Lineage } from '../lineage/lineage.js';
import type { View } from '../lineage/state.js';
import type { Place } from '../lineage/value.js';
import type { RecordedStep } from '../recording/recording.js';
import type { Case } from './case.js';

// What a place holds.
interface Meaning {
  /** `sfd`, `&ns->ids[2]`, `sil delim` for a part; empty when it has none. */
  readonly name: string;
  /** Its C type; empty where that is not known. */
  readonly type: string;
  readonly place: Place;
}

/** A name that a register lost. */
export interface Death {
  readonly name: string;
  /** `destroyed by shm_close+0xb`, `may be lost at shm_close+0x20` */
  readonly how: string;
  /** The text of the instruction that did it. */
  readonly by: string;
  /** The last state that had it. */
  readonly state: number;
}

/** Names in one recording, in both views. */
export class Names {
  readonly #types = new Map<string, string>();
  readonly #deaths = new Map<string, ReadonlyMap<string, readonly Death[]>>();
  /** Why names are missing; absent where they are known. */
  problem: string | undefined;

  constructor(private readonly run: Case) {}

  #lineage(view: View): Lineage | undefined {
    if (this.problem !== undefined) return undefined;
    try {
      return this.run.lineageIn(view);
    } catch (error) {
      // An instruction that the lineage does not support: the machine can be looked at all the same.
      if (!(error instanceof InputError)) throw error;
      this.problem = error.message;
      return undefined;
    }
  }

  /** What lies in a register or in 8 bytes of memory: the named part of it, if there is one. */
  meaning(view: View, where: string | Addr, state: number): Meaning | undefined {
    const lineage = this.#lineage(view);
    if (lineage === undefined) return undefined;
    const contents = lineage.contentOf(where, state);
    contents.sort(
      (a, b) => Number(b.name !== undefined) - Number(a.name !== undefined) || b.place.size - a.place.size,
    );
    const best = contents[0];
    if (best === undefined) return undefined;
    const { place } = best;
    if (best.name === undefined) return { name: '', type: '', place };
    const isPart = place.register === undefined ? place.size < 4 : place.size < 4 || place.first > 0;
    const name = isPart && place.register !== undefined ? `${place.place} ${best.name}` : best.name;
    return { name, type: this.#typeOf(lineage, view, place.value), place };
  }

  #typeOf(lineage: Lineage, view: View, value: number): string {
    const key = `${view} ${value}`;
    const known = this.#types.get(key) ?? lineage.value(value).type;
    this.#types.set(key, known);
    return known;
  }

  /** Every name that a register lost within the step of the scenario that gave it, by state. */
  deaths(view: View, register: string): readonly Death[] {
    return this.run.recording.header.steps
      .filter(({ call }) => call !== null)
      .flatMap((step) => this.#deathsIn(view, step).get(register) ?? []);
  }

  /** What a register held by name and lost, the latest one before a state in the step of the scenario that it is in. */
  lastDeath(view: View, register: string, state: number): Death | undefined {
    const { steps } = this.run.recording.header;
    const step = steps.findLast(({ from, to, call }) => call !== null && from <= state && state <= to);
    if (step === undefined) return undefined;
    return this.#deathsIn(view, step)
      .get(register)
      ?.findLast((death) => death.state < state);
  }

  #deathsIn(view: View, { from, to }: RecordedStep): ReadonlyMap<string, readonly Death[]> {
    const key = `${view} ${from}`;
    const deaths = this.#deaths.get(key) ?? this.#findDeaths(view, from, to);
    this.#deaths.set(key, deaths);
    return deaths;
  }

  #findDeaths(view: View, from: number, to: number): Map<string, Death[]> {
    const found = new Map<string, Death[]>();
    for (const { name, places } of this.#lineage(view)?.valuesBetween(from, to) ?? []) {
      for (const { register, until, size } of places) {
        if (register === undefined || until === null || size < 4) continue;
        if (until.step < from || until.step >= to) continue;
        const how = `${until.how} ${until.how === 'may be lost' ? 'at' : 'by'} ${until.at}`;
        const death = { name, how, by: until.by, state: until.step };
        const list = found.get(register);
        if (list === undefined) found.set(register, [death]);
        else list.push(death);
      }
    }
    for (const list of found.values()) list.sort((a, b) => a.state - b.state);
    return found;
  }
}
