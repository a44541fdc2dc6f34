// The registers over the run: values, what they mean, and the names that they lost.

import { hex } from '../base/address.js';
import { fetchCode } from '../x86/fetch.js';
import { usesOf } from '../x86/disasm.js';
import { REGISTERS } from '../x86/registers.js';
import type { Scene } from '../reading/scene.js';
import { registerMeaning } from '../reading/words.js';
import type { PageLoss, PageMeaning, PageRegister, Track } from './page-data.js';
import { type Pool, TrackWriter } from './track.js';

/** Follows the registers from state to state. */
export class RegisterTracks {
  readonly #values = REGISTERS.map(() => new TrackWriter());
  readonly #meanings = REGISTERS.map(() => new TrackWriter());
  readonly #written = new Map<number, ReadonlySet<string>>(); // by site
  readonly #before = new BigUint64Array(REGISTERS.length);

  constructor(
    private readonly scene: Scene,
    private readonly words: Pool<string>,
    private readonly meanings: Pool<PageMeaning>,
    private readonly losses: Pool<PageLoss>,
  ) {}

  // What an instruction writes by its own operands, changed or not.
  #writtenBy(site: number): ReadonlySet<string> {
    const known = this.#written.get(site);
    if (known !== undefined) return known;
    const { memory, navigator } = this.scene;
    const { address } = navigator.sites[site]!;
    const bytes = fetchCode(memory, address);
    const uses = bytes.length === 0 ? [] : usesOf(bytes, address).registers;
    const written = new Set(uses.filter((use) => use.written).map(({ full }) => full));
    this.#written.set(site, written);
    return written;
  }

  /** Take the registers of the scene's state. @param all whether anything may have got another meaning */
  take(all: boolean): void {
    const { scene } = this;
    const { at, registers } = scene;
    const last = scene.navigator.siteAt[at - 1];
    const written = last === undefined ? undefined : this.#writtenBy(last);
    REGISTERS.forEach((name, index) => {
      const value = registers[index]!;
      const changed = at === 0 || value !== this.#before[index]!;
      if (changed) this.#values[index]!.put(at, this.words.add(hex(value), hex(value)));
      if (!all && !changed && written?.has(name) !== true) return;
      const meaning = registerMeaning(scene, name);
      const number = this.meanings.add(meaning, JSON.stringify(meaning));
      this.#meanings[index]!.put(at, number);
    });
    this.#before.set(registers);
  }

  registers(): PageRegister[] {
    return REGISTERS.map((name, index) => ({
      name,
      value: this.#values[index]!.track,
      meaning: this.#meanings[index]!.track,
      lost: this.#lost(name),
    }));
  }

  #lost(register: string): Track {
    const { names, view } = this.scene;
    const writer = new TrackWriter();
    for (const { state, name, how, by } of names.deaths(view, register))
      writer.again(state, this.losses.add({ name, how, by }, JSON.stringify([name, how, by])));
    return writer.track;
  }
}
