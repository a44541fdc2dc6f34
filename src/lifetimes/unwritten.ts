// Follows bits that nobody wrote: of the heap from an allocation on, of the stack from the moment at which room is made
// for them. Copying them is not a use; a branch, an address, a jump's target and an argument of the allocator are.
// Long, since one walk carries the bits of all places.

import { REGISTER_INDEX } from '../x86/registers.js';
import { MEMORY } from '../x86/transfer.js';
import { type Bits, type FlagBits, dependsOnMarks, resultMarks } from './bits.js';
import type { Operand, Site } from './sites.js';
import type { WalkState } from './state.js';

/** What a value was used for. */
type Use = 'branch' | 'address' | 'target' | 'argument';

/** A use of bits that nobody wrote. */
export interface UnwrittenUse {
  readonly use: Use;
  /** Where they come from: the number of an allocation, or STACK plus that of the site that made room. */
  readonly origin: number;
  /** Where they were last read from; not a number where that is not known. */
  readonly from: number;
}

/** Numbers of origins from here on are sites that made room on the stack. */
export const STACK = 1 << 22;

/** Of a larger object the rest counts as written: only a recording that no recorder wrote has one. Bytes. */
const MOST_MARKED = 65_536;

/** A stack pointer that moves farther has gone to another stack. Source: THREAD_SIZE, page_64_types.h, v3.0.101 */
const MOST_ROOM = 16384;

const { rsp: RSP, rsi: RSI, rdi: RDI, rax: RAX } = REGISTER_INDEX;
const NOTHING: Marked = { value: 0n, marks: 0n, origin: 0, from: Number.NaN };

interface Marked extends Bits {
  readonly origin: number;
  readonly from: number;
}

interface MarkedFlags extends FlagBits {
  readonly origin: number;
  readonly from: number;
}

const origin = (a: Marked, b: Marked): Pick<Marked, 'origin' | 'from'> => (a.marks === 0n ? b : a);

/** One for a whole walk. `before` comes before an instruction's effect, `after` after it. */
export class Unwritten {
  #flags: MarkedFlags | undefined;
  #nextFlags: MarkedFlags | undefined;
  #result: Marked | undefined;
  // Where the marked bytes of each register were last read from.
  readonly #from = new Float64Array(16).fill(Number.NaN);

  constructor(
    private readonly state: WalkState,
    private readonly onUse: (use: UnwrittenUse) => void,
  ) {}

  /** An object begins: nobody wrote its bytes. */
  allocated(id: number, at: number, size: number): void {
    this.state.values.markMemory(at, Math.min(size, MOST_MARKED), id * 256 + 0xff);
  }

  /** A call from the sandbox. */
  called(): void {
    this.#flags = undefined;
  }

  /** The argument of a stub that went to the allocator. */
  argument(register: number): void {
    if (this.#isMarked(register)) this.#usedRegister(register, 'argument');
  }

  // --- before --------------------------------------------------------------------------------------------------

  /** @param load address of the first read of the instruction, not a number without one; `touches`: it has accesses */
  before(site: Site, load: number, touches: boolean): void {
    const { values } = this.state;
    this.#result = undefined;
    this.#nextFlags = undefined;
    this.#makeRoom(site);
    if (values.marked !== 0) {
      if (touches) this.#checkAddress(site);
      if (site.target >= 0 && this.#isMarked(site.target)) this.#usedRegister(site.target, 'target');
    }
    if (this.#flags !== undefined && site.condition >= 0) this.#condition(site, load);
    const { kind, reads, loads } = site.transfer;
    if (kind === 'string-scan') return this.#scan(site);
    if (site.transfer.indirect && !Number.isNaN(load) && kind !== 'return') return this.#checkTarget(load);
    if (kind === 'compute') {
      if (this.#anyMarked(reads) || (loads > 0 && values.anyMark(load, loads))) this.#compute(site, load);
      return undefined;
    }
    if (!site.setsFlags) return undefined;
    const [a, b] = site.operands;
    if (this.#isOperandMarked(a, load) || this.#isOperandMarked(b, load)) this.#compare(site, load);
    return undefined;
  }

  #isMarked(register: number): boolean {
    return (this.state.values.marked & (1 << register)) !== 0;
  }

  #anyMarked(parts: readonly { readonly at: number }[]): boolean {
    if (this.state.values.marked === 0) return false;
    for (const { at } of parts) if (this.#isMarked(at >> 3)) return true;
    return false;
  }

  #isOperandMarked(operand: Operand | undefined, load: number): boolean {
    if (operand === undefined) return false;
    if (operand.isMemory) return !Number.isNaN(load) && this.state.values.anyMark(load, operand.size);
    return operand.at >= 0 && this.#isMarked(operand.at >> 3);
  }

  // Room on the stack: what a push or call takes is written by it.
  #makeRoom({ transfer: { kind }, number }: Site): void {
    if (kind === 'push' || kind === 'call') return;
    const { state } = this;
    if (state.registers[RSP * 2] === state.before[RSP * 2]) return;
    const now = state.after(RSP);
    const room = state.prior(RSP) - now;
    if (room > 0 && room <= MOST_ROOM) state.values.markMemory(now, room, (STACK + number) * 256 + 0xff);
  }

  #checkAddress({ transfer: { kind, base, index } }: Site): void {
    if (
      kind === 'string-scan' ||
      kind === 'string-move' ||
      kind === 'string-load' ||
      kind === 'string-store'
    ) {
      if (kind !== 'string-store' && this.#isMarked(RSI)) this.#usedRegister(RSI, 'address');
      if (kind !== 'string-load' && this.#isMarked(RDI)) this.#usedRegister(RDI, 'address');
      return;
    }
    if (base >= 0 && this.#isMarked(base)) this.#usedRegister(base, 'address');
    if (index >= 0 && this.#isMarked(index)) this.#usedRegister(index, 'address');
  }

  #checkTarget(load: number): void {
    const found = this.#memory(load, 8);
    if (found.marks !== 0n) this.onUse({ use: 'target', origin: found.origin, from: found.from });
  }

  // The value is taken for written from here on: one report is enough.
  #usedRegister(register: number, use: Use): void {
    const found = this.#register(register * 8, 8);
    for (let at = register * 8; at < register * 8 + 8; at += 1) this.state.values.markRegister(at, 0);
    this.onUse({ use, origin: found.origin, from: found.from });
  }

  #condition(site: Site, load: number): void {
    const flags = this.#flags!;
    if (!dependsOnMarks(site.condition, flags)) return;
    if (site.isJump) {
      this.#flags = undefined;
      this.onUse({ use: 'branch', origin: flags.origin, from: flags.from });
    } else if (site.transfer.kind === 'choose') this.#chosen(site, load, flags);
    else this.#result = { value: 0n, marks: 1n, origin: flags.origin, from: flags.from };
  }

  // Either of two values: the bits in which they differ.
  #chosen({ transfer }: Site, load: number, flags: MarkedFlags): void {
    const { destination, source, size } = transfer;
    const one = this.#register(destination, size);
    const two = source === MEMORY ? this.#memory(load, size) : this.#register(source, size);
    const marks = (one.value ^ two.value) | one.marks | two.marks;
    this.#result = { value: 0n, marks, origin: flags.origin, from: flags.from };
  }

  // --- values --------------------------------------------------------------------------------------------------

  #register(at: number, size: number): Marked {
    const { state } = this;
    const { marks: all } = state.values;
    let value = 0n;
    let marks = 0n;
    let from = 0;
    for (let index = size - 1; index >= 0; index -= 1) {
      const byte = at + index;
      const half = state.before[(byte >> 3) * 2 + ((byte & 7) >> 2)]!;
      value = (value << 8n) | BigInt((half >>> ((byte & 3) * 8)) & 0xff);
      marks = (marks << 8n) | BigInt(all[byte]! & 0xff);
      if (all[byte] !== 0) from = all[byte]! >>> 8;
    }
    return { value, marks, origin: from, from: this.#from[at >> 3]! };
  }

  #memory(address: number, size: number): Marked {
    const { values, locations, memory } = this.state;
    let value = 0n;
    let marks = 0n;
    let from = 0;
    let first = address;
    for (let index = size - 1; index >= 0; index -= 1) {
      const at = locations.find(address + index);
      const mark = values.markAt(address + index);
      value = (value << 8n) | BigInt(at < 0 ? 0 : memory.bytes[at]!);
      marks = (marks << 8n) | BigInt(mark & 0xff);
      if (mark === 0) continue;
      from = mark >>> 8;
      first = address + index;
    }
    return { value, marks, origin: from, from: first };
  }

  #operand(operand: Operand | undefined, load: number): Marked {
    if (operand === undefined) return NOTHING;
    if (operand.isMemory) return Number.isNaN(load) ? NOTHING : this.#memory(load, Math.min(8, operand.size));
    return operand.at < 0 ? { ...NOTHING, value: operand.value } : this.#register(operand.at, operand.size);
  }

  // --- effects -------------------------------------------------------------------------------------------------

  #compute(site: Site, load: number): void {
    const { operation, writes, stores, reads } = site.transfer;
    if (operation === 'lea') return this.#lea(site);
    const size = (stores > 0 ? stores : (writes[0]?.size ?? 8)) * 8;
    const isUnary = site.operands.length < 2;
    const [first, second, third] = site.operands;
    // imul $c,%a,%b computes from its last two operands.
    const a = this.#operand(third === undefined ? first : second, load);
    const b =
      third === undefined ? (isUnary ? NOTHING : this.#operand(second, load)) : this.#operand(third, load);
    const known = a.marks !== 0n || b.marks !== 0n;
    const other = reads
      .map(({ at, size: bytes }) => this.#register(at, bytes))
      .find(({ marks }) => marks !== 0n);
    const isCarry = site.usesCarry && operation === 'sbb' && first?.at === second?.at && first!.at >= 0;
    if (isCarry) return; // all bits are the carry, whatever the register held
    const lead = known ? origin(a, b) : (other ?? NOTHING);
    const marks = known
      ? resultMarks(operation, a, b, size)
      : other === undefined
        ? 0n
        : ~0n & ((1n << BigInt(size)) - 1n);
    this.#result = { value: 0n, marks, origin: lead.origin, from: lead.from };
    if (site.setsFlags) this.#flagsOf(site, a, b, marks, size, lead);
  }

  #flagsOf(
    site: Site,
    a: Marked,
    b: Marked,
    marks: bigint,
    size: number,
    lead: Pick<Marked, 'origin' | 'from'>,
  ): void {
    const { operation, stores, writes } = site.transfer;
    const { origin: made, from } = lead;
    if (operation === 'sub') {
      this.#nextFlags = { kind: 'compare', a, b, size, carry: false, origin: made, from };
      return;
    }
    const at = writes[0]?.at ?? 0;
    const half = (index: number): bigint => BigInt(this.state.registers[(at >> 3) * 2 + index]!);
    // A result in memory is not at hand: only its defined bits would matter, and none are taken for set.
    const value = stores > 0 ? 0n : (half(0) | (half(1) << 32n)) >> BigInt((at & 7) * 8);
    const isLogic = /^(?:and|or|xor)$/u.test(operation);
    const carry = !isLogic && marks !== 0n && stores === 0 && this.#carryDepends(operation, a, b, size);
    if (stores > 0 && !isLogic) return;
    this.#nextFlags = {
      kind: 'result',
      a: { value, marks },
      b: NOTHING,
      size,
      carry,
      origin: made,
      from,
    };
  }

  // The last bit that a shift moves out; sums are not followed that far.
  #carryDepends(operation: string, a: Marked, b: Marked, size: number): boolean {
    const count = b.value & (size === 64 ? 63n : 31n);
    if (count === 0n) return false;
    if (operation === 'shr' || operation === 'sar') return ((a.marks >> (count - 1n)) & 1n) !== 0n;
    if (operation === 'shl' || operation === 'sal') return ((a.marks >> (BigInt(size) - count)) & 1n) !== 0n;
    return false;
  }

  #lea({ transfer: { base, index, writes } }: Site): void {
    const one = base < 0 ? NOTHING : this.#register(base * 8, 8);
    const two = index < 0 ? NOTHING : this.#register(index * 8, 8);
    const size = (writes[0]?.size ?? 8) * 8;
    const marks = resultMarks('lea', one, two, size);
    this.#result = { value: 0n, marks, ...pick(origin(one, two)) };
  }

  // cmp, test, bt and their like, which change flags alone.
  #compare(site: Site, load: number): void {
    const [first, second] = site.operands;
    const a = this.#operand(first, load);
    const b = this.#operand(second, load);
    const size = Math.min(8, first?.size ?? 8) * 8;
    const { operation } = site.transfer;
    const kind = operation === 'cmp' ? 'compare' : operation === 'test' ? 'test' : undefined;
    if (kind === undefined) return; // other instructions: not followed
    this.#nextFlags = { kind, a, b, size, carry: false, ...pick(origin(a, b)) };
  }

  // scas and cmps go on, or end, by what they compare; only their first element is looked at without a repetition.
  #scan(site: Site): void {
    const { state } = this;
    const { size, operation } = site.transfer;
    const isCompare = operation.startsWith('cmps');
    const reads = state.readsOfInstruction();
    const step = isCompare ? 2 : 1;
    for (let index = 0; index + step <= reads.length; index += step) {
      if (!reads.slice(index, index + step).some((at) => state.values.anyMark(at, size))) continue;
      const a = isCompare ? this.#memory(reads[index]!, size) : this.#register(RAX * 8, size);
      const b = this.#memory(reads[index + step - 1]!, size);
      const flags: MarkedFlags = {
        kind: 'compare',
        a,
        b,
        size: size * 8,
        carry: false,
        ...pick(origin(a, b)),
      };
      this.#nextFlags = flags;
      if (!site.repeats || !dependsOnMarks(4, flags)) continue;
      this.#nextFlags = undefined;
      this.onUse({ use: 'branch', origin: flags.origin, from: flags.from });
    }
  }

  // --- after ---------------------------------------------------------------------------------------------------

  /** @param store address of the instruction's first write, not a number without one */
  after(site: Site, load: number, store: number): void {
    const { values } = this.state;
    const { transfer } = site;
    if (site.setsFlags) this.#flags = this.#nextFlags;
    if (transfer.kind === 'copy' && transfer.destination !== MEMORY && values.marked !== 0)
      this.#copied(site, load);
    const result = this.#result;
    if (result === undefined || result.marks === 0n) return;
    const { origin: made, from } = result;
    if (transfer.kind === 'choose') this.#markRegister(transfer.destination, transfer.size, result);
    else if (transfer.stores > 0 && !Number.isNaN(store)) {
      for (let index = 0; index < transfer.stores; index += 1) {
        const bits = Number((result.marks >> BigInt(index * 8)) & 0xffn);
        values.markMemory(store + index, 1, bits === 0 ? 0 : made * 256 + bits);
      }
    } else
      transfer.writes.forEach(({ at, size }, index) => {
        const marks = index === 0 ? result.marks : ~0n & 0xffff_ffff_ffff_ffffn;
        this.#markRegister(at, size, { value: 0n, marks, origin: made, from });
      });
  }

  #markRegister(at: number, size: number, { marks, origin: made, from }: Marked): void {
    for (let index = 0; index < size; index += 1) {
      const bits = Number((marks >> BigInt(index * 8)) & 0xffn);
      this.state.values.markRegister(at + index, bits === 0 ? 0 : made * 256 + bits);
    }
    this.#from[at >> 3] = from;
  }

  // Where a copy came from, and the sign of one that was extended.
  #copied({ transfer: { destination, source, size, signTo } }: Site, load: number): void {
    const register = destination >> 3;
    if (!this.#isMarked(register)) return;
    this.#from[register] = source === MEMORY ? load : source >= 0 ? this.#from[source >> 3]! : Number.NaN;
    const { values } = this.state;
    const top = values.marks[destination + size - 1]!;
    if (signTo <= size || (top & 0x80) === 0) return;
    for (let index = size; index < signTo; index += 1)
      values.markRegister(destination + index, (top & ~0xff) | 0xff);
  }
}

const pick = ({ origin: made, from }: Pick<Marked, 'origin' | 'from'>): Pick<Marked, 'origin' | 'from'> => ({
  origin: made,
  from,
});
