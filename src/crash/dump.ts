// What the crash> prompt looks at: the machine of a recording as it was at the trap, or at its end without one.
// Everything that commands show is read from its guest memory.

import type { Addr } from '../base/address.js';
import type { Memory, Region } from '../kernel/memory.js';
import { RecordedState, recordedRegions } from '../recording/state.js';
import type { NamedObject, Recording } from '../recording/recording.js';
import { type HeapInMemory, walkHeap } from '../kernel/slab.js';
import { CURRENT_TASK_OFFSET } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { findTrap, recordedSymbols } from '../recording/trap.js';

/** A dump of the machine. */
export class Dump {
  readonly recording: Recording;
  readonly memory: Memory;
  readonly symbols: SymbolTable;
  /** All memory that there is. */
  readonly regions: readonly Region[];
  /** Guest address of the registers that the trap saved; absent when nothing trapped, or the stack could not take them. */
  readonly regs: Addr | undefined;
  #heap: HeapInMemory | undefined;

  /** @param memory in place of the recording's own, with the same regions: for dumps that were damaged on purpose */
  constructor(recording: Recording, memory: Memory = new RecordedState(recording).end()) {
    this.recording = recording;
    this.memory = memory;
    this.symbols = recordedSymbols(recording);
    this.regions = recordedRegions(recording);
    const regs = findTrap(recording)?.regs;
    this.regs = regs == null ? undefined : BigInt(regs);
  }

  /** The slab heap, walked once. */
  get heap(): HeapInMemory {
    return (this.#heap ??= walkHeap(this.memory, BigInt(this.recording.header.cacheChain), this.regions));
  }

  /** Objects that the scenario named, with where they were at the end. */
  get objects(): readonly NamedObject[] {
    return this.recording.header.objects;
  }

  /** The task that runs: `current` of the per-CPU area; 0 when that is not mapped. */
  get currentTask(): Addr {
    const at = BigInt(this.recording.header.gsBase) + CURRENT_TASK_OFFSET;
    return this.memory.isMapped(at, 8) ? this.memory.readU64(at) : 0n;
  }
}
