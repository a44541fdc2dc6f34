// A run as dependence sees it: which instruction each step executed, in which frame, and what it did to memory.
// One pass over the register rows; everything else is asked for by step.

import type { Addr } from '../base/address.js';
import { firstWhere } from '../base/bisect.js';
import { type Recording, type RecordedEvent } from '../recording/recording.js';
import type { RecordedState } from '../recording/state.js';
import { fetchCode } from '../x86/fetch.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { type Site, siteOf } from './site.js';

/** One execution of a function, from the call to the return. */
export interface Frame {
  readonly number: number;
  /** The frame that called it; absent for a call by the scenario. */
  readonly parent: Frame | undefined;
  /** Step of the call instruction; for a call by the scenario the first step of the function, less one. */
  readonly callStep: number;
  /** First step in it. */
  readonly from: number;
  /** First step after it; the end of the run, or of the call by the scenario, where it did not return. */
  to: number;
  returned: boolean;
  /** Of the function's first instruction. */
  readonly entry: Addr;
}

/** An access to memory by an instruction. */
export interface Touch {
  readonly address: Addr;
  readonly size: number; // bytes
}

/** Something that the sandbox did to registers before a step. */
export interface Boundary {
  readonly at: number;
  readonly event: Extract<RecordedEvent, { kind: 'stub' | 'call' | 'trap' }>;
}

const RIP = REGISTER_INDEX.rip;
const CHUNK = 256; // rows that are decoded together: as many as lie between two key frames

export class Trace {
  readonly sites: Site[] = [];
  /** Index into `sites` of each step; one more for the end. */
  readonly siteAt: Int32Array;
  readonly frames: Frame[] = [];
  /** Index into `frames` of each step. */
  readonly frameAt: Int32Array;
  /** Stubs that returned, calls by the scenario and the trap, in order. */
  readonly boundaries: readonly Boundary[];
  readonly #numbers = new Map<number, number>();
  readonly #rows = new BigUint64Array(CHUNK * REGISTER_COUNT);
  #chunk = -1;

  /**
   * @param memory of the run, for its code, which does not change
   * @param like another run, whose instructions are taken over where the code is the same
   */
  constructor(
    readonly recording: Recording,
    private readonly memory: RecordedState,
    private readonly like?: Trace,
  ) {
    const { instructions, header } = recording;
    this.siteAt = new Int32Array(instructions + 1);
    this.frameAt = new Int32Array(instructions + 1);
    this.boundaries = header.events.flatMap((event) =>
      event.kind === 'stub' || event.kind === 'call' || event.kind === 'trap'
        ? [{ at: event.at, event }]
        : [],
    );
    this.#findSites();
    this.#findFrames();
  }

  // The changes of RIP, read from the rows as they lie.
  #findSites(): void {
    const { registers } = this.recording.data;
    let low = 0;
    let high = 0;
    let offset = 0;
    for (let step = 0; offset < registers.length; step += 1) {
      const mask = registers[offset]!;
      let at = offset + 1;
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        if (31 - Math.clz32(rest & -rest) === RIP) {
          low = registers[at]!;
          high = registers[at + 1]!;
        }
        at += 2;
      }
      offset = at;
      this.siteAt[step] = this.#numberOf(low, high);
    }
  }

  #numberOf(low: number, high: number): number {
    const key = (high | 0) * 0x1_0000_0000 + low; // exact for canonical addresses; others may share one
    const known = this.#numbers.get(key);
    const address = (BigInt(high) << 32n) | BigInt(low);
    if (known !== undefined && this.sites[known]!.address === address) return known;
    const number = this.sites.push(this.#decoded(key, address)) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  #decoded(key: number, address: Addr): Site {
    const { like, memory } = this;
    const bytes = fetchCode(memory, address);
    const number = like === undefined ? undefined : like.#numbers.get(key);
    const known = number === undefined ? undefined : like!.sites[number]!;
    const isSame =
      known?.address === address &&
      Buffer.compare(
        bytes.subarray(0, known.length),
        fetchCode(like!.memory, address).subarray(0, known.length),
      ) === 0;
    return isSame ? known : siteOf(bytes, address);
  }

  #findFrames(): void {
    const { instructions } = this.recording;
    const calls = new Set(this.boundaries.flatMap(({ at, event }) => (event.kind === 'call' ? [at] : [])));
    let frame: Frame | undefined;
    for (let step = 0; step < instructions; step += 1) {
      if (frame === undefined || calls.has(step)) {
        this.#close(frame, step);
        frame = this.#open(undefined, step - 1, step);
      }
      this.frameAt[step] = frame.number;
      const { flow, address, length } = this.siteOf(step);
      if ((flow === 'call' || flow === 'indirect call') && step + 1 < instructions) {
        const next = this.siteOf(step + 1).address;
        if (next !== address + BigInt(length)) frame = this.#open(frame, step, step + 1);
      } else if (flow === 'return') {
        frame.to = step + 1;
        frame.returned = true;
        frame = frame.parent ?? frame;
      }
    }
    this.frameAt[instructions] = frame?.number ?? 0;
    this.#close(frame, instructions);
  }

  #open(parent: Frame | undefined, callStep: number, from: number): Frame {
    const entry = this.siteOf(from).address;
    const frame = {
      number: this.frames.length,
      parent,
      callStep,
      from,
      to: this.recording.instructions,
      returned: false,
      entry,
    };
    this.frames.push(frame);
    return frame;
  }

  #close(frame: Frame | undefined, step: number): void {
    for (let one = frame; one !== undefined; one = one.parent) if (!one.returned) one.to = step;
  }

  /** The instruction of a step; with `instructions`, the one that would come next. */
  siteOf(step: number): Site {
    return this.sites[this.siteAt[step]!]!;
  }

  /** The frame that a step is in; at the end, the one that the last step left it in. */
  frameOf(step: number): Frame | undefined {
    return this.frames[this.frameAt[step]!];
  }

  /** A register's 64 bits before a step. */
  register(step: number, index: number): bigint {
    const chunk = Math.floor(step / CHUNK);
    if (chunk !== this.#chunk) {
      let row = 0;
      for (const values of this.recording.registerRows(chunk * CHUNK)) {
        this.#rows.set(values, row * REGISTER_COUNT);
        row += 1;
        if (row === CHUNK) break;
      }
      this.#chunk = chunk;
    }
    return this.#rows[(step % CHUNK) * REGISTER_COUNT + index]!;
  }

  /** The accesses of a step's instruction, in order; those that faulted too. */
  touches(step: number): { readonly reads: readonly Touch[]; readonly writes: readonly Touch[] } {
    const { accesses } = this.recording;
    const first = firstWhere(
      accesses.count,
      (index) => accesses.instruction(index) + (accesses.isHost(index) ? 0 : 1) > step,
    );
    const reads: Touch[] = [];
    const writes: Touch[] = [];
    for (let index = first; index < accesses.count && accesses.instruction(index) === step; index += 1) {
      if (accesses.isHost(index)) continue;
      const touch = { address: accesses.address(index), size: accesses.size(index) };
      (accesses.isWrite(index) ? writes : reads).push(touch);
    }
    return { reads, writes };
  }

  /** The last thing that the sandbox did to registers before a step, and at it. */
  boundaryBefore(step: number): Boundary | undefined {
    return this.boundaries[
      firstWhere(this.boundaries.length, (index) => this.boundaries[index]!.at > step) - 1
    ];
  }
}
