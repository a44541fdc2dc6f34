// What a page asks its laboratory, and what it is told. Types only: the page imports them, and nothing of Node is here.

import type { TypeOf } from '../base/form.js';
import type { LiveAnswer } from '../serve/live-data.js';
import type { whyForm } from '../why/form.js';

/** A run: one of the two that the page was made of, or one that the laboratory makes now. */
export type RunName =
  'A' | 'B' | { readonly scenario: string; readonly set: Readonly<Record<string, string>> };

/** A message in place of an answer. `field`: the parameter or the place that it is about. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** Each question: what is asked, what is told on the way, and the answer. One file of this room answers each. */
export interface Questions {
  /** Why a place holds what it holds; `place` as `oopslab why` takes it, without one the trap's bad value. */
  why: {
    readonly asks: { readonly run: RunName; readonly place?: string };
    readonly tells: never;
    readonly answer: TypeOf<typeof whyForm>;
  };
  /** A run with other parameters, as the page shows it. */
  run: {
    readonly asks: {
      readonly scenario: string;
      readonly set: Readonly<Record<string, string>>;
      readonly length?: number;
    };
    readonly tells: never;
    readonly answer: LiveAnswer;
  };
}

export type Kind = keyof Questions;

/** A question on its way to the laboratory. */
export interface Asked<K extends Kind = Kind> {
  readonly id: number;
  readonly kind: K;
  readonly asks: Questions[K]['asks'];
}

/** What comes back: any number of `tells`, then one of the others. */
export type Told<K extends Kind = Kind> = { readonly id: number } & (
  | { readonly tells: Questions[K]['tells'] }
  | { readonly answer: Questions[K]['answer'] }
  | { readonly refusal: Refusal }
);
