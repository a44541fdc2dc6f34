// Makes the report of a broken property from the recording of its counterexample.

import type { Recording } from '../../recording/recording.js';
import { type PropertyName, type Violation, propertyOf } from '../property/properties.js';
import type { ReportFacts } from '../scene/report-facts.js';
import { ReportScene } from '../scene/report-scene.js';
import type { Subject } from '../world/subject.js';

/** How one run of a candidate broke a property. */
export interface ViolationReport extends ReportFacts {
  readonly property: PropertyName;
  readonly scenario: string;
  readonly candidate: string;
}

/**
 * Report on a broken property.
 *
 * @param recording of the counterexample, as `keep` gives it: the same candidate and world that broke the property
 * @param subject what was checked
 * @param candidate its name
 * @throws {TypeError} when the recording is of another scenario
 */
export const reportViolation = (
  recording: Recording,
  subject: Subject,
  candidate: string,
  violation: Violation,
): ViolationReport => ({
  scenario: subject.scenario.name,
  candidate,
  instruction: null,
  trace: [],
  access: null,
  allocation: null,
  victim: null,
  memory: null,
  comparison: null,
  leaked: [],
  ended: null,
  finding: null,
  surfaced: [],
  property: violation.property,
  ...propertyOf(violation.property).report(new ReportScene(recording, subject), violation),
});
