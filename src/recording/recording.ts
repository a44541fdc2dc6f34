// What happened in a run, complete: initial state, every instruction's registers, every access, every event.
// Read only. No engine, no machine: everything that anybody looks at is a view of this.

import { hex } from '../base/address.js';
import type { Protection } from '../kernel/memory.js';
import { REGISTER_COUNT } from '../x86/registers.js';
import type { KernelSymbol } from '../kernel/symbols.js';
import { AccessLog, type RecordedAccess, wide } from './accesses.js';

/** Version of the format; a reader takes its own only. */
export const RECORDING_VERSION = 1;

/** Why a run ended, as `replay --json` prints it. */
export type Outcome =
  | { readonly kind: 'returned'; readonly value: string }
  | { readonly kind: 'bug'; readonly at: string; readonly file: string; readonly line: number }
  | {
      readonly kind: 'fault';
      readonly at: string;
      readonly access: 'read' | 'write' | 'fetch' | 'execute';
      readonly address: string;
      readonly size: number; // bytes
    }
  | { readonly kind: 'budget'; readonly at: string; readonly instructions: number };

/** An object that the run knows by name or from its allocation. */
export interface NamedObject {
  readonly name: string;
  readonly address: string;
  readonly size: number; // bytes; what was asked for
  /** Bytes of the same allocation that lie before it. */
  readonly header: number;
  /** The struct it is, if it is one. */
  readonly struct: string | null;
  /** The cache it was allocated from; null outside the slab heap. */
  readonly cache: string | null;
  /** Where the address comes from: `slide 33`, `invented`, or `allocated`. */
  readonly source: string;
}

/** One step of the scenario. Instruction numbers count over the whole recording. */
export interface RecordedStep {
  readonly step: string;
  /** What the scenario says about it; empty when it says nothing. */
  readonly says: string;
  readonly call: string | null;
  /** First instruction of the step. */
  readonly from: number;
  /** First instruction after it. */
  readonly to: number;
  /** Its first event, and the first one after it: indices of the header's events. */
  readonly events: { readonly from: number; readonly to: number };
  readonly returned: string | null;
}

/** Where in the run an event lies: before instruction `at`, after `accesses` recorded accesses. */
interface EventPlace {
  readonly at: number;
  readonly accesses: number;
}

/** What happened besides instructions and accesses. */
export type RecordedEvent = EventPlace &
  (
    | {
        readonly kind: 'allocate';
        readonly address: string;
        readonly cache: string;
        readonly objectSize: number;
        readonly requested: number;
        /** The scenario's name for it, if it gave one. */
        readonly name: string | null;
        readonly struct: string | null;
      }
    | { readonly kind: 'free'; readonly address: string; readonly cache: string }
    | { readonly kind: 'stub'; readonly symbol: string; readonly result: string | null }
    | { readonly kind: 'call'; readonly symbol: string; readonly arguments: readonly string[] }
    | {
        readonly kind: 'trap';
        readonly trap: string;
        readonly errorCode: number;
        readonly address: string | null;
        /** Where pt_regs lies; null when the stack could not take it. */
        readonly regs: string | null;
      }
    /** What a step of the scenario had the sandbox do; `what` completes a sentence: `sets vma.vm_start`. */
    | { readonly kind: 'host'; readonly what: string }
    | { readonly kind: 'finding'; readonly message: string }
  );

/** What the scenario states and the oops prints as stated: it is not read from the machine. */
export interface GivenFacts {
  readonly [name: string]: string | number | boolean | readonly string[] | null;
}

/** The part of a recording that is no bulk data. */
export interface RecordingHeader {
  readonly scenario: string;
  /** The scenario in a line. */
  readonly title: string;
  /** What the scenario claims; empty when it says nothing. */
  readonly claim: string;
  readonly release: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Which variant ran in place of a function, by function; the plain version of all others. */
  readonly variants: Readonly<Record<string, string>>;
  readonly gsBase: string;
  readonly cacheChain: string;
  readonly symbols: readonly (Omit<KernelSymbol, 'address'> & { readonly address: string })[];
  readonly regions: readonly {
    readonly start: string;
    readonly size: number;
    readonly protection: Protection;
    readonly name: string;
  }[];
  readonly given: GivenFacts;
  /** Objects that existed before the first step. */
  readonly world: readonly NamedObject[];
  /** Objects by the names that the scenario gives them, at the end. */
  readonly objects: readonly NamedObject[];
  readonly steps: readonly RecordedStep[];
  readonly events: readonly RecordedEvent[];
  readonly outcome: Outcome;
  readonly asExpected: boolean;
  /** What differs from the scenario's expectations, a sentence each. */
  readonly unexpected: readonly string[];
}

/** The bulk data of a recording. */
export interface RecordingData {
  /** The initial contents of all regions, in the header's order. */
  readonly memory: Uint8Array;
  /** Register deltas: per row a mask, then low and high word of each register that changed. */
  readonly registers: Uint32Array;
  /** ROW.words per access: what AccessLog reads. */
  readonly accesses: Uint32Array;
}

const KEYFRAME = 256; // rows between two full register files

/** A finished run. */
export class Recording {
  readonly header: RecordingHeader;
  readonly data: RecordingData;
  /** Executed instructions; register rows are this many plus one, the state at the end. */
  readonly instructions: number;
  readonly accesses: AccessLog;
  readonly #keyframes: { offset: number; values: BigUint64Array }[] = [];

  /** @throws {RangeError} when the register rows do not decode: only for data that no recorder wrote */
  constructor(header: RecordingHeader, data: RecordingData) {
    this.header = header;
    this.data = data;
    this.accesses = new AccessLog(data.accesses);
    this.instructions = this.#index() - 1;
  }

  #index(): number {
    const { registers } = this.data;
    const values = new BigUint64Array(REGISTER_COUNT);
    let rows = 0;
    for (let offset = 0; offset < registers.length; rows += 1) {
      if (rows % KEYFRAME === 0) this.#keyframes.push({ offset, values: values.slice() });
      offset = applyRow(registers, offset, values);
    }
    if (rows === 0) throw new RangeError('a recording without a register row');
    return rows;
  }

  /**
   * The registers before instruction `at`; `at === instructions` is the state at the end.
   *
   * @returns a new array in the order of REGISTERS
   * @throws {RangeError} outside 0 to `instructions`
   */
  registersAt(at: number): BigUint64Array {
    if (!Number.isInteger(at) || at < 0 || at > this.instructions)
      throw new RangeError(`no instruction ${at}`);
    const keyframe = this.#keyframes[Math.floor(at / KEYFRAME)]!;
    const values = keyframe.values.slice();
    let { offset } = keyframe;
    for (let row = at - (at % KEYFRAME); row <= at; row += 1) {
      offset = applyRow(this.data.registers, offset, values);
    }
    return values;
  }

  /** All register files in order, from that before instruction `from` on; the array is reused from row to row. */
  *registerRows(from = 0): Generator<BigUint64Array> {
    const keyframe = this.#keyframes[Math.floor(from / KEYFRAME)];
    if (keyframe === undefined) return;
    const values = keyframe.values.slice();
    let row = from - (from % KEYFRAME);
    for (let { offset } = keyframe; offset < this.data.registers.length; row += 1) {
      offset = applyRow(this.data.registers, offset, values);
      if (row >= from) yield values;
    }
  }

  get accessCount(): number {
    return this.accesses.count;
  }

  /** @throws {RangeError} when there is no such access */
  access(index: number): RecordedAccess {
    if (!Number.isInteger(index) || index < 0 || index >= this.accessCount) {
      throw new RangeError(`no access ${index}`);
    }
    return this.accesses.at(index);
  }

  /** How many accesses lie before the state at instruction `at`: host accesses before it are included. */
  accessesBefore(at: number): number {
    return this.accesses.countBefore(at);
  }

  /** `0x…` address of a named object at the end of the run, or `undefined`. */
  findObject(name: string): NamedObject | undefined {
    return this.header.objects.find((object) => object.name === name);
  }
}

// Apply one row of deltas. Gives the offset of the next row.
const applyRow = (rows: Uint32Array, start: number, values: BigUint64Array): number => {
  const mask = rows[start]!;
  let offset = start + 1;
  if (mask >>> REGISTER_COUNT !== 0) throw new RangeError(`register row at ${hex(start)}: mask ${hex(mask)}`);
  for (let index = 0; index < REGISTER_COUNT; index += 1) {
    if ((mask & (1 << index)) === 0) continue;
    if (offset + 2 > rows.length) throw new RangeError(`register row at ${hex(start)}: cut short`);
    values[index] = wide(rows, offset);
    offset += 2;
  }
  return offset;
};
