// What a page asks its laboratory, and what it is told. Types only: the page imports them, and nothing of Node is here.

import type { TypeOf } from '../base/form.js';
import type { decodeForm } from '../decode/show/form.js';
import type { Block } from '../decode/show/blocks.js';
import type { PageValue } from '../report/page-data.js';
import type { whyForm } from '../why/form.js';
import type { ChangeQuestions } from './change-questions.js';
import type { LessonQuestions } from './lesson-questions.js';
import type { RunName } from './run-name.js';

export type { RunName };

/** A message in place of an answer. `field`: the parameter or the place that it is about. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** A part of what `decode` prints, in each form. */
export interface Printed {
  readonly blocks: readonly Block[];
  /** As `oopslab decode` prints the short form of it. */
  readonly text: string;
  readonly markdown: string;
}

/** A report with the lines that it was read from. */
export interface DecodedReport extends Printed {
  /** The first ones, with their numbers in the text; what is not a report's own stands among them. */
  readonly lines: readonly (readonly [number: number, text: string])[];
}

/** Each question: what is asked, what is told on the way, and the answer. One file of this room answers each. */
export interface Questions extends LessonQuestions, ChangeQuestions {
  /** Why a place holds what it holds; `place` as `oopslab why` takes it, without one the trap's bad value. */
  why: {
    readonly asks: { readonly run: RunName; readonly place?: string };
    readonly tells: never;
    readonly answer: TypeOf<typeof whyForm>;
  };
  /** What a place holds, and where else those values live and lived; `place` as above. */
  lives: {
    readonly asks: { readonly run: RunName; readonly place: string };
    readonly tells: never;
    readonly answer: {
      readonly of: string;
      /** The state that it is about. */
      readonly state: number;
      /** `0x…`; null where it is not recorded. */
      readonly bits: string | null;
      /** Of memory what lies there: `sfd.id`; otherwise null. */
      readonly what: string | null;
      /** Of a field its C type; otherwise null. */
      readonly type: string | null;
      /** What eight bytes are as an address or an error: `sfd`, `-EINVAL`; null for a number. */
      readonly means: string | null;
      /** The values of the place, first those with names; one without has an empty name. */
      readonly values: readonly PageValue[];
      /** Why values are missing; null where they are known. */
      readonly problem: string | null;
    };
  };
  /** What the kernel reports of a text say. */
  decode: {
    readonly asks: {
      /** Bytes are UTF-8, or UTF-16 with its mark at the start. */
      readonly text: string | Uint8Array;
      /** As `--code` takes it: a file of the laboratory's, or the name of a snippet. */
      readonly code?: string;
      /** Folders with snippets beside the shipped ones. */
      readonly libraries?: readonly string[];
      readonly redact?: boolean;
    };
    /** Characters or bytes that were read, of how many, and the reports in them. */
    readonly tells: { readonly read: number; readonly of: number; readonly reports: number };
    readonly answer: {
      /** That of `oopslab decode --json`. */
      readonly document: TypeOf<typeof decodeForm>;
      /** One for each report of the document. */
      readonly reports: readonly DecodedReport[];
      /** Where there are several. */
      readonly overview: Printed | null;
      /** The report to read first, from 1; 0 where there is none. */
      readonly first: number;
      /** What `oopslab decode` says on standard error. */
      readonly notes: readonly string[];
    };
  };
}

export type Kind = keyof Questions;

/** A question on its way to the laboratory. */
export interface Asked<K extends Kind = Kind> {
  readonly id: number;
  readonly kind: K;
  readonly asks: Questions[K]['asks'];
  /** Files that the reader gave for it, by their paths, which are relative. */
  readonly files?: readonly (readonly [path: string, bytes: Uint8Array])[];
}

/** Ends a question early, where it can be: the answer says what was found by then. */
export interface Interruption {
  readonly interrupt: number;
}

/** What comes back: any number of `tells`, then one of the others. */
export type Told<K extends Kind = Kind> = { readonly id: number } & (
  | { readonly tells: Questions[K]['tells'] }
  | { readonly answer: Questions[K]['answer'] }
  | { readonly refusal: Refusal }
);
