// What a page asks its laboratory to change: runs with other parameters, checks, sweeps. Types only.

import type { PageData } from '../report/page-data.js';
import type { Wish } from './run-name.js';
import type { Strip } from './strip-data.js';
import type { SweepHead, SweepTold } from './sweep-data.js';

/** A parameter as the page offers it. */
export interface OfferedParameter {
  readonly name: string;
  readonly type: 'text' | 'choice' | 'contents' | 'int32';
  readonly help: string;
  /** The value that runs, as `--set` takes it. */
  readonly value: string;
  /** What a choice can be, and what contents have names. */
  readonly choices: readonly string[];
  /** Of a text its least and most bytes, of a number the least and the greatest; null where nothing is said. */
  readonly min: number | null;
  readonly max: number | null;
}

/** The path, where the scenario builds one. */
export interface OfferedPath {
  readonly length: number;
  readonly shortest: number;
  readonly longest: number;
  /** The parameters that it is made of. */
  readonly texts: readonly string[];
}

/** What can be done with a scenario beside running it; a sentence says why something cannot. */
export interface Offer {
  readonly check: OfferedCheck | string;
  readonly sweep: SweepHead | string;
}

/** A check that the page offers. */
export interface OfferedCheck {
  /** The scenario that checks, which may be another one. */
  readonly scenario: string;
  readonly function: string;
  readonly candidates: readonly {
    readonly name: string;
    /** Null where nobody says what is expected. */
    readonly expected: 'holds' | 'breaks' | null;
  }[];
}

/** What a run did, told before its page is made. */
export interface Trial {
  /** What the run did to memory that was not its own. */
  readonly isCorrupt: boolean;
  /** `corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c)`, `not safe: …`, `no harm: …`, or `safe: …`. */
  readonly sentence: string;
  /** How the run ended. */
  readonly outcome: string;
  readonly isTrap: boolean;
  readonly instructions: number;
  readonly parameters: readonly OfferedParameter[];
  readonly path: OfferedPath | null;
  /** The bytes around what it wrote; null where it allocates nothing. */
  readonly strip: Strip | null;
}

/** A candidate that was checked: of what `oopslab check --json` prints the fields of these names. */
export interface CheckedCandidate {
  readonly name: string;
  readonly expected: 'holds' | 'breaks' | null;
  readonly verdict: 'holds' | 'breaks' | 'flaky' | 'slow' | 'error';
  readonly complete: boolean;
  readonly reason: string | null;
  readonly runs: number;
  readonly property: string | null;
  readonly world: Readonly<Record<string, string | number>> | null;
  readonly path: string | null;
  readonly report: readonly string[];
}

/** A candidate that has its verdict. */
export interface CheckDone {
  readonly done: CheckedCandidate;
  /** The verdict in words: `holds where it ran`; `not checked` where it was stopped before the first world. */
  readonly verdict: string;
  /** What was not looked at, in a sentence; null where all was. */
  readonly incomplete: string | null;
  /** The counterexample, to be run; null for none. */
  readonly world: Wish | null;
}

/** The questions. */
export interface ChangeQuestions {
  /** What can be swept and checked. */
  offer: {
    readonly asks: { readonly scenario: string };
    readonly tells: never;
    readonly answer: Offer;
  };
  /** A run with other parameters: what it did is told at once; its page, beside its control, only if wanted. */
  run: {
    readonly asks: Wish & { readonly page?: boolean };
    readonly tells: Trial;
    readonly answer: PageData | null;
  };
  /** Whether candidates hold, as `oopslab check` finds out. Can be interrupted: then it says what it knows. */
  check: {
    readonly asks: {
      readonly scenario: string;
      /** Names of candidates; those that are shipped without any. */
      readonly candidates?: readonly string[];
      /** An ELF object in place of a named one. */
      readonly object?: { readonly name: string; readonly bytes: Uint8Array };
      readonly runs: number;
      readonly seed: number;
    };
    readonly tells:
      { readonly candidate: string; readonly tried: number } | { readonly note: string } | CheckDone;
    readonly answer: {
      /** What the command would print. */
      readonly lines: readonly string[];
      readonly isInterrupted: boolean;
    };
  };
  /** The map of path lengths against previous contents, row by row. */
  sweep: {
    readonly asks: { readonly scenario: string; readonly set: Readonly<Record<string, string>> };
    readonly tells: SweepHead | SweepTold;
    readonly answer: null;
  };
}
