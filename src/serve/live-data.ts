// Requests and answers between the live page and its server. Types only, without Node: the page reads them too.

import type { PageData } from '../report/page-data.js';

/** Id of the element in which the page finds its first LiveState; a page without it is not live. */
export const LIVE_ELEMENT = 'live';

/** The path of requests for runs. */
export const RUN_PATH = '/run';

/** Longest path that a page offers with its slider, bytes; a text may be longer. */
export const SLIDER_END = 40;

/** What a run did to memory that was not its own. */
export interface LiveVerdict {
  readonly isCorrupt: boolean;
  /** `corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c)`, or `safe: …`. */
  readonly sentence: string;
  /** How the run ended. */
  readonly outcome: string;
}

/** A parameter as the page offers it. */
export interface LiveParameter {
  readonly name: string;
  readonly type: 'text' | 'choice' | 'contents' | 'int32';
  readonly help: string;
  /** The value that ran, as `--set` takes it. */
  readonly value: string;
  /** What a choice can be, and what contents have names. */
  readonly choices: readonly string[];
}

/** A run, without its page. */
export interface LiveState extends LiveVerdict {
  readonly scenario: string;
  readonly parameters: readonly LiveParameter[];
  /** The path; null where the scenario mounts nothing. */
  readonly path: {
    readonly length: number;
    readonly shortest: number;
    readonly texts: readonly string[];
  } | null;
  /** The slab page before and after, as SVG; null where nothing is allocated. */
  readonly picture: string | null;
}

/** The answer to a wish. */
export interface LiveAnswer extends LiveState {
  readonly page: PageData;
}

/** A wish: values as `--set` takes them; `length` cuts or stretches the texts of the path to so many bytes. */
export interface LiveWish {
  readonly set?: Readonly<Record<string, string>>;
  readonly length?: number;
}

/** The message in place of an answer. */
export interface LiveProblem {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** `field`: the parameter, where it is one. */
    readonly where: { readonly field?: string };
  };
}
