// What follows the presentation of a report in each output: the seam between reading and explaining.
// No report and no code is looked at here.

import type { TypeOf } from '../../base/form.js';
import type { explanationForm } from './form.js';

/** The explanation of one report, in the three forms of output. */
export interface ExplanationPart {
  /** Becomes the field `explanation` of the report's JSON. */
  readonly json: TypeOf<typeof explanationForm>;
  readonly text: readonly string[];
  readonly markdown: readonly string[];
}
