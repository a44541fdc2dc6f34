// Orders to a worker and its answers, in forms that a structured clone keeps.

import {
  FormatError,
  HostError,
  InputError,
  LibraryError,
  MemoryError,
  OopslabError,
  type Where,
} from '../../base/errors.js';
import { ofSystem } from '../../base/system-error.js';
import type { Parameters } from '../../scenario/parameters.js';
import type { CandidateCode } from '../watch/arena.js';
import type { BlockResult, Counterexample } from '../find/campaign.js';
import type { TriedKept } from '../find/kept.js';
import type { PropertyName } from '../property/properties.js';

/** How candidates are run, whatever they are. */
export interface RunOptions {
  /** Instructions for a world that uses up the scenario's budget. */
  readonly budget: number;
  /** Whether second runs and observation are for all worlds. */
  readonly thorough: boolean;
  /** Texts of up to so many bytes, all of them; null where worlds are drawn. */
  readonly exhaustive: number | null;
  /** The variants of a trusted version, in place of the scenario's own; null for that. */
  readonly like: Readonly<Record<string, string>> | null;
}

/** A candidate to get ready. */
export interface OpenOrder {
  readonly kind: 'open';
  readonly options: RunOptions;
  /** The scenario, as the user named it. */
  readonly scenario: string;
  readonly candidate: CandidateCode;
  readonly libraries: readonly string[];
}

/** A counterexample to report, and to keep as a file. */
export interface FinishOrder {
  readonly kind: 'finish';
  readonly property: PropertyName;
  /** Parameters as `--set` takes them. */
  readonly world: Readonly<Record<string, string | number>>;
  /** The folder of counterexamples; null to keep none. */
  readonly folder: string | null;
  /** Whether what mattered is not looked for. */
  readonly quick: boolean;
}

/** An order. All but the first are about the candidate that was opened last. */
export type Order =
  | OpenOrder
  | { readonly kind: 'kept'; readonly worlds: readonly Parameters[] }
  | { readonly kind: 'block'; readonly seed: number; readonly block: number; readonly runs: number }
  | { readonly kind: 'shrink'; readonly seed: number; readonly result: BlockResult }
  | { readonly kind: 'path'; readonly seed: number; readonly path: string }
  | FinishOrder;

/** A counterexample that has its report. */
export interface Finished {
  /** Its file; null where none is kept. */
  readonly file: string | null;
  /** The report, in lines. */
  readonly report: readonly string[];
  /** Why there is none: the world does not break the property any more; null where it does. */
  readonly flaky: string | null;
}

/** A world that was looked at again. */
export interface Revisited {
  /** Null where it breaks nothing. */
  readonly counterexample: Counterexample | null;
  readonly isSlow: boolean;
  /** Why it is flaky; null where it is not. */
  readonly flaky: string | null;
}

/** The result of each order. */
export interface Results {
  readonly open: null;
  readonly kept: TriedKept;
  readonly block: BlockResult;
  readonly shrink: Counterexample | null;
  readonly path: Revisited;
  readonly finish: Finished;
}

/** An error of this project's, on its way between threads. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly where: Where;
}

/** An answer; the kind is the order's. */
export type Answer =
  | {
      readonly [Kind in Order['kind']]: { readonly kind: Kind; readonly result: Results[Kind] };
    }[Order['kind']]
  | { readonly kind: 'error'; readonly error: SentError };

/** An error as a worker sends it. */
export const sendError = (thrown: unknown): SentError => {
  const error = ofSystem(thrown) ?? thrown;
  if (error instanceof OopslabError)
    return { code: error.code, message: error.message, where: { ...error.where } };
  return { code: '', message: error instanceof Error ? error.message : String(error), where: {} };
};

/** The error that a worker sent. */
export const receiveError = ({ code, message, where }: SentError): Error => {
  switch (code) {
    case 'ERR_INPUT':
      return new InputError(message, where);
    case 'ERR_FORMAT':
      return new FormatError(message, where);
    case 'ERR_MEMORY':
      return new MemoryError(message, where);
    case 'ERR_HOST':
      return new HostError(message, where);
    case 'ERR_LIBRARY':
      return new LibraryError(message, where);
    default:
      return new Error(message);
  }
};
