// The oops of a run, each word with where it came from and the state that first had it.

import { formatOops, oopsWords } from '../oops/collect.js';
import type { OopsWord } from '../oops/words.js';
import { isRegisterName, REGISTER_INDEX } from '../x86/registers.js';
import type { Scene } from '../reading/scene.js';
import type { PageOops, PageOopsWord } from './page-data.js';

/** The state that first had something, and the instruction that made it. */
type Making = Pick<PageOopsWord, 'at' | 'by'>;

const UNKNOWN: Making = { at: null, by: '' };

/** Finds what made the words of one report. */
class Makers {
  readonly #trap: number;
  readonly #start: number; // first state of the step that trapped

  constructor(private readonly scene: Scene) {
    this.#trap = scene.last;
    this.#start = scene.recording.header.steps.findLast(({ from }) => from <= this.#trap)?.from ?? 0;
  }

  // By the instruction before a state.
  #by(at: number): Making {
    const site = this.scene.navigator.siteBefore(at - 1);
    if (site === undefined) return UNKNOWN;
    return { at, by: `${this.scene.symbols.formatLocation(site.address)}  ${site.text}` };
  }

  #register(name: string): Making {
    if (!isRegisterName(name)) return UNKNOWN;
    const index = REGISTER_INDEX[name];
    const value = this.scene.recording.registersAt(this.#trap)[index];
    for (let at = this.#trap; at > this.#start; at -= 1)
      if (this.scene.recording.registersAt(at - 1)[index] !== value) return this.#by(at);
    return UNKNOWN;
  }

  #memory(address: bigint): Making {
    const write = this.scene.navigator.lastWrite(address, 8, this.scene.navigator.end);
    return write === undefined || write.host ? UNKNOWN : this.#by(write.instruction + 1);
  }

  // The sources are the sentences of oops/words.ts.
  of({ source, provenance, label }: OopsWord): Making {
    if (label || provenance === 'given') return UNKNOWN;
    const register = /^register (\w+) at the trap$/u.exec(source)?.[1];
    if (register !== undefined) return this.#register(register);
    const slot = /^(?:stack word|call trace: read at) ([0-9a-f]{16})$/u.exec(source)?.[1];
    if (slot !== undefined) return this.#memory(BigInt(`0x${slot}`));
    if (/^(?:code byte|bug table|gs base)/u.test(source)) return UNKNOWN;
    return { ...this.#by(this.#trap + 1), at: this.#trap };
  }
}

/** The report of a run; null when it ended without one. */
export const pageOops = (scene: Scene): PageOops | null => {
  const report = scene.oops({ provenance: true });
  if (report === undefined) return null;
  const makers = new Makers(scene);
  return {
    text: formatOops(report),
    words: oopsWords(report).map((word) => ({
      provenance: word.provenance,
      label: word.label,
      source: word.source,
      ...makers.of(word),
    })),
  };
};
