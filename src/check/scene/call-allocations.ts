// What the checked call allocated and freed, as the events of a recording have it. Allocations and frees by which a rule
// makes room for the call are not the call's.

import type { Addr } from '../../base/address.js';
import type { RecordedEvent, RecordedStep, Recording } from '../../recording/recording.js';

type AllocateEvent = Extract<RecordedEvent, { kind: 'allocate' }>;
type StubEvent = Extract<RecordedEvent, { kind: 'stub' }>;

/** An object that the checked call gave back. */
export interface RecordedFree {
  readonly address: Addr;
  readonly at: number; // instruction that comes after it
  /** The function that was called: `kfree`. */
  readonly symbol: string;
}

/** An object that the checked call got. */
interface RecordedAllocation {
  readonly made: AllocateEvent;
  /** The function that was called: `__kmalloc`. */
  readonly symbol: string;
  readonly at: number; // instruction that comes after it
  readonly free: RecordedFree | undefined;
}

// The stub whose work an event is part of: it returns after it, at the same moment.
const stubOf = (events: readonly RecordedEvent[], index: number): StubEvent | undefined => {
  const { at } = events[index]!;
  for (let after = index + 1; events[after]?.at === at; after += 1) {
    const event = events[after]!;
    if (event.kind === 'stub') return event;
  }
  return undefined;
};

// The allocation that a stub returned: an event of the same moment, before it.
const madeBy = (
  events: readonly RecordedEvent[],
  index: number,
  { at, result }: StubEvent,
): AllocateEvent | undefined => {
  for (let before = index - 1; events[before]?.at === at; before -= 1) {
    const event = events[before]!;
    if (event.kind === 'stub') return undefined;
    if (event.kind === 'allocate' && event.address === result) return event;
  }
  return undefined;
};

/** The frees of the checked call, in order: those of stubs that return no allocation. */
export const freesIn = ({ header: { events } }: Recording, { events: { from, to } }: RecordedStep) => {
  const call = events.findIndex(({ kind }, index) => index >= from && index < to && kind === 'call');
  const frees: RecordedFree[] = [];
  for (let index = Math.max(call, from); index < to; index += 1) {
    const event = events[index]!;
    if (event.kind !== 'free') continue;
    const stub = stubOf(events, index);
    if (stub === undefined || stub.result !== null) continue;
    frees.push({ address: BigInt(event.address), at: event.at, symbol: stub.symbol });
  }
  return frees;
};

/** The allocations of the checked call, in order. */
export const allocationsIn = (
  { header: { events } }: Recording,
  { events: { from, to } }: RecordedStep,
  frees: readonly RecordedFree[],
): RecordedAllocation[] => {
  const found: RecordedAllocation[] = [];
  const left = [...frees];
  for (let index = from; index < to; index += 1) {
    const stub = events[index]!;
    if (stub.kind !== 'stub') continue;
    const made = madeBy(events, index, stub);
    if (made === undefined) continue;
    const start = BigInt(made.address);
    // A later allocation of the same address has a later free.
    const place = left.findIndex(({ address, at }) => address === start && at > stub.at);
    const [free] = place < 0 ? [] : left.splice(place, 1);
    found.push({ made, symbol: stub.symbol, at: stub.at, free });
  }
  return found;
};
