/// <reference lib="esnext.disposable" preserve="true" />
// The public face of checking, `oopslab/check`: for tests of one's own. The line above is for those who compile against it.

export { loadScenario, type Scenario } from '../scenario.js';
export { formatParameters, readParameters, type ParameterValue, type Parameters } from '../parameters.js';
export { InputError, LibraryError } from '../errors.js';
export { Arena, type ArenaOptions, type CandidateCode } from './arena.js';
export { type Counterexample, replayPath } from './campaign.js';
export {
  type CheckOptions,
  type CheckResult,
  DEFAULT_RUNS,
  DEFAULT_SEED,
  checkCandidate,
} from './check-candidate.js';
export { type Subject, readSubject } from './subject.js';
export { type BadAccess, PROPERTIES, type PropertyName, type Violation } from './violation.js';
export { type WorldOptions, parameterArbitrary, textBytes, worldArbitrary } from './worlds.js';
export { type BringOptions, type Brought, bringCandidate } from '../candidate/bring.js';
export { type Candidate, findCandidate, loadCandidates } from '../candidate/shipped.js';
export { type Keeping, type KeepOptions, type Kept, type NewlyKept, keep, readKept } from './keep.js';
export { reportViolation } from './report.js';
export type { ViolationReport } from './report-document.js';
export { formatViolationReport } from './report-text.js';
export { type MatteringOptions, findMattering } from './mattering.js';
export type { Mattering, ParameterFinding } from './mattering-document.js';
export { matteringText } from './mattering-text.js';
