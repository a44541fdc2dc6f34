// Writes src/release/shipped-stops.ts, with which a start needs no disassembler: npm run stops (which builds first).

import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { replaceFile } from '../dist/base/replace-file.js';
import { unicornLimits } from '../dist/machine/unicorn-limits.js';
import { wasmLimits } from '../dist/machine/wasm-limits.js';
import { stopsKey, stopsText } from '../dist/release/code-stops.js';
import { loadRelease } from '../dist/release/snippet.js';

const NO_INSTRUCTION = 0x06;
const AFTER = 14; // bytes
const PAGE_SIZE = 4096n;
const { snippets } = loadRelease();

/** What can follow a snippet in a world: filler, or the end of memory at that of a page, or other snippets that are chosen. */
const contexts = ({ end }) => {
  const filler = new Uint8Array(AFTER).fill(NO_INSTRUCTION);
  const following = snippets.filter(({ start }) => start >= end && start < end + BigInt(AFTER));
  return [
    end % PAGE_SIZE === 0n ? new Uint8Array(0) : filler,
    ...following.map(({ start, bytes }) => {
      const after = filler.slice();
      after.set(bytes.subarray(0, AFTER - Number(start - end)), Number(start - end));
      return after;
    }),
  ];
};

const engines = [...[0, 1].map((minor) => unicornLimits({ major: 2, minor, patch: 0 })), wasmLimits()];
const table = Object.fromEntries(
  engines.map((limits) => {
    const all = snippets.flatMap((snippet) =>
      contexts(snippet).map((after) => [stopsKey(snippet, after), stopsText(snippet.bytes, after, limits)]),
    );
    return [limits.name, Object.fromEntries(all)];
  }),
);
const text = `// Where no run of the shipped code goes past. Made by \`npm run stops\`; a test holds it against what is found anew.

/**
 * By the name of the engine's limits, and the hash of a snippet's bytes and the digits of up to 14 that follow: offsets, with
 * e for an exception and u for an invalid opcode.
 */
export const SHIPPED_STOPS: Readonly<Record<string, Readonly<Record<string, string>>>> = ${JSON.stringify(table)};
`;
const file = fileURLToPath(new URL('../src/release/shipped-stops.ts', import.meta.url));
replaceFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'typescript' }));
