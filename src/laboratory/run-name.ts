// How a page names a run to its laboratory. Types only.

/** A run: one of the two that the page was made of, or one that the laboratory makes now. */
export type RunName =
  'A' | 'B' | { readonly scenario: string; readonly set: Readonly<Record<string, string>> };
