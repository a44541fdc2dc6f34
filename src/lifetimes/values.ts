// What is known of each byte of the registers and of memory besides its value: which pointer it is a part of, and
// which of its bits nobody wrote. Bytes move through a scratch of one operand: taken from one place, put to another.
// Bounded: beyond MAX_PAGES pages with pointers, or with bits that nobody wrote, the others have none.

import { IN_PAGE, PAGE_SIZE } from '../base/address.js';
import type { Locations } from './locations.js';

/** The byte is as it was before the first step: what it points to follows from its value then. */
const UNSEEN = 0;
/** The byte is not a part of a pointer. */
const PLAIN = -1;

/** Pages that are kept of each kind: 16 KiB each. */
export const MAX_PAGES = 4096;

const PAGE_BITS = 12;
const WIDEST = 8;
const REGISTERS = 16;

/** Bytes of the general registers. */
const REGISTER_BYTES = REGISTERS * WIDEST;

/**
 * Knowledge of one machine. A tag is 8 times the number of a pointer plus which of its bytes it is; a mark is 256 times
 * the number of an origin plus the bits of the byte that nobody wrote.
 */
export class Values {
  /** Of the register file: byte 8 of it is the first of rcx. */
  readonly tags = new Int32Array(REGISTER_BYTES).fill(PLAIN);
  readonly marks = new Int32Array(REGISTER_BYTES);
  /** The pointer that each register holds as a whole, 0 for none. */
  readonly pointers = new Int32Array(REGISTERS);
  /** A bit for each register of which some bits were not written. */
  marked = 0;
  /** What was taken. */
  readonly taken = new Int32Array(WIDEST);
  readonly takenMarks = new Int32Array(WIDEST);
  /** Whether some taken bits were not written. */
  isMarked = false;
  readonly #tagPages: (Int32Array | undefined)[] = [];
  readonly #markPages: (Int32Array | undefined)[] = [];
  #tagCount = 0;
  #markCount = 0;
  // A bit for each byte of memory that was written since the start.
  readonly #written: Uint8Array;

  /** @param size bytes of the memory */
  constructor(
    private readonly locations: Locations,
    size: number,
  ) {
    this.#written = new Uint8Array(Math.ceil(size / 8));
  }

  // --- registers -----------------------------------------------------------------------------------------------

  takeRegister(at: number, size: number): void {
    const { tags, taken } = this;
    for (let index = 0; index < size; index += 1) taken[index] = tags[at + index]!;
    if ((this.marked & (1 << (at >> 3))) !== 0) this.#takeMarks(this.marks, at, size);
    else if (this.isMarked) this.takenDefined();
  }

  /** What was taken has no bit that nobody wrote. */
  takenDefined(): void {
    this.takenMarks.fill(0);
    this.isMarked = false;
  }

  #takeMarks(marks: Int32Array, at: number, size: number): void {
    const { takenMarks } = this;
    this.isMarked = false;
    for (let index = 0; index < WIDEST; index += 1) {
      const mark = index < size ? marks[at + index]! : 0;
      takenMarks[index] = mark;
      if (mark !== 0) this.isMarked = true;
    }
  }

  /** Put what was taken on `size` bytes of a register; those above, up to `width`, become plain. */
  putRegister(at: number, size: number, width: number): void {
    const { tags, taken } = this;
    for (let index = 0; index < size; index += 1) tags[at + index] = taken[index]!;
    for (let index = size; index < width; index += 1) tags[at + index] = PLAIN;
    this.#settlePointer(at >> 3);
    const bit = 1 << (at >> 3);
    if (!this.isMarked && (this.marked & bit) === 0) return;
    for (let index = 0; index < width; index += 1)
      this.marks[at + index] = index < size && this.isMarked ? this.takenMarks[index]! : 0;
    this.#settleMarks(at >> 3);
  }

  /** The register gets a value that points nowhere and was written. */
  plainRegister(at: number, width: number): void {
    const { tags } = this;
    for (let index = 0; index < width; index += 1) tags[at + index] = PLAIN;
    this.pointers[at >> 3] = width === WIDEST ? 0 : this.#wholePointer(at >> 3);
    if ((this.marked & (1 << (at >> 3))) === 0) return;
    this.marks.fill(0, at, at + width);
    this.#settleMarks(at >> 3);
  }

  /** The register holds a pointer, 0 for none; its bits stay as they are. */
  setPointer(register: number, pointer: number): void {
    const at = register * WIDEST;
    for (let index = 0; index < WIDEST; index += 1)
      this.tags[at + index] = pointer === 0 ? PLAIN : pointer * 8 + index;
    this.pointers[register] = pointer;
  }

  /** Set the marks of one byte of a register. */
  markRegister(at: number, mark: number): void {
    this.marks[at] = mark;
    if (mark === 0) this.#settleMarks(at >> 3);
    else this.marked |= 1 << (at >> 3);
  }

  #settlePointer(register: number): void {
    this.pointers[register] = this.#wholePointer(register);
  }

  #wholePointer(register: number): number {
    const { tags } = this;
    const at = register * WIDEST;
    const first = tags[at]!;
    if (first <= 0 || (first & 7) !== 0) return 0;
    for (let index = 1; index < WIDEST; index += 1) if (tags[at + index] !== first + index) return 0;
    return first / 8;
  }

  #settleMarks(register: number): void {
    const { marks } = this;
    let any = 0;
    for (let at = register * WIDEST; at < register * WIDEST + WIDEST; at += 1) any |= marks[at]!;
    if (any === 0) this.marked &= ~(1 << register);
    else this.marked |= 1 << register;
  }

  /** A copy of what was taken, for an operand that changes before it is put down. */
  keep(): readonly [tags: Int32Array, marks: Int32Array | undefined] {
    return [this.taken.slice(), this.isMarked ? this.takenMarks.slice() : undefined];
  }

  /** Take again what `keep` gave. */
  takeKept([tags, marks]: readonly [tags: Int32Array, marks: Int32Array | undefined]): void {
    this.taken.set(tags);
    this.isMarked = marks !== undefined;
    if (marks === undefined) this.takenMarks.fill(0);
    else this.takenMarks.set(marks);
  }

  // --- memory --------------------------------------------------------------------------------------------------

  /** Take `size` bytes of memory. @returns whether all of them are as before the first step */
  takeMemory(address: number, size: number): boolean {
    const { taken } = this;
    let isUnseen = true;
    if (this.isMarked) this.takenDefined();
    let at = this.locations.find(address);
    for (let index = 0; index < size; index += 1, at += 1) {
      if (index > 0 && (at & IN_PAGE) === 0) at = this.locations.find(address + index);
      const tag = at < 0 ? PLAIN : this.#tagAt(at);
      taken[index] = tag;
      if (tag !== UNSEEN) isUnseen = false;
      const marks = at < 0 ? undefined : this.#markPages[at >> PAGE_BITS];
      if (marks === undefined) continue;
      const mark = marks[at & IN_PAGE]!;
      this.takenMarks[index] = mark;
      if (mark !== 0) this.isMarked = true;
    }
    return isUnseen;
  }

  #tagAt(at: number): number {
    const tag = this.#tagPages[at >> PAGE_BITS]?.[at & IN_PAGE] ?? 0;
    if (tag > 0) return tag;
    return ((this.#written[at >> 3]! >> (at & 7)) & 1) === 0 ? UNSEEN : PLAIN;
  }

  /** The pointer that was taken as a whole, 0 for none. */
  get takenPointer(): number {
    const { taken } = this;
    const first = taken[0]!;
    if (first <= 0 || (first & 7) !== 0) return 0;
    for (let index = 1; index < WIDEST; index += 1) if (taken[index] !== first + index) return 0;
    return first / 8;
  }

  /** What was taken is a pointer, or points nowhere for 0. */
  setTaken(pointer: number): void {
    for (let index = 0; index < WIDEST; index += 1)
      this.taken[index] = pointer === 0 ? PLAIN : pointer * 8 + index;
  }

  /** Put what was taken to memory. */
  putMemory(address: number, size: number): void {
    let at = this.locations.find(address);
    for (let index = 0; index < size; index += 1, at += 1) {
      if (index > 0 && (at & IN_PAGE) === 0) at = this.locations.find(address + index);
      if (at < 0) continue;
      const tag = this.taken[index]!;
      // A byte of the start keeps its meaning in another place: what it pointed to then.
      if (tag === UNSEEN) this.#written[at >> 3]! &= ~(1 << (at & 7));
      else this.#written[at >> 3]! |= 1 << (at & 7);
      this.#setTag(at, tag > 0 ? tag : 0);
      this.#setMark(at, this.isMarked ? this.takenMarks[index]! : 0);
    }
  }

  #setTag(at: number, tag: number): void {
    let page = this.#tagPages[at >> PAGE_BITS];
    if (page === undefined) {
      if (tag === 0 || this.#tagCount === MAX_PAGES) return;
      this.#tagCount += 1;
      this.#tagPages[at >> PAGE_BITS] = page = new Int32Array(PAGE_SIZE);
    }
    page[at & IN_PAGE] = tag;
  }

  #setMark(at: number, mark: number): void {
    let page = this.#markPages[at >> PAGE_BITS];
    if (page === undefined) {
      if (mark === 0 || this.#markCount === MAX_PAGES) return;
      this.#markCount += 1;
      this.#markPages[at >> PAGE_BITS] = page = new Int32Array(PAGE_SIZE);
    }
    page[at & IN_PAGE] = mark;
  }

  /** Memory gets bytes that point nowhere and were written. */
  plainMemory(address: number, size: number): void {
    this.taken.fill(PLAIN);
    this.takenDefined();
    this.putMemory(address, size);
  }

  /** Nobody wrote these bytes yet. @param mark of each byte; 0: all of them were written */
  markMemory(address: number, size: number, mark: number): void {
    let at = -1;
    for (let index = 0; index < size; index += 1, at += 1) {
      if (index === 0 || (at & IN_PAGE) === 0) at = this.locations.find(address + index);
      if (at >= 0) this.#setMark(at, mark);
    }
  }

  /** Whether some bit of `size` bytes was not written. */
  anyMark(address: number, size: number): boolean {
    if (this.#markCount === 0) return false;
    let at = this.locations.find(address);
    for (let index = 0; index < size; index += 1, at += 1) {
      if (index > 0 && (at & IN_PAGE) === 0) at = this.locations.find(address + index);
      const page = at < 0 ? undefined : this.#markPages[at >> PAGE_BITS];
      if (page !== undefined && page[at & IN_PAGE] !== 0) return true;
    }
    return false;
  }

  /** The mark of a byte of memory, 0 where all of its bits were written. */
  markAt(address: number): number {
    const at = this.locations.find(address);
    return at < 0 ? 0 : (this.#markPages[at >> PAGE_BITS]?.[at & IN_PAGE] ?? 0);
  }

  /** Call with each pointer that a byte of memory is a part of, and its location. */
  eachTag(visit: (location: number, pointer: number) => void): void {
    this.#tagPages.forEach((page, number) =>
      page?.forEach((tag, index) => {
        if (tag > 0) visit(number * PAGE_SIZE + index, tag >> 3);
      }),
    );
  }
}
