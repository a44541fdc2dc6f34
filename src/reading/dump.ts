// The machine of a run as a crash dump has it: at the trap, or at the end of a run without one.

import type { Addr } from '../base/address.js';
import type { Memory, Region } from '../kernel/memory.js';
import type { Case } from './case.js';
import type { NamedObject, Recording } from '../recording/recording.js';
import type { HeapInMemory } from '../kernel/slab.js';
import type { Structs } from '../kernel/structs/all.js';
import { CURRENT_TASK_OFFSET } from '../kernel/structs/task.js';
import type { SymbolTable } from '../kernel/symbols.js';

export class Dump {
  readonly recording: Recording;
  readonly symbols: SymbolTable;
  readonly regions: readonly Region[];
  /** Guest address of the registers that the trap saved; absent when nothing trapped, or the stack could not take them. */
  readonly regs: Addr | undefined;
  #heap: HeapInMemory | undefined;

  /** @param memory in place of the run's own, with the same regions: for dumps that were damaged on purpose */
  constructor(
    readonly run: Case,
    readonly memory: Memory = run.end,
  ) {
    this.recording = run.recording;
    this.symbols = run.symbols;
    this.regions = run.regions;
    this.regs = run.savedRegisters;
  }

  /** The slab heap, walked once. */
  get heap(): HeapInMemory {
    return (this.#heap ??= this.run.heapIn(this.memory));
  }

  /** Objects that the scenario named, with where they were at the end. */
  get objects(): readonly NamedObject[] {
    return this.recording.header.objects;
  }

  /** The layouts that names of structs mean. */
  get structs(): Structs {
    return this.run.structs;
  }

  /** The task that runs: `current` of the per-CPU area; 0 when that is not mapped. */
  get currentTask(): Addr {
    const at = BigInt(this.recording.header.gsBase) + CURRENT_TASK_OFFSET;
    return this.memory.isMapped(at, 8) ? this.memory.readU64(at) : 0n;
  }
}
