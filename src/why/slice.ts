// The full backward slice: every step, every access of the sandbox and every byte of the start that a place depends on,
// by data, by addresses, and by the branches that decided what was reached. After Korel and Laski, "Dynamic Program
// Slicing" (1988). One pass backward over the run.

import type { Addr } from '../base/address.js';
import { TRAP_SETS } from '../lineage/sandbox.js';
import { ARGUMENT_REGISTERS, CALLER_SAVED, REGISTER_INDEX } from '../x86/registers.js';
import type { Control } from './control.js';
import { type Place, bytesIn } from './place.js';
import { type Source, sourcesOf, sourcesOfJump } from './sources.js';
import type { Boundary, Trace } from './trace.js';

/** How a step came into a slice. */
type SliceRole = 'data' | 'address' | 'branch';

/** Everything that a place depends on. */
export interface Slice {
  /** Steps, the last one first; the first role that it came in by. */
  readonly steps: ReadonlyMap<number, SliceRole>;
  /** Accesses of the sandbox, by index in the recording: what a stub or a step of the scenario wrote. */
  readonly hostAccesses: ReadonlySet<number>;
  /** Calls of stubs, by step. */
  readonly stubs: ReadonlySet<number>;
  /** Addresses of the bytes that it needs where the slice begins: of those that lie there from the start. */
  readonly start: readonly Addr[];
  /** Register bytes, and calls of the scenario that gave them: the first step of each. */
  readonly arguments: ReadonlySet<number>;
}

const PAGE = 4096;
const RCX = REGISTER_INDEX.rcx;
const SAVED_BY_CALLER = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);
const ARGUMENTS: readonly Place[] = ARGUMENT_REGISTERS.map((name) => ({
  kind: 'register',
  at: REGISTER_INDEX[name] * 8,
  size: 8,
}));

const signed = (address: Addr): number => Number(BigInt.asIntN(64, address));

// Bytes of memory that are wanted, and who wants them.
class WantedMemory {
  readonly #pages = new Map<number, Uint8Array>();
  #count = 0;

  add(address: Addr, role: number): void {
    const at = signed(address);
    const page = Math.floor(at / PAGE);
    let bytes = this.#pages.get(page);
    if (bytes === undefined) this.#pages.set(page, (bytes = new Uint8Array(PAGE)));
    const index = at - page * PAGE;
    if (bytes[index] === 0) this.#count += 1;
    bytes[index] ||= role;
  }

  /** Take a byte away. @returns by which role it was wanted; 0 if it was not */
  take(address: Addr): number {
    if (this.#count === 0) return 0;
    const at = signed(address);
    const page = Math.floor(at / PAGE);
    const bytes = this.#pages.get(page);
    const role = bytes?.[at - page * PAGE] ?? 0;
    if (role === 0) return 0;
    bytes![at - page * PAGE] = 0;
    this.#count -= 1;
    return role;
  }

  all(): Addr[] {
    return [...this.#pages]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([page, bytes]) =>
        [...bytes.keys()]
          .filter((at) => bytes[at] !== 0)
          .map((at) => BigInt.asUintN(64, BigInt(page * PAGE + at))),
      );
  }
}

const ROLES: readonly SliceRole[] = ['data', 'data', 'address', 'branch'];
const DATA = 1;
const ADDRESS = 2;
const BRANCH = 3;

class Slicer {
  readonly steps = new Map<number, SliceRole>();
  readonly hostAccesses = new Set<number>();
  readonly stubs = new Set<number>();
  readonly arguments = new Set<number>();
  readonly memory = new WantedMemory();
  readonly #registers = new Uint8Array(18 * 8);
  #flags = 0;
  #rest = false;
  // Deciding branches that are looked for, by frame.
  readonly #pending = new Map<number, Set<ReadonlySet<Addr>>>();
  readonly #called = new Set<number>(); // frames with steps in the slice that depend on the call alone

  constructor(
    private readonly trace: Trace,
    private readonly control: Control,
  ) {}

  want({ place, role }: Source, as = role === 'address' ? ADDRESS : role === 'flags' ? BRANCH : DATA): void {
    if (place.kind === 'flags') this.#flags |= place.mask;
    else if (place.kind === 'rest') this.#rest = true;
    else
      for (const byte of bytesIn(place)) {
        if (byte.kind === 'memory') this.memory.add(byte.address, as);
        else if (byte.kind === 'register') this.#registers[byte.at] ||= as;
      }
  }

  include(step: number, role: number): void {
    if (this.steps.has(step)) return;
    this.steps.set(step, ROLES[role]!);
    const frame = this.trace.frameOf(step);
    if (frame === undefined) return;
    const deciding = this.control.decidingAddresses(step);
    if (deciding !== undefined && deciding.size > 0) {
      const pending = this.#pending.get(frame.number);
      if (pending === undefined) this.#pending.set(frame.number, new Set([deciding]));
      else pending.add(deciding);
    } else this.#called.add(frame.number);
  }

  run(state: number, since: number): Slice {
    const { accesses } = this.trace.recording;
    let access = accesses.countBefore(state);
    let boundary = this.trace.boundaries.findLastIndex(({ at }) => at <= state);
    for (let at = state; at >= since; at -= 1) {
      // What the sandbox did before the step `at`, the last first.
      const first = access;
      while (access > 0 && accesses.isHost(access - 1) && accesses.instruction(access - 1) === at)
        access -= 1;
      for (; (this.trace.boundaries[boundary]?.at ?? -1) === at; boundary -= 1)
        this.#boundary(this.trace.boundaries[boundary]!);
      for (let index = first - 1; index >= access; index -= 1) this.#hostAccess(index, at);
      if (at === since) break;
      const end = access;
      while (access > 0 && !accesses.isHost(access - 1) && accesses.instruction(access - 1) === at - 1)
        access -= 1;
      this.#step(at - 1, access, end);
    }
    return {
      steps: this.steps,
      hostAccesses: this.hostAccesses,
      stubs: this.stubs,
      arguments: this.arguments,
      start: this.memory.all(),
    };
  }

  #boundary({ at, event }: Boundary): void {
    if (event.kind === 'stub') {
      const wanted = SAVED_BY_CALLER.some((index) => this.#takeRegister(index * 8, 8) > 0);
      if (wanted) this.#stub(at - 1);
      return;
    }
    this.#flags = 0;
    if (event.kind === 'trap') {
      for (const register of TRAP_SETS) this.#takeRegister(register * 8, 8);
      return;
    }
    this.#rest = false;
    if (this.#takeRegister(0, 16 * 8) > 0) this.arguments.add(at);
  }

  // What a stub reads is not recorded: its result counts as made from its arguments.
  #stub(step: number): void {
    this.stubs.add(step);
    this.include(step, DATA);
    for (const place of ARGUMENTS) this.want({ place, role: 'data' });
  }

  #takeRegister(at: number, size: number): number {
    let role = 0;
    for (let byte = at; byte < at + size; byte += 1) {
      role ||= this.#registers[byte]!;
      this.#registers[byte] = 0;
    }
    return role;
  }

  #hostAccess(index: number, at: number): void {
    const { accesses } = this.trace.recording;
    if (!accesses.isDone(index)) return;
    const address = accesses.address(index);
    let wanted = 0;
    for (let byte = 0; byte < accesses.size(index); byte += 1) {
      const role = this.memory.take(BigInt.asUintN(64, address + BigInt(byte)));
      wanted ||= role;
    }
    if (wanted === 0) return;
    this.hostAccesses.add(index);
    const { boundaries } = this.trace;
    if (boundaries.some((one) => one.at === at && one.event.kind === 'stub')) this.#stub(at - 1);
  }

  #step(step: number, firstAccess: number, endAccess: number): void {
    const { trace } = this;
    const site = trace.siteOf(step);
    const wanted: { place: Place; role: number }[] = [];
    if (site.mask !== 0) {
      for (const { at, size } of site.writes) {
        let last: { at: number; size: number } | undefined; // neighbours are one place
        for (let byte = at; byte < at + size; byte += 1) {
          const role = this.#registers[byte]!;
          if (role === 0) continue;
          this.#registers[byte] = 0;
          if (last !== undefined && last.at + last.size === byte) last.size += 1;
          else {
            last = { at: byte, size: 1 };
            wanted.push({ place: { kind: 'register', ...last }, role });
          }
          wanted.at(-1)!.place = { kind: 'register', ...last };
        }
      }
    }
    if (this.#flags !== 0 && site.flags !== undefined) {
      const { sets, leavesUndefined } = site.flags.effect(trace.register(step, RCX));
      const mask = this.#flags & (sets | leavesUndefined);
      this.#flags &= ~mask;
      if (mask !== 0) wanted.push({ place: { kind: 'flags', mask }, role: BRANCH });
    }
    if (this.#rest && site.transfer.kind === 'refused') wanted.push({ place: { kind: 'rest' }, role: DATA });
    this.#collectMemory(firstAccess, endAccess, wanted);
    const isBranch = this.#decides(step, site.flow);
    if (wanted.length === 0 && !isBranch) return;
    // Everything is taken before anything is added: an instruction may read what it writes.
    const sources = wanted.map(({ place, role }) => ({ sources: sourcesOf(trace, step, place), role }));
    for (const one of sources)
      for (const source of one.sources) this.want(source, source.role === 'data' ? one.role : undefined);
    if (isBranch) for (const source of sourcesOfJump(trace, step)) this.want(source);
    this.include(step, wanted[0]?.role ?? BRANCH);
  }

  #collectMemory(first: number, end: number, wanted: { place: Place; role: number }[]): void {
    const { accesses } = this.trace.recording;
    for (let index = first; index < end; index += 1) {
      if (!accesses.isDone(index)) continue;
      const address = accesses.address(index);
      for (let byte = 0; byte < accesses.size(index); byte += 1) {
        const at = BigInt.asUintN(64, address + BigInt(byte));
        const role = this.memory.take(at);
        if (role !== 0) wanted.push({ place: { kind: 'memory', address: at, size: 1 }, role });
      }
    }
  }

  // Whether a step decided that something in the slice was reached.
  #decides(step: number, flow: string): boolean {
    if (flow === 'next' || flow === 'return') return false;
    const frame = this.trace.frameAt[step]!;
    if (flow === 'call' || flow === 'indirect call') {
      const called = this.trace.frameOf(step + 1);
      if (called?.callStep !== step || called.parent === undefined) return false;
      return this.#called.has(called.number) || (this.#pending.get(called.number)?.size ?? 0) > 0;
    }
    const pending = this.#pending.get(frame);
    if (pending === undefined || pending.size === 0) return false;
    const { address } = this.trace.siteOf(step);
    const leaves =
      this.trace.frameAt[step + 1] === frame && this.control.homeOf(step + 1) !== this.control.homeOf(step);
    let found = false;
    for (const deciding of pending) {
      if (!leaves && !deciding.has(address)) continue;
      pending.delete(deciding);
      found = true;
    }
    return found;
  }
}

/**
 * Everything that a place depends on.
 *
 * @param state the place is looked at before this step
 * @param reached also why this step was reached
 * @param since the slice begins before this step, and with what the sandbox did there
 */
export const sliceOf = (
  trace: Trace,
  control: Control,
  places: readonly Place[],
  state: number,
  reached?: number,
  since = 0,
): Slice => {
  const slicer = new Slicer(trace, control);
  for (const place of places) slicer.want({ place, role: 'data' });
  if (reached !== undefined) slicer.include(reached, BRANCH);
  return slicer.run(state, since);
};
