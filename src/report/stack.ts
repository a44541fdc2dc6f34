// The words of the stack over the run, each explained.

import { type Addr, hex } from '../base/address.js';
import type { Scene } from '../reading/scene.js';
import { explainWord, stackWords } from '../reading/words.js';
import type { ShownMemory } from './memory.js';
import type { PageStackWord } from './page-data.js';
import { type Pool, TrackWriter } from './track.js';

// Words that are explained from RSP up.
const STACK_WORDS = 64;

const WORD = 8n;

/** Follows the stack from state to state; explains again what an instruction may have given another meaning. */
export class StackTracks {
  readonly #tracks = new Map<Addr, TrackWriter>();
  #frames = '';
  #start: Addr = 0n;
  #count = 0;

  constructor(
    private readonly scene: Scene,
    private readonly words: Pool<string>,
  ) {}

  /** Take the words of the scene's state. @param all whether anything may have got another meaning */
  take(all: boolean): void {
    const { scene } = this;
    const { start, count: available } = stackWords(scene);
    const count = Math.min(available, STACK_WORDS);
    const frames = scene.frames.map(({ function: name, slot }) => `${name} ${hex(slot)}`).join();
    const again = all || frames !== this.#frames;
    const written = this.#writtenWords();
    for (let index = 0; index < count; index += 1) {
      const address = start + BigInt(index) * WORD;
      const wasShown = address >= this.#start && address < this.#start + BigInt(this.#count) * WORD;
      if (!again && wasShown && !written.has(address)) continue;
      const text = explainWord(scene, address);
      let track = this.#tracks.get(address);
      if (track === undefined) this.#tracks.set(address, (track = new TrackWriter()));
      track.put(scene.at, this.words.add(text, text));
    }
    this.#frames = frames;
    this.#start = start;
    this.#count = count;
  }

  #writtenWords(): Set<Addr> {
    const { navigator, at } = this.scene;
    const written = new Set<Addr>();
    if (at === 0) return written;
    for (const { kind, address, size } of navigator.accessesOf(at - 1)) {
      if (kind === 'read') continue;
      for (let word = address - (address % WORD); word < address + BigInt(size); word += WORD)
        written.add(word);
    }
    return written;
  }

  /** @param shown the regions that places of words refer to */
  stackWords(shown: ShownMemory): PageStackWord[] {
    return [...this.#tracks]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([address, writer]) => {
        const place = shown.find(address);
        return place === undefined ? [] : [{ ...place, what: writer.track }];
      });
  }
}
