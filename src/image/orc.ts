// Where the frame of a function is at each of its instructions, as the kernel's own unwinder knows it (ORC).
// Source: arch/x86/include/asm/orc_types.h of Linux 4.14, 6.1 and 6.12, and Documentation/arch/x86/orc-unwinder.rst.

import type { ElfFile } from '../elf/elf.js';
import { Entries, type Place } from './places.js';

/** What the address of the caller's frame is counted from. */
type FrameBase = 'rsp' | 'rbp' | 'r10' | 'r13' | 'rdi' | 'rdx';

/** The frame before an instruction. */
interface OrcFrame {
  /** The value of RSP in the caller after the call: `base + offset`, or what lies there. */
  readonly base: FrameBase;
  readonly offset: number; // bytes
  readonly indirect: boolean;
  /** Where the caller's RBP is saved, from the same value; `undefined` while the register still has it. */
  readonly savedRbp: number | undefined;
  /** `call`: the return address lies below it; `registers`: a trap's registers lie there. */
  readonly kind: 'call' | 'registers' | 'partial registers';
}

const ENTRY = 6; // bytes
const SP_REGISTERS: readonly (FrameBase | undefined)[] = [
  undefined, 'rsp', 'rdx', 'rdi', 'rbp', 'rsp', 'r10', 'r13', 'rbp', 'rsp',
]; // prettier-ignore
const PREVIOUS_SP = 1;
const INDIRECT = [8, 9];
// Since 6.4 two kinds that have no frame come first.
const OLD_KINDS = ['call', 'registers', 'partial registers'] as const;
const NEW_KINDS = [undefined, undefined, 'call', 'registers', 'partial registers'] as const;

/** The frames of an image. */
export class OrcFrames {
  readonly #distances: Float64Array;
  readonly #order: Uint32Array;
  readonly #origin: Place;
  readonly #entries: Entries;
  readonly #isNew: boolean;

  private constructor(ips: Entries, entries: Entries, isNew: boolean) {
    const most = Math.min(ips.count, entries.count);
    const distances = new Float64Array(most);
    const order = new Uint32Array(most);
    let count = 0;
    let isSorted = true;
    for (let entry = 0; entry < most; entry += 1) {
      const distance = ips.distance(entry, 0);
      if (distance === undefined) continue;
      isSorted &&= count === 0 || distances[count - 1]! <= distance;
      distances[count] = distance;
      order[count] = entry;
      count += 1;
    }
    // The build of a kernel sorts its table; modules have theirs as the compiler wrote it.
    const indices = Uint32Array.from({ length: isSorted ? 0 : count }, (_, index) => index);
    indices.sort((a, b) => distances[a]! - distances[b]! || a - b);
    this.#distances = isSorted
      ? distances.subarray(0, count)
      : Float64Array.from(indices, (at) => distances[at]!);
    this.#order = isSorted ? order.subarray(0, count) : Uint32Array.from(indices, (at) => order[at]!);
    this.#origin = ips.origin;
    this.#entries = entries;
    this.#isNew = isNew;
  }

  /** `undefined` of an image without them. */
  static of(elf: ElfFile): OrcFrames | undefined {
    const section = (name: string) => elf.sections.find((one) => one.name === name);
    const [ips, entries] = [section('.orc_unwind_ip'), section('.orc_unwind')];
    if (ips === undefined || entries === undefined || ips.size === 0) return undefined;
    return new OrcFrames(
      new Entries(elf, { section: ips, from: 0, size: ips.size }, 4),
      new Entries(elf, { section: entries, from: 0, size: entries.size }, ENTRY),
      section('.orc_header') !== undefined,
    );
  }

  /** The frame before the instruction at a place; `undefined` where none is known. */
  at(place: Place): OrcFrame | undefined {
    const distance = Number(place - this.#origin);
    let low = 0;
    let high = this.#distances.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#distances[middle]! <= distance) low = middle + 1;
      else high = middle;
    }
    const entry = this.#order[low - 1];
    return entry === undefined ? undefined : this.#frame(entry);
  }

  #frame(entry: number): OrcFrame | undefined {
    const bits = this.#entries.u16(entry, 4);
    const base = SP_REGISTERS[bits & 15];
    const saved = (bits >> 4) & 15;
    const kind = this.#isNew ? NEW_KINDS[(bits >> 8) & 7] : OLD_KINDS[(bits >> 8) & 3];
    if (base === undefined || kind === undefined || (bits & 15) === PREVIOUS_SP) return undefined;
    const rbp = this.#entries.i16(entry, 2);
    return {
      base,
      offset: this.#entries.i16(entry, 0),
      indirect: INDIRECT.includes(bits & 15),
      savedRbp: saved === PREVIOUS_SP ? rbp : undefined,
      kind,
    };
  }
}
