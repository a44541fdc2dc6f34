// The facts in a report of a broken property. Values only.

/** A place in code. */
export interface ReportedPlace {
  readonly address: string; // 0x…
  /** `convert_delimiter+0x1c`; null where no symbol covers it. */
  readonly at: string | null;
  /** Bytes of the function; null where that is not known. */
  readonly functionSize: number | null;
  /** Where the code comes from, as `fix.c:23`; null where that is not known. */
  readonly source: string | null;
}

/** One instruction. */
export interface ReportedInstruction extends ReportedPlace {
  /** In AT&T spelling; null where nothing is mapped. */
  readonly text: string | null;
}

/** An allocation that the checked call made. */
export interface ReportedAllocation {
  readonly address: string; // 0x…
  readonly requested: number; // bytes
  readonly cache: string;
  readonly objectSize: number; // bytes
  /** The allocator first, then its callers. */
  readonly madeBy: readonly ReportedPlace[];
  /** Where it was freed; null while it is allocated. */
  readonly freedBy: readonly ReportedPlace[] | null;
}

/** The victim of a forbidden access. */
export interface ReportedVictim {
  readonly kind: 'input' | 'slack' | 'object' | 'free' | 'management' | 'stack' | 'unmapped' | 'other';
  readonly object: string | null; // the scenario's name
  readonly cache: string | null;
  readonly field: string | null; // `shm_file_data.id`
  /** The field's value before and after; null where there is no field. */
  readonly fieldBefore: string | null;
  readonly fieldAfter: string | null;
}

/** A forbidden access. */
export interface ReportedAccess {
  readonly access: 'read' | 'write';
  readonly address: string; // of the first forbidden byte
  readonly size: number; // bytes, starting there
  readonly old: string | null; // bytes in hexadecimal, in memory order; null where nothing is mapped
  readonly new: string | null;
  /** Its distance from the allocation: bytes past the end (0 is the first), or before the start. */
  readonly distance: { readonly bytes: number; readonly side: 'left' | 'right' | 'inside' } | null;
}

/** Rows of a map of memory, a letter per byte. */
export interface MemoryRows {
  readonly rows: readonly { readonly address: string; readonly letters: string }[];
  /** Which row and which of its letters the access begins at. */
  readonly row: number;
  readonly column: number;
  readonly marked: number; // letters
}

/** A value that was promised, and the one that was returned; texts as `--set` takes them. */
export interface ReportedComparison {
  readonly expected: string | null;
  readonly found: string | null;
  /** The first byte, from 0, that differs; null where that is not known. */
  readonly firstDifference: number | null;
  readonly why: 'no address' | 'not its own' | 'not terminated' | 'differs' | 'contents differ';
}

/** How one run of a candidate broke a property. */
export interface ReportFacts {
  /** The kind of damage in a word or two: `slab-out-of-bounds`. */
  readonly kind: string;
  /** The violation in a sentence. */
  readonly says: string;
  /** The step in which it showed. */
  readonly step: string;
  /** The guilty instruction, or where the call ended; null where it returned. */
  readonly instruction: ReportedInstruction | null;
  /** Callers of that instruction, innermost first. */
  readonly trace: readonly ReportedPlace[];
  readonly access: ReportedAccess | null;
  readonly allocation: ReportedAllocation | null;
  readonly victim: ReportedVictim | null;
  readonly memory: MemoryRows | null;
  readonly comparison: ReportedComparison | null;
  readonly leaked: readonly ReportedAllocation[];
  /** How the call of the step ended; null where the end is not part of the violation. */
  readonly ended: string | null;
  /** The complaint of heap or stubs. */
  readonly finding: string | null;
  /** How damage surfaced, a sentence each. */
  readonly surfaced: readonly string[];
}
