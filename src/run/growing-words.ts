// Rows of a recording while it is written: they grow up to what one recording takes.

import { InputError } from '../base/errors.js';
import { allocate } from '../base/allocate.js';
import { MAX_ACCESSES, MAX_EVENTS, MAX_INSTRUCTIONS, MAX_REGISTER_WORDS } from '../recording/bounds.js';

/** What one recording takes: a run ends at so many instructions, and is refused at more of the others. */
export interface RecorderLimits {
  readonly instructions: number;
  readonly registerWords: number;
  readonly accesses: number;
  readonly events: number;
}

/** Those of every recording but a test's. */
export const LIMITS: RecorderLimits = {
  instructions: MAX_INSTRUCTIONS,
  registerWords: MAX_REGISTER_WORDS,
  accesses: MAX_ACCESSES,
  events: MAX_EVENTS,
};

/** @throws {InputError} always */
export const tooLong = (max: number, what: string): never => {
  throw new InputError(
    `the run is too long to be recorded: a recording takes ${max} ${what}; a smaller budget ends it earlier`,
  );
};

const WORD = Uint32Array.BYTES_PER_ELEMENT;

/** 32-bit words, one after another, up to a number of them. */
export class GrowingWords {
  data: Uint32Array;
  length = 0;

  /** @param full throws: there is room for `max` words */
  constructor(
    private readonly max: number,
    private readonly full: () => never,
  ) {
    this.data = new Uint32Array(Math.min(max, 1 << 14));
  }

  /** Make room for `count` more. @throws what `full` throws */
  reserve(count: number): void {
    if (this.length + count <= this.data.length) return;
    if (this.length + count > this.max) this.full();
    const size = Math.min(this.max, Math.max(this.data.length * 4, this.length + count)) * WORD;
    const grown = new Uint32Array(allocate(size, 'the recording'));
    grown.set(this.data);
    this.data = grown;
  }

  /** How many more there is room for. */
  get room(): number {
    return this.max - this.length;
  }

  /** Add words at the end. @throws as `reserve` does */
  append(words: Uint32Array): void {
    this.reserve(words.length);
    this.data.set(words, this.length);
    this.length += words.length;
  }

  /** A copy of the words so far. */
  finish(): Uint32Array {
    return this.data.slice(0, this.length);
  }
}
