// The bytes around what a run wrote, as a page gets them. Types only.

/** A stretch of bytes that belong together: indices of the first one, and after the last one. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** The bytes. */
export interface Strip {
  /** Address of the first byte: `0x…`. */
  readonly address: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The bytes that changed outside of the allocation. */
  readonly harmed: readonly number[];
  /** The first byte that is not among the requested ones of the allocation; null where all are, or none is. */
  readonly end: number | null;
  readonly objects: readonly Stretch[];
  readonly fields: readonly Stretch[];
  /** Who wrote outside of the allocation; null for nobody. */
  readonly writer: string | null;
  readonly cache: string;
}
