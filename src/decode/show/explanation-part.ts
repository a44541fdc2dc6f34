// The part of each output that follows the report itself: the seam between reading and explaining.

import type { TypeOf } from '../../base/form.js';
import type { explanationForm } from './form.js';

/** The explanation of one report, in the three forms of output. */
export interface ExplanationPart {
  /** Becomes the field `explanation` of the report's JSON. */
  readonly json: TypeOf<typeof explanationForm>;
  readonly text: readonly string[];
  readonly markdown: readonly string[];
}
