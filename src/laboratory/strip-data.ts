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
  /** The step of the scenario that the bytes are shown after; others may follow it. */
  readonly step: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The bytes that changed outside of the allocation. */
  readonly harmed: readonly number[];
  /** The bytes of the allocation's slot that nobody requested: indices of the first one, and after the last one. */
  readonly slack: { readonly from: number; readonly to: number } | null;
  readonly objects: readonly Stretch[];
  readonly fields: readonly Stretch[];
  /** Who wrote outside of the allocation; null for nobody. */
  readonly writer: string | null;
  readonly cache: string;
}
