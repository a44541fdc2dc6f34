// A full slice in the form of links: every step with what it made, what the sandbox wrote, and the bytes of the start.

import { type Addr, hex } from '../base/address.js';
import type { Link } from './link.js';
import type { Place } from './place.js';
import type { Slice } from './slice.js';
import type { RunView } from './view.js';

const NOTHING: Place = { kind: 'rest' };

const stepLink = (view: RunView, step: number, by: Link['by']): Link => {
  const { trace } = view;
  const site = trace.siteOf(step);
  const [write] = trace.touches(step).writes;
  const [register] = site.writes;
  const place: Place =
    write !== undefined && site.transfer.kind !== 'call'
      ? { kind: 'memory', address: write.address, size: Math.min(8, write.size) }
      : register === undefined
        ? NOTHING
        : { kind: 'register', at: register.at, size: register.size };
  const isFlow = site.flow !== 'next';
  return {
    step,
    at: view.at(step),
    line: view.line(step),
    place,
    name: isFlow || place.kind === 'rest' ? 'rip' : view.placeName(place, step + 1),
    value: isFlow || place.kind === 'rest' ? undefined : view.value(place, step + 1),
    says: view.text(step),
    by,
  };
};

const memoryLink = (
  view: RunView,
  step: number,
  address: Addr,
  size: number,
  at: string,
  says: string,
): Link => {
  const place: Place = { kind: 'memory', address, size };
  return {
    step,
    at,
    line: undefined,
    place,
    name: view.placeName(place, step),
    value: view.value(place, step),
    says,
    by: 'initial state',
  };
};

// Neighbouring bytes, at most 8 together.
const runsOf = (addresses: readonly Addr[]): { address: Addr; size: number }[] => {
  const runs: { address: Addr; size: number }[] = [];
  for (const address of addresses) {
    const last = runs.at(-1);
    if (last !== undefined && last.size < 8 && last.address + BigInt(last.size) === address) last.size += 1;
    else runs.push({ address, size: 1 });
  }
  return runs;
};

/** The slice, the last step first, then what the sandbox wrote, then the bytes of the start. */
export const sliceLinks = (
  view: RunView,
  { steps, hostAccesses, arguments: given, start }: Slice,
): Link[] => {
  const { accesses, header } = view.run.recording;
  const made = [...steps].toSorted(([a], [b]) => b - a).map(([step, role]) => stepLink(view, step, role));
  const host = [...hostAccesses].map((index) => {
    const at = accesses.instruction(index);
    const event = header.events.findIndex((one) => one.accesses > index && one.at >= at);
    const step = header.steps.find(({ events }) => event >= events.from && event < events.to)?.step;
    const place = step === undefined ? 'the scenario' : `step "${step}"`;
    return memoryLink(
      view,
      at,
      accesses.address(index),
      accesses.size(index),
      place,
      'written by the sandbox',
    );
  });
  const calls = [...given].map((at): Link => {
    const step = header.steps.findLast(({ from, call }) => call !== null && from <= at)?.step ?? '';
    return {
      step: at,
      at: `step "${step}"`,
      line: undefined,
      place: NOTHING,
      name: 'registers',
      value: undefined,
      says: 'registers of the call',
      by: 'initial state',
    };
  });
  const first = runsOf(start).map(({ address, size }) =>
    memoryLink(
      view,
      0,
      address,
      size,
      'the start',
      `${hex(address)}, ${size} ${size === 1 ? 'byte' : 'bytes'} from the start`,
    ),
  );
  return [...made, ...host, ...calls, ...first];
};
