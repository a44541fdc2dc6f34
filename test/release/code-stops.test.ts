// Where no run of shipped code goes past is written down, so that a start needs no disassembler.
import { describe, expect, it } from 'vitest';
import { type EngineLimits } from '../../src/machine/engine.js';
import { unicornLimits } from '../../src/machine/unicorn-limits.js';
import { wasmLimits } from '../../src/machine/wasm-limits.js';
import { codeStops, stopsKey, stopsText } from '../../src/release/code-stops.js';
import { SHIPPED_STOPS } from '../../src/release/shipped-stops.js';
import { loadRelease } from '../../src/release/snippet.js';
import { MAX_INSTRUCTION } from '../../src/x86/fetch.js';

const { snippets } = loadRelease();
const VERSIONS = [...[0, 1].map((minor) => unicornLimits({ major: 2, minor, patch: 0 })), wasmLimits()];

/** Memory with one snippet, and `filler` after it; nothing after it without one. */
const memoryOf =
  ({ start, bytes }: (typeof snippets)[number], filler: number | undefined) =>
  (address: bigint): Uint8Array => {
    const offset = Number(address - start);
    const here = [...bytes.subarray(offset, offset + MAX_INSTRUCTION)];
    if (filler === undefined) return Uint8Array.from(here); // memory ends there
    return Uint8Array.from({ length: MAX_INSTRUCTION }, (_, index) => here[index] ?? filler);
  };

describe.each(VERSIONS.map((limits) => [limits.name, limits] as const))('with %s', (name, limits) => {
  it('what is written down of the shipped code is what is found (npm run stops)', () => {
    const filler = new Uint8Array(14).fill(0x06);
    for (const snippet of snippets) {
      const after = snippet.end % 4096n === 0n ? new Uint8Array(0) : filler;
      const written = SHIPPED_STOPS[name]?.[stopsKey(snippet, after)];
      expect(written).toEqual(stopsText(snippet.bytes, after, limits));
    }
  });

  it('stops are the same whether they are written down or not, and whatever follows the code', () => {
    const unknown: EngineLimits = { ...limits, name: 'not written down' };
    for (const snippet of snippets)
      for (const filler of [0x06, 0x90, 0x0f, undefined]) {
        const fetch = memoryOf(snippet, filler);
        expect(codeStops([snippet], limits, fetch)).toEqual(codeStops([snippet], unknown, fetch));
      }
  });
});
