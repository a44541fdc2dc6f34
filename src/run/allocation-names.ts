// Names for what compiled C allocates: the variable that gets the allocation, and the struct that it points to.

import { type Addr, hex } from '../base/address.js';
import {
  Recording,
  type RecordedEvent,
  type RecordingData,
  type RecordingHeader,
} from '../recording/recording.js';
import type { Release, Snippet } from '../release/snippet.js';
import type { PlacedObject } from '../scenario/values.js';
import { REGISTER_INDEX } from '../x86/registers.js';

type Allocate = Extract<RecordedEvent, { kind: 'allocate' }>;

const CALL = 5; // bytes of a direct call

// The variable that holds the result of the call at an address, as the code's debug information says.
const variableAt = (snippets: readonly Snippet[], call: Addr) => {
  const snippet = snippets.find(({ start, end }) => call >= start && call < end);
  if (snippet === undefined) return undefined;
  const at = `rax at +${hex(call - snippet.start + BigInt(CALL))}`;
  return snippet.manifest.variables.find((variable) => variable.at === at);
};

// The allocation that a stub's call made: it is the last event before the stub's own.
const allocationBefore = (events: readonly RecordedEvent[], index: number): number | undefined => {
  const stub = events[index]!;
  const before = events[index - 1];
  if (stub.kind !== 'stub' || before?.kind !== 'allocate' || before.at !== stub.at) return undefined;
  return before.name === null && before.address === stub.result ? index - 1 : undefined;
};

/**
 * Name the allocations of a run that no step names.
 *
 * @param events changed in place
 * @param objects gets what has a name now and was not freed
 */
export const nameAllocations = (
  release: Release,
  data: RecordingData,
  events: RecordedEvent[],
  objects: Map<string, PlacedObject>,
): void => {
  const files = new Set(release.code.map(({ file }) => file));
  const snippets = release.snippets.filter(({ file }) => files.has(file));
  if (snippets.length === 0) return;
  const recording = new Recording({} as RecordingHeader, data); // for its rows alone
  const taken = new Set([
    ...objects.keys(),
    ...events.map((event) => (event.kind === 'allocate' ? event.name : null)),
  ]);
  const freeName = (name: string): string => {
    let free = name;
    for (let number = 2; taken.has(free); number += 1) free = `${name}${number}`;
    taken.add(free);
    return free;
  };
  for (let index = 1; index < events.length; index += 1) {
    const found = allocationBefore(events, index);
    if (found === undefined) continue;
    const event = events[found] as Allocate;
    const call = recording.registersAt(Math.max(0, event.at - 1))[REGISTER_INDEX.rip]!;
    const variable = variableAt(snippets, call);
    if (variable === undefined) continue;
    const target = /^(?:const )?struct (\w+) \*$/u.exec(variable.type)?.[1];
    const layout = target === undefined ? undefined : release.structs.find(target);
    const struct = layout !== undefined && layout.size <= event.requested ? layout.name : null;
    const name = freeName(variable.name);
    events[found] = { ...event, name, struct };
    const { address, requested: size, cache } = event;
    objects.set(name, {
      name,
      address: BigInt(address),
      size,
      header: 0,
      struct,
      cache,
      source: 'allocated',
    });
  }
};
