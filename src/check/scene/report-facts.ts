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

/** A place in the scenario. */
interface ReportedOrigin {
  readonly what: string; // `step "teardown": kmalloc of name`
  readonly source: string | null; // `conn-teardown.yaml:29`
}

/** An allocation of the checked call, or an object of the scenario. */
export interface ReportedAllocation {
  readonly address: string; // 0x…
  readonly requested: number; // bytes
  /** The scenario's name; null for what has none. */
  readonly object: string | null;
  readonly cache: string | null; // null outside the heap
  readonly objectSize: number; // bytes
  /** The allocator first, then its callers; empty where the scenario made it. */
  readonly madeBy: readonly ReportedPlace[];
  /** Where the scenario made it; null where the call did. */
  readonly madeIn: ReportedOrigin | null;
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

/** A field that is not what it should be; values as a person writes them. */
export interface ReportedField {
  readonly field: string; // `conn.id`
  readonly expected: string;
  readonly found: string;
}

/** What was promised, and what was found; texts and bytes as `--set` takes them. */
export interface ReportedComparison {
  readonly what: 'text' | 'number' | 'fields' | 'bytes';
  /** What was compared: `the result`, `conn`, `*conn.buffer`. */
  readonly of: string;
  readonly expected: string | null;
  readonly found: string | null;
  /** The first byte, from 0, that differs; null where that is not known. */
  readonly firstDifference: number | null;
  readonly why: 'no address' | 'not its own' | 'not terminated' | 'no bool' | 'differs';
  /** The fields that differ; empty where fields are not what was compared. */
  readonly fields: readonly ReportedField[];
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
