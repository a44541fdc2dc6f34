// The lines of one report that say what happened: which of them is the cause, and what came of it.

import { defined } from '../../base/defined.js';
import { greatest } from '../../base/long-lists.js';
import type { FoundHeadline } from './headline.js';
import type { HeadlineFacts } from './headline-facts.js';
import type { CheckerFinding, Headline, ReportKind } from './report.js';

const MAX_SAID = 32;

export interface SaidLine extends FoundHeadline {
  readonly line: number;
}

/** What the lines say together. */
interface Saying {
  readonly kind?: ReportKind;
  readonly headline?: SaidLine;
  readonly consequences: readonly Headline[];
  readonly facts: HeadlineFacts;
  readonly checker?: CheckerFinding;
}

const words = ({ text, line }: SaidLine): Headline => ({ text, line });

// Of the lines that name a kind, the first of the highest rank.
const best = (lines: readonly SaidLine[]): SaidLine | undefined => {
  const rank = greatest(
    lines.map((one) => one.rank),
    0,
  );
  return rank === 0 ? undefined : lines.find((one) => one.rank === rank);
};

export class SaidLines {
  readonly #lines: SaidLine[] = [];

  /** In the order of the text. */
  get lines(): readonly SaidLine[] {
    return this.#lines;
  }

  /** Whether one of them alone is a report. */
  get alone(): boolean {
    return this.#lines.some(({ alone }) => alone);
  }

  get texts(): Headline[] {
    return this.#lines.map(words);
  }

  take(found: FoundHeadline, line: number): void {
    if (this.#lines.length < MAX_SAID) this.#lines.push({ ...found, line });
  }

  // Of the lines for what was inlined at the place, the last one names the place itself.
  #checker(): CheckerFinding | undefined {
    const checked = this.#lines.filter(({ checker }) => checker !== undefined);
    const found = checked.find(({ checker }) => checker?.at !== undefined) ?? checked[0];
    if (found?.checker === undefined) return undefined;
    const { checker, bug, at } = found.checker;
    const inlines = checked
      .slice(0, checked.indexOf(found))
      .map((one) => one.checker?.inlined)
      .filter((one) => one !== undefined)
      .map(({ symbol, source }) => defined({ symbol, source }));
    const place = at === undefined || inlines.length === 0 ? at : { ...at, inlines };
    return defined({ line: found.line, checker, bug, at: place });
  }

  /**
   * The cause is never a line that follows a report, such as the panic that a fault leads to, unless nothing else is said.
   *
   * @param inferred the kind that the trace shows, or the line with the die counter; it is used where no line names a cause
   */
  finish(inferred: (before: number) => ReportKind | undefined): Saying {
    const causes = this.#lines.filter(({ follows }) => !follows);
    const cause = best(causes);
    const following = best(this.#lines.filter(({ follows }) => follows));
    const kind = cause === undefined ? inferred(following?.line ?? Infinity) : cause.kind;
    const headline = cause ?? (kind === undefined || kind === following?.kind ? following : undefined);
    // Of a fact in several lines, the headline has the right one, then the first line.
    const telling = [...causes.toReversed(), ...(headline === undefined ? [] : [headline])];
    return defined({
      kind: kind ?? headline?.kind,
      headline,
      consequences: this.#lines
        .filter((one) => one.follows && one.kind === 'panic' && one !== headline)
        .map(words),
      facts: telling.reduce<HeadlineFacts>((all, { facts }) => ({ ...all, ...facts }), {}),
      checker: this.#checker(),
    });
  }
}
