// Which instruction would begin at each byte of some code: guests can jump to any of them.

import type * as Iced from 'iced-x86';
import { loadIced } from './disasm.js';
import { isLegacyPrefix, isRex } from './encoding.js';
import { MAX_INSTRUCTION } from './fetch.js';

let loaded: typeof Iced | undefined;
const library = (): typeof Iced => (loaded ??= loadIced());

/** Decodes anywhere in the same bytes; one call of the library per decoding. */
class Window {
  readonly #decoder: Iced.Decoder;
  readonly #instruction: Iced.Instruction;
  readonly #iced = library();

  constructor(bytes: Uint8Array) {
    this.#decoder = new this.#iced.Decoder(64, bytes, this.#iced.DecoderOptions.None);
    this.#instruction = new this.#iced.Instruction();
  }

  /** The kind of instruction at an offset, as a number; 0 where there is none. */
  at(offset: number): number {
    this.#decoder.position = offset;
    this.#decoder.decodeOut(this.#instruction);
    return this.#instruction.code;
  }

  [Symbol.dispose](): void {
    this.#decoder.free();
    this.#instruction.free();
  }
}

const decodeAlone = (bytes: readonly number[]): number => {
  using window = new Window(Uint8Array.from(bytes));
  return window.at(0);
};

// Bytes that would complete an instruction which is cut off, one of each kind.
const COMPLETIONS = [
  Array.from({ length: MAX_INSTRUCTION }, () => 0x00),
  Array.from({ length: MAX_INSTRUCTION }, () => 0xc0),
  [0xf8, 0x77], // vzeroupper after c5
  [0xe1, 0xf8, 0x77], // vzeroupper after c4
];

// Whether these bytes are the beginning of an instruction, and memory ends before the rest of it.
const isCutOff = (bytes: readonly number[]): boolean =>
  bytes.length < MAX_INSTRUCTION &&
  COMPLETIONS.some((more) => decodeAlone([...bytes, ...more].slice(0, MAX_INSTRUCTION)) !== 0);

// Whether these bytes would be an instruction with fewer of its prefixes: it is too long, and a CPU raises #GP, not #UD.
const isTooLong = (bytes: readonly number[]): boolean => {
  const count = bytes.findIndex((byte) => !isLegacyPrefix(byte) && !isRex(byte));
  if (count < 0) return bytes.length >= MAX_INSTRUCTION;
  const prefixes = bytes.slice(0, count);
  const needed = [...new Set(prefixes.filter(isLegacyPrefix))];
  const rex = prefixes.slice(-1).filter(isRex);
  if (needed.length + rex.length === count) return false;
  return decodeAlone([...needed, ...rex, ...bytes.slice(count)]) !== 0;
};

/**
 * Visit what begins at each of the first `count` bytes. What is cut off by the end of memory, or is longer than an
 * instruction may be, is left out: a CPU faults on it as on any other.
 *
 * @param bytes code, and what lies in memory after it
 * @param visit gets the kind of instruction as a number, for `describeKind`; 0 for what is none, where a CPU raises #UD
 */
export const surveyCode = (
  bytes: Uint8Array,
  count: number,
  visit: (offset: number, kind: number) => void,
): void => {
  using window = new Window(bytes);
  for (let offset = 0; offset < count; offset += 1) {
    const kind = window.at(offset);
    if (kind === 0) {
      const rest = [...bytes.subarray(offset, offset + MAX_INSTRUCTION)];
      if (isCutOff(rest) || isTooLong(rest)) continue;
    }
    visit(offset, kind);
  }
};

/** A kind of instruction by its number: its name, and which extensions of the instruction set it needs. */
export const describeKind = (
  kind: number,
): { readonly name: string; readonly extensions: readonly string[] } => {
  const iced = library();
  const instruction = new iced.Instruction();
  try {
    instruction.code = kind;
    const extensions = [...instruction.cpuidFeatures()].map((feature) => iced.CpuidFeature[feature] ?? '');
    return { name: iced.Code[kind] ?? '', extensions };
  } finally {
    instruction.free();
  }
};
