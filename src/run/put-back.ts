// Puts guest memory back as it was: after a run no more than the blocks that it wrote to.

import { type PagedMemory, WRITTEN_BLOCK, WRITTEN_NOW } from '../kernel/memory.js';

// So few bytes are copied word by word: a view of them would cost more.
const FEW = WRITTEN_BLOCK;

/** Of one memory, which is sealed. */
export class PutBack {
  /** How many bytes were put back last. */
  size = 0;
  readonly #memory: PagedMemory;
  #image: Uint8Array | undefined; // what the memory was put back to last
  #from: Uint32Array = new Uint32Array(0); // the image
  #to: Uint32Array = new Uint32Array(0); // the memory
  #marks: Uint32Array = new Uint32Array(0); // four at a time

  constructor(memory: PagedMemory) {
    this.#memory = memory;
  }

  /** Whether memory has been this image, and nothing has changed it since but writes that are marked. */
  knows(image: Uint8Array): boolean {
    return this.#image === image;
  }

  /** Put back all bytes, whoever wrote them. @param image as long as the memory; it must not change */
  all(image: Uint8Array): void {
    const { bytes, written } = this.#memory;
    bytes.set(image);
    for (let block = 0; block < written.length; block += 1) written[block]! &= ~WRITTEN_NOW;
    this.#image = image;
    this.#from = new Uint32Array(image.buffer, image.byteOffset, image.length >> 2);
    this.#to = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.#marks = new Uint32Array(written.buffer, written.byteOffset, written.length >> 2);
    this.size = image.length;
  }

  /** Put back what was written to since memory was the image of the last `all`. */
  changes(): void {
    const { written, writableSize } = this.#memory;
    const marks = this.#marks;
    const end = writableSize / WRITTEN_BLOCK;
    this.size = 0;
    for (let block = 0; block < end;) {
      if ((block & 3) === 0 && marks[block >> 2] === 0) {
        block += 4;
      } else if (written[block] === 0) {
        block += 1;
      } else {
        const first = block;
        for (; block < end && written[block] !== 0; block += 1) written[block]! &= ~WRITTEN_NOW;
        this.#copy(first * WRITTEN_BLOCK, (block - first) * WRITTEN_BLOCK);
      }
    }
  }

  #copy(offset: number, size: number): void {
    const from = this.#from;
    const to = this.#to;
    const first = offset >> 2;
    const last = (offset + size) >> 2;
    this.size += size;
    if (size > FEW) to.set(from.subarray(first, last), first);
    else for (let word = first; word < last; word += 1) to[word] = from[word]!;
  }
}
