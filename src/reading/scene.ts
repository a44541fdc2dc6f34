// A recording at a cursor: what stepper and page show of one state, with names, events and code.

import { type Addr, hex } from '../base/address.js';
import { type Instruction, decode } from '../x86/disasm.js';
import type { View } from '../lineage/state.js';
import type { LocatedOutOfBounds } from './out-of-bounds.js';
import type { RecordedState } from '../recording/state.js';
import type { RecordedStep, Recording } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { RangeKind } from '../release/snippet.js';
import { type KernelSymbol, sourceAt } from '../kernel/symbols.js';
import { Case } from './case.js';
import { type RunEvent, runEvents } from './events.js';
import { type Frame, framesOf } from './frames.js';
import { Names } from './names.js';
import { Navigator } from './cursor.js';

export interface CodeLine extends Instruction {
  /** Bytes from the function's start. */
  readonly offset: number;
  /** `ipc/shm.c:205`, where the source changes. */
  readonly source: string | undefined;
  readonly provenance: RangeKind | undefined;
}

const NEAR_STACK = 0x200n; // bytes

export class Scene extends Case {
  readonly navigator: Navigator;
  readonly names: Names;
  readonly events: readonly RunEvent[];
  view: View = 'run';
  #registers: { readonly at: number; readonly values: BigUint64Array } | undefined;
  #frames: { readonly at: number; readonly frames: readonly Frame[] } | undefined;
  readonly #code = new Map<string, readonly CodeLine[]>();

  constructor(recording: Recording, libraries: readonly string[] = []) {
    super(recording, libraries);
    this.navigator = new Navigator(this);
    this.names = new Names(this);
    this.events = runEvents(this);
  }

  get memory(): RecordedState {
    return this.stateAt(this.at);
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

  /** The first out-of-bounds write that hit another object, otherwise the first one. */
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

  // With the text of the line, where the recording has it.
  #sourceOf(symbol: KernelSymbol, offset: number): string | undefined {
    const text = this.sourceLine(symbol.address + BigInt(offset))?.text?.trim() ?? '';
    const place = sourceAt(symbol, offset);
    return text === '' || place === undefined ? place : `${place}: ${text}`;
  }

  /** The instructions of a function; none where memory does not hold them. */
  codeOf(symbol: KernelSymbol): readonly CodeLine[] {
    const known = this.#code.get(symbol.name);
    if (known !== undefined) return known;
    const { memory } = this;
    if (symbol.size === 0 || !memory.isMapped(symbol.address, symbol.size)) return [];
    const bytes = memory.read(symbol.address, symbol.size);
    const variant = this.recording.header.variants[symbol.name];
    const snippet = this.release?.findSnippet(symbol.name, variant);
    const isIt =
      snippet?.start === symbol.address && bytes.every((byte, index) => snippet.bytes[index] === byte);
    let last: string | undefined;
    const lines = decode(bytes, symbol.address, this.navigator.symbols).map((instruction): CodeLine => {
      const offset = Number(instruction.address - symbol.address);
      const source = this.#sourceOf(symbol, offset);
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
  get trapFrame(): Addr | undefined {
    return this.at < (this.trapEvent?.at ?? 0) ? undefined : this.savedRegisters;
  }

  /** The frames on the stack, innermost first. */
  get frames(): readonly Frame[] {
    if (this.#frames?.at !== this.at) {
      const { memory, registers, trapFrame } = this;
      this.#frames = {
        at: this.at,
        frames: framesOf(memory, this.symbols, registers, trapFrame),
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
