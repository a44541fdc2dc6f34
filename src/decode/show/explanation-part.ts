// What follows the presentation of a report in each output: the seam between reading and explaining.
// No report and no code is looked at here.

/** The explanation of one report, in the three forms of output. */
export interface ExplanationPart {
  /** Becomes the field `explanation` of the report's JSON; values as JSON has them. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: readonly string[];
  readonly markdown: readonly string[];
}
