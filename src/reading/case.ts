// All that the panes of the stepper show of one recording, at the cursor: state, names, objects, events, code.
// Reads a recording and the manifests of its release; no engine, no machine, no terminal.

import { type Addr, hex } from '../base/address.js';
import { type Instruction, decode } from '../x86/disasm.js';
import { InputError } from '../base/errors.js';
import type { View } from '../lineage/lineage.js';
import { type LocatedOutOfBounds, locateOutOfBounds } from './out-of-bounds.js';
import { RecordedState } from '../recording/state.js';
import type { RecordedStep, Recording } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { type RangeKind, type Release, loadRelease } from '../release/snippet.js';
import type { KernelSymbol } from '../kernel/symbols.js';
import { findTrap } from '../recording/trap.js';
import { type RunEvent, runEvents } from './events.js';
import { type Frame, framesOf } from './frames.js';
import { Names } from './names.js';
import { Navigator } from './cursor.js';
import { Objects } from './objects.js';

/** An instruction of a function, for reading. */
export interface CodeLine extends Instruction {
  /** Bytes from the function's start. */
  readonly offset: number;
  /** `ipc/shm.c:205`, where the source changes. */
  readonly source: string | undefined;
  readonly provenance: RangeKind | undefined;
}

const NEAR_STACK = 0x200n; // bytes

const sourceAt = ({ lines }: KernelSymbol, offset: number): string | undefined => {
  const rule = lines?.findLast((one) => one.offset <= offset);
  if (rule === undefined) return undefined;
  const file = rule.file.replace(/^.*\/linux-[^/]*\//u, '');
  return rule.line === undefined ? file : `${file}:${rule.line}`;
};

/** A recording at the cursor. */
export class Scene {
  readonly recording: Recording;
  readonly navigator: Navigator;
  readonly names: Names;
  readonly objects: Objects;
  readonly outOfBounds: readonly LocatedOutOfBounds[];
  readonly events: readonly RunEvent[];
  /** State before the instruction that trapped; absent when nothing did. */
  readonly trap: number | undefined;
  view: View = 'run';
  readonly #state: RecordedState;
  readonly #release: Release | undefined;
  #registers: { readonly at: number; readonly values: BigUint64Array } | undefined;
  #frames: { readonly at: number; readonly frames: readonly Frame[] } | undefined;
  readonly #code = new Map<string, readonly CodeLine[]>();

  constructor(recording: Recording, libraries: readonly string[] = []) {
    this.recording = recording;
    this.navigator = new Navigator(recording);
    this.names = new Names(recording, libraries);
    this.objects = new Objects(recording, this.navigator.symbols);
    this.outOfBounds = locateOutOfBounds(recording);
    this.events = runEvents(recording, this.outOfBounds, this.objects);
    this.trap = trapState(recording);
    this.#state = new RecordedState(recording);
    this.#release = releaseOf(recording, libraries);
  }

  /** The machine at the cursor. */
  get memory(): RecordedState {
    return this.#state.at === this.at ? this.#state : this.#state.seek(this.at);
  }

  get at(): number {
    return this.navigator.at;
  }

  /** The registers at the cursor, not to be changed. */
  get registers(): BigUint64Array {
    if (this.#registers?.at !== this.at)
      this.#registers = { at: this.at, values: this.recording.registersAt(this.at) };
    return this.#registers.values;
  }

  get rip(): Addr {
    return this.registers[REGISTER_INDEX.rip]!;
  }

  get rsp(): Addr {
    return this.registers[REGISTER_INDEX.rsp]!;
  }

  /** `shm_close+0x25`; at the end what came of the run. */
  get location(): string {
    const { site, symbols } = this.navigator;
    return site === undefined ? 'end' : symbols.formatLocation(site.address);
  }

  /** The step of the scenario that runs next, with its number from 1; the last one at the end. */
  get step(): { readonly step: RecordedStep; readonly number: number } | undefined {
    const { steps } = this.recording.header;
    const running = steps.findIndex(({ from, to }) => this.at >= from && this.at < to);
    const index = running < 0 ? steps.length - 1 : running;
    const step = steps[index];
    return step && { step, number: index + 1 };
  }

  /** The first out-of-bounds write that hit another object, or else the first one. */
  get guilty(): LocatedOutOfBounds | undefined {
    const writes = this.outOfBounds.filter(({ access }) => access === 'write');
    return writes.find(({ victim }) => victim.kind === 'object') ?? writes[0];
  }

  /** The function whose code is shown: that of the cursor, at the end that of the last instruction. */
  get function(): KernelSymbol | undefined {
    const { navigator } = this;
    const site = navigator.site ?? navigator.siteBefore(Math.max(0, this.at - 1));
    return site && navigator.symbols.findLocation(site.address)?.symbol;
  }

  /** The instructions of a function; none where memory does not hold them. */
  codeOf(symbol: KernelSymbol): readonly CodeLine[] {
    const known = this.#code.get(symbol.name);
    if (known !== undefined) return known;
    const { memory } = this;
    if (symbol.size === 0 || !memory.isMapped(symbol.address, symbol.size)) return [];
    const bytes = memory.read(symbol.address, symbol.size);
    const variant = this.recording.header.variants[symbol.name];
    const snippet = this.#release?.findSnippet(symbol.name, variant);
    const isIt =
      snippet?.start === symbol.address && bytes.every((byte, index) => snippet.bytes[index] === byte);
    let last: string | undefined;
    const lines = decode(bytes, symbol.address, this.navigator.symbols).map((instruction): CodeLine => {
      const offset = Number(instruction.address - symbol.address);
      const source = sourceAt(symbol, offset);
      const changed = source === last ? undefined : source;
      last = source;
      const range = isIt
        ? snippet.manifest.ranges.find(({ from, to }) => offset >= from && offset < to)
        : undefined;
      return { ...instruction, offset, source: changed, provenance: range?.kind };
    });
    this.#code.set(symbol.name, lines);
    return lines;
  }

  /** Guest address of the registers that the trap saved, in states that have them. */
  get savedRegisters(): Addr | undefined {
    const event = findTrap(this.recording);
    return event?.regs == null || this.at < event.at ? undefined : BigInt(event.regs);
  }

  /** The frames on the stack, innermost first. */
  get frames(): readonly Frame[] {
    if (this.#frames?.at !== this.at) {
      const { memory, registers, savedRegisters } = this;
      this.#frames = {
        at: this.at,
        frames: framesOf(memory, this.navigator.symbols, registers, savedRegisters),
      };
    }
    return this.#frames.frames;
  }

  /** What a value means as an address or as an error; empty when nothing. */
  describe(value: bigint): string | undefined {
    return this.objects.describe(this.memory, value, this.at);
  }

  /** What an access touches: `sfd.id`, `[rsp-0x8]`, or the bare address. */
  nameAccess(address: Addr): string {
    const named = this.objects.nameOf(address, this.at, true);
    if (named !== undefined) return named;
    const distance = address - this.rsp;
    if (distance >= -NEAR_STACK && distance < NEAR_STACK)
      return `[rsp${distance === 0n ? '' : distance < 0n ? `-${hex(-distance)}` : `+${hex(distance)}`}]`;
    return this.describe(address) ?? hex(address);
  }
}

const trapState = (recording: Recording): number | undefined => {
  const event = findTrap(recording);
  return event === undefined ? undefined : Math.max(0, event.at - 1);
};

// A recording of a release that is not here has no provenance.
const releaseOf = (recording: Recording, libraries: readonly string[]): Release | undefined => {
  try {
    return loadRelease(recording.header.release, libraries);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};
