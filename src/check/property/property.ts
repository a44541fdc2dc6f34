// The form of a property: how a run of the checked call is judged, and what a report of one that broke it says.

import type { Addr } from '../../base/address.js';
import type { CallResult } from '../../machine/machine.js';
import type { World } from '../../run/world.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { PlacedObject } from '../../scenario/values.js';
import type { ReportFacts } from '../scene/report-facts.js';
import type { ReportScene } from '../scene/report-scene.js';
import type { CallEffect } from '../world/effect.js';
import type { ResultType } from '../world/result-type.js';
import type { Subject } from '../world/subject.js';

/** An object that the checked call freed without having allocated it. */
export interface ForeignFree {
  readonly address: Addr;
  /** The name of the scenario's object that begins there, or holds it. */
  readonly object: string | undefined;
  /** Where the call of kfree() or its like returns to. */
  readonly site: Addr;
}

/** An allocation that the checked call asked for. */
export interface AllocationRequest {
  readonly size: number; // bytes; as the guest gave it, so up to 2 ** 64
  readonly flags: number; // gfp_t, 32 bits
  /** What it got; 0 for nothing. */
  readonly address: Addr;
  /** Whether a rule let it fail. */
  readonly failed: boolean;
  /** Where the call returns to. */
  readonly site: Addr;
  /** Whether the interrupt flag was clear. */
  readonly interruptsOff?: boolean;
}

/** What the checked call returned, kept for the same call again. */
export interface FirstResult {
  readonly value: bigint;
  /** The text that it points to, up to its NUL or its end, where that is an allocation of its own. */
  readonly text: Uint8Array | undefined;
  /** Whether it is the start of an allocation of its own: the same call again gives another one. */
  readonly isOwn: boolean;
}

/** What of the CPU or of memory of the caller is not as the calling convention promises when the call has returned. */
export interface KeptState {
  /** `rbx`, `rsp`, `DF`, `IF`, `xmm3`, `mxcsr`, `thread_info`, `per-CPU data`, … */
  readonly what: string;
  readonly expected: bigint;
  readonly found: bigint;
  /** The first byte that differs, of memory. */
  readonly address?: Addr;
}

/** One run of a candidate, as it stands when one of its steps has ended. */
export interface WatchedRun {
  readonly world: World;
  readonly subject: Subject;
  readonly parameters: Parameters;
  /** Objects as the checked call met them, and as later steps left them. */
  readonly objects: ReadonlyMap<string, PlacedObject>;
  /** What the checked call allocated and did not free: bytes requested, by address. */
  readonly live: ReadonlyMap<Addr, number>;
  /** Complaints of heap or stubs in this step. */
  readonly findings: readonly string[];
  /** What the checked call returned; undefined before, where it returned nothing, and where it got no memory. */
  readonly first: FirstResult | undefined;
  /** RAX when the checked call had returned; undefined before. */
  readonly returned: bigint | undefined;
  /** What the result is: as the scenario says, otherwise as the prototype does. */
  readonly type: ResultType;
  /** What the checked call freed without having allocated it, in order. */
  readonly foreign: readonly ForeignFree[];
  /** What it asked the allocators for, in order. */
  readonly requests: readonly AllocationRequest[];
  /** What is not as the calling convention promises; once the checked call has returned. */
  readonly lost: readonly KeptState[];
  /** The first byte of the caller's stack frame that the checked call changed. */
  smashed(): Addr | undefined;
  /** The effect of a trusted version, where the check names one and it returns. */
  expected(): CallEffect | undefined;
}

/** How a step of a run ended. */
export interface StepEnd {
  readonly step: string;
  /** Whether it is the checked call, the same call again, or another step after it. */
  readonly phase: 'checked' | 'again' | 'later';
  readonly result: CallResult | undefined; // of a step that calls a function
}

/** The facts of a report that differ from none. */
export type OwnFacts = Pick<ReportFacts, 'kind' | 'says' | 'step'> & Partial<ReportFacts>;

/** One property: all that belongs to it. */
export interface Property<Broken extends { readonly property: string } = { readonly property: string }> {
  readonly name: Broken['property'];
  /** A predicate about a candidate that breaks it; completes "the function …". */
  readonly breaks: string;
  /** Whether only steps after the checked call can break it. */
  readonly isLater?: true;
  /** Whether an access to memory that the checked call may not access that way breaks it. */
  forbids?(access: 'read' | 'write', isInput: boolean): boolean;
  /**
   * Look at a check once, when it is opened.
   *
   * @throws {InputError} at the field of the scenario that makes no sense
   */
  open?(world: World, subject: Subject): void;
  /** The violation in a step, if any. */
  readonly judge?: (run: WatchedRun, end: StepEnd) => Broken | undefined;
  /** The facts that a report takes from the recording of a run that broke it. */
  report(scene: ReportScene, violation: Broken): OwnFacts;
}
