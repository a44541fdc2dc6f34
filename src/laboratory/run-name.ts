// How a page names a run to its laboratory. Types only.

/** A run that the laboratory makes: a scenario and values as `--set` takes them. */
export interface Wish {
  readonly scenario: string;
  readonly set: Readonly<Record<string, string>>;
  /** Cuts or stretches the texts of the path to so many bytes. */
  readonly length?: number;
  /** A candidate whose code takes the place of the scenario's. */
  readonly candidate?: WishedCode;
}

/** Code of a candidate: variants of functions, and the snippets among them that are not shipped. */
export interface WishedCode {
  readonly name: string;
  readonly variants: Readonly<Record<string, string>>;
  /** Files of a library: their paths in it, and their texts. */
  readonly files: Readonly<Record<string, string>>;
}

/** A run: one of the two that the page was made of, or one that the laboratory makes now. */
export type RunName = 'A' | 'B' | Wish;
