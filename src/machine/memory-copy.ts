// The guest's memory as a library holds it that does not run on the host's bytes: before a run it gets what the host
// changed, and what the guest wrote is taken over.

import type { Addr } from '../base/address.js';
import { type PagedMemory, WRITTEN_BLOCK, WRITTEN_NOW } from '../kernel/memory.js';

/** How the library's copy is reached. */
interface Access {
  read(address: Addr, size: number): Uint8Array;
  write(address: Addr, bytes: Uint8Array): void;
}

const MAX_PIECE = 1 << 20; // bytes that are handed over at once

/** What a library holds of a guest's memory. */
export class MemoryCopy {
  readonly #memory: PagedMemory;
  readonly #access: Access;
  readonly #held: Buffer; // what the library's copy holds
  readonly #isPending: Uint8Array; // by block: the guest may have written there
  readonly #pending: { readonly offset: number; readonly address: Addr }[] = [];

  /** Hand everything over: the library has the regions, with nothing in them. */
  constructor(memory: PagedMemory, access: Access) {
    this.#memory = memory;
    this.#access = access;
    this.#held = Buffer.from(memory.bytes);
    this.#isPending = new Uint8Array(memory.bytes.length / WRITTEN_BLOCK);
    let offset = 0;
    for (const { start, size } of memory.regions) {
      for (let done = 0; done < size; done += MAX_PIECE) {
        const end = Math.min(done + MAX_PIECE, size);
        access.write(start + BigInt(done), memory.bytes.subarray(offset + done, offset + end));
      }
      offset += size;
    }
  }

  /** Hand over what the host has changed. */
  push(): void {
    const { buffer, byteOffset, length } = this.#memory.bytes;
    const bytes = Buffer.from(buffer, byteOffset, length);
    if (bytes.equals(this.#held)) return;
    let offset = 0;
    for (const { start, size } of this.#memory.regions) {
      this.#pushPart(bytes, start, offset, offset + size, offset);
      offset += size;
    }
  }

  #pushPart(bytes: Buffer, start: Addr, from: number, to: number, base: number): void {
    if (bytes.compare(this.#held, from, to, from, to) === 0) return;
    if (to - from > WRITTEN_BLOCK) {
      const middle = from + Math.ceil((to - from) / 2 / WRITTEN_BLOCK) * WRITTEN_BLOCK;
      this.#pushPart(bytes, start, from, middle, base);
      this.#pushPart(bytes, start, middle, to, base);
      return;
    }
    const changed = bytes.subarray(from, to);
    this.#access.write(start + BigInt(from - base), changed);
    this.#held.set(changed, from);
  }

  /**
   * Note that the guest is about to write, perhaps: the bytes are taken over at the next `pull`.
   *
   * @param mark whether to mark them in the memory's `written`
   */
  willWrite(address: Addr, size: number, mark: boolean): void {
    for (let at = address; at < address + BigInt(size);) {
      const next = (at | BigInt(WRITTEN_BLOCK - 1)) + 1n;
      this.#note(BigInt.asUintN(64, at), mark);
      at = next;
    }
  }

  #note(address: Addr, mark: boolean): void {
    const offset = this.#memory.locate(address);
    if (offset < 0 || offset >= this.#memory.writableSize) return; // it will fault
    const block = Math.floor(offset / WRITTEN_BLOCK);
    if (mark) this.#memory.written[block]! |= WRITTEN_NOW;
    if (this.#isPending[block] === 1) return;
    this.#isPending[block] = 1;
    const into = offset % WRITTEN_BLOCK;
    this.#pending.push({ offset: offset - into, address: address - BigInt(into) });
  }

  /** Take over what the guest has written. */
  pull(): void {
    if (this.#pending.length === 0) return;
    for (const { offset, address } of this.#pending) {
      const bytes = this.#access.read(address, WRITTEN_BLOCK);
      this.#memory.bytes.set(bytes, offset);
      this.#held.set(bytes, offset);
      this.#isPending[offset / WRITTEN_BLOCK] = 0;
    }
    this.#pending.length = 0;
  }
}
