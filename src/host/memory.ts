// Memory in large pieces. No messages here: base/allocate.ts has the words.

/**
 * Memory full of zeros, `undefined` when there is not that much.
 *
 * @param size in bytes
 */
export const tryAllocate = (size: number): ArrayBuffer | undefined => {
  try {
    // Looked up at each call, so that a test can put one in its place that fails.
    return new globalThis.ArrayBuffer(size);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
