// Where in a world's code no run goes past. Any byte can be where an instruction begins: code can jump there.

import type { Addr } from '../base/address.js';
import type { CodeProblem, EngineLimits, StopReason } from '../machine/engine.js';
import { MAX_INSTRUCTION } from '../x86/fetch.js';
import { findForbidden } from '../x86/privileged.js';
import { SHIPPED_STOPS } from './shipped-stops.js';
import type { Snippet } from './snippet.js';

/** Where a run ends before an instruction, and with what. */
export type CodeStop = readonly [Addr, StopReason];

// What a CPU refuses comes first: it raises #UD whatever the bytes resemble.
const reasonAt = (bytes: Uint8Array, problem: CodeProblem | undefined): StopReason | undefined => {
  if (problem?.kind === 'invalid') return 'invalid-opcode';
  return problem !== undefined || findForbidden(bytes) !== undefined ? 'exception' : undefined;
};

// The stops among the first `count` bytes.
const stopsIn = (bytes: Uint8Array, count: number, start: Addr, limits: EngineLimits): CodeStop[] => {
  const problems = limits.findProblems(bytes, count);
  const stops: CodeStop[] = [];
  for (let offset = 0; offset < count; offset += 1) {
    const reason = reasonAt(bytes.subarray(offset, offset + MAX_INSTRUCTION), problems.get(offset));
    if (reason !== undefined) stops.push([start + BigInt(offset), reason]);
  }
  return stops;
};

// Where an instruction that begins there lies inside the snippet: found once, for all worlds.
const inside = new WeakMap<EngineLimits, WeakMap<Snippet, readonly CodeStop[]>>();

const stopsInside = (snippet: Snippet, count: number, limits: EngineLimits): readonly CodeStop[] => {
  let known = inside.get(limits);
  if (known === undefined) inside.set(limits, (known = new WeakMap()));
  let stops = known.get(snippet);
  if (stops === undefined) known.set(snippet, (stops = stopsIn(snippet.bytes, count, snippet.start, limits)));
  return stops;
};

// Most bytes after a snippet that an instruction which begins in it can have.
const AFTER = MAX_INSTRUCTION - 1;

/** A snippet with what follows it: the name of its stops in what `npm run stops` writes down. */
export const stopsKey = ({ manifest }: Pick<Snippet, 'manifest'>, after: Uint8Array): string =>
  `${manifest.sha256} ${Buffer.from(after).toString('hex')}`;

const LETTERS: Readonly<Record<StopReason, string>> = { exception: 'e', 'invalid-opcode': 'u' };

/**
 * The stops of a snippet as they are written down: offsets, each with the letter of its reason.
 *
 * @param after what follows it in memory, at most 14 bytes; fewer where memory ends
 */
export const stopsText = (bytes: Uint8Array, after: Uint8Array, limits: EngineLimits): string =>
  stopsIn(Uint8Array.from([...bytes, ...after]), bytes.length, 0n, limits)
    .map(([at, reason]) => `${at}${LETTERS[reason]}`)
    .join(' ');

// Those that are written down, which spares a start the disassembler.
const stopsKnown = (
  snippet: Snippet,
  limits: EngineLimits,
  fetch: (address: Addr) => Uint8Array,
): CodeStop[] | undefined => {
  const { start, end } = snippet;
  const text = SHIPPED_STOPS[limits.name]?.[stopsKey(snippet, fetch(end).subarray(0, AFTER))];
  if (text === undefined) return undefined;
  return (text.match(/\d+[eu]/gu) ?? []).map((stop) => [
    start + BigInt(stop.slice(0, -1)),
    stop.endsWith(LETTERS.exception) ? 'exception' : 'invalid-opcode',
  ]);
};

/**
 * Where no run goes past, at any byte of the code of a world.
 *
 * @param fetch what lies in memory from an address on, at most MAX_INSTRUCTION bytes
 */
export const codeStops = (
  snippets: readonly Snippet[],
  limits: EngineLimits,
  fetch: (address: Addr) => Uint8Array,
): CodeStop[] =>
  snippets.flatMap((snippet) => {
    const { start, bytes } = snippet;
    const known = stopsKnown(snippet, limits, fetch);
    if (known !== undefined) return known;
    const count = Math.max(0, bytes.length - MAX_INSTRUCTION + 1);
    const tail = Array.from({ length: bytes.length - count }, (_, index) => {
      const address = start + BigInt(count + index);
      return stopsIn(fetch(address), 1, address, limits);
    });
    return [...stopsInside(snippet, count, limits), ...tail.flat()];
  });
