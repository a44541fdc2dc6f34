// The state of memory around an address, a letter per byte, like the shadow rows of KASAN.

import { type Addr, hex } from '../../base/address.js';
import { LiveAllocations } from '../../recording/live-allocations.js';
import { identifySlabAddress } from '../../kernel/slab-identify.js';
import type { MemoryRows } from './report-facts.js';
import type { ReportScene } from './report-scene.js';

const LETTERS = {
  own: 'a',
  input: 'i',
  slack: 's',
  free: 'f',
  foreign: 'x',
  management: 'm',
  other: '.',
  unmapped: '-',
} as const;

/** The meaning of the letters, in the order of a legend. */
export const LEGEND: readonly (readonly [string, string])[] = [
  [LETTERS.own, 'allocated by the call'],
  [LETTERS.input, 'an input'],
  [LETTERS.slack, 'slack: part of a slab object, but not requested'],
  [LETTERS.free, 'free'],
  [LETTERS.foreign, 'allocated by others'],
  [LETTERS.management, "the slab's management"],
  [LETTERS.other, 'other memory'],
  [LETTERS.unmapped, 'not mapped'],
];

const ROW = 32; // bytes
const ROWS_AROUND = 2;

/**
 * The rows around an access, as memory was before instruction `at`.
 *
 * @param size bytes of the access, marked up to the end of its row
 */
export const memoryRows = (scene: ReportScene, at: number, address: Addr, size: number): MemoryRows => {
  const { recording, subject, own } = scene;
  const live = new LiveAllocations(recording);
  for (const event of recording.header.events) if (event.at <= at) live.apply(event);
  const { free } = scene.heapAt(at);
  const state = scene.stateAt(at);
  const inputs = [...recording.header.world, ...recording.header.objects]
    .filter(({ name }) => subject.reads.includes(name) || subject.writes.includes(name))
    .map(({ address: start, size: length }) => ({ start: BigInt(start), length: BigInt(length) }));
  const ownLive = own.filter(({ made, freed }) => made <= at && (freed === undefined || freed > at));

  const letterOf = (byte: Addr): string => {
    if (!state.isMapped(byte, 1)) return LETTERS.unmapped;
    if (ownLive.some(({ start, requested }) => byte >= start && byte < start + BigInt(requested)))
      return LETTERS.own;
    const isInput = inputs.some(({ start, length }) => byte >= start && byte < start + length);
    if (isInput && scene.freedObject(byte, at) === undefined) return LETTERS.input;
    const place = identifySlabAddress(state, byte);
    if (place === undefined) return live.find(byte) === undefined ? LETTERS.other : LETTERS.foreign;
    if (place.kind === 'management') return LETTERS.management;
    const owner = live.startingAt(place.object);
    if (owner !== undefined) return place.offset < owner.requested ? LETTERS.foreign : LETTERS.slack;
    return free.has(place.object) ? LETTERS.free : LETTERS.foreign;
  };

  const first = address - (address % BigInt(ROW));
  const rows = Array.from({ length: 2 * ROWS_AROUND + 1 }, (_, index) => {
    const start = BigInt.asUintN(64, first + BigInt((index - ROWS_AROUND) * ROW));
    const letters = Array.from({ length: ROW }, (_unused, byte) =>
      letterOf(BigInt.asUintN(64, start + BigInt(byte))),
    ).join('');
    return { address: hex(start), letters };
  });
  const column = Number(address - first);
  return { rows, row: ROWS_AROUND, column, marked: Math.min(size, ROW - column) };
};
