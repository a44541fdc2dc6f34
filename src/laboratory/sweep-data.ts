// The map of path lengths against previous contents, as a page gets it. Types only.

/** The columns and rows that there will be. */
export interface SweepHead {
  readonly lengths: readonly number[];
  /** Names of what lay in the slot before. */
  readonly rows: readonly string[];
}

/** A cell: one run. */
export interface SweptCell {
  readonly length: number;
  /** What it damaged first; null where nothing outside of its allocation changed. */
  readonly harm: string | null;
  /** How the run ended. */
  readonly end: string;
  readonly cache: string;
  /** The byte right after the path, before the call; null where the path fills its slot. */
  readonly next: number | null;
  /** The run's parameters; null where parameters alone cannot make it. */
  readonly set: Readonly<Record<string, string>> | null;
}

/** A row that is done. */
export interface SweepTold {
  readonly row: number;
  readonly cells: readonly SweptCell[];
  /** Where the last 00 of the slot lay, in words. */
  readonly note: string;
}
