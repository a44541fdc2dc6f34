// A copy of a recorded machine's memory, to be damaged.
import { PagedMemory } from '../../src/kernel/memory.js';
import { RecordedState, recordedRegions } from '../../src/recording/state.js';
import type { Recording } from '../../src/recording/recording.js';

/** The memory of a recording before instruction `at`, as plain memory that may be written. */
export const memoryAt = (recording: Recording, at: number): PagedMemory => {
  const state = new RecordedState(recording).seek(at);
  const memory = new PagedMemory(recordedRegions(recording));
  for (const { start, size } of memory.regions) memory.write(start, state.read(start, size));
  return memory;
};

/** The memory at the trap, or at the end without one. */
export const memoryAtEnd = (recording: Recording): PagedMemory => memoryAt(recording, recording.instructions);
