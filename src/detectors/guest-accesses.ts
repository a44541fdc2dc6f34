// The accesses of guest code in a recording, each with what the heap's events before it had made of the objects.

import { REGISTER_INDEX } from '../x86/registers.js';
import type { Addr } from '../base/address.js';
import type { RecordedEvent, Recording } from '../recording/recording.js';

/** Calls for each event and each access of guest code, in the order in which they happened. */
interface AccessVisitor {
  event?(event: RecordedEvent): void;
  /** @param index of the access @returns false to see no more */
  access(index: number): boolean | void;
}

/** Go through a recording. */
export const visitAccesses = ({ header, accesses }: Recording, visitor: AccessVisitor): void => {
  const { events } = header;
  let next = 0;
  for (let index = 0; index < accesses.count; index += 1) {
    for (; (events[next]?.accesses ?? Infinity) <= index; next += 1) visitor.event?.(events[next]!);
    if (!accesses.isHost(index) && visitor.access(index) === false) return;
  }
};

/** Where the instruction is that did an access. */
export const instructionOf = (recording: Recording, index: number): Addr =>
  recording.registersAt(recording.accesses.instruction(index))[REGISTER_INDEX.rip]!;
