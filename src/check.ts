/// <reference lib="esnext.disposable" preserve="true" />
// The public interface of checking, `oopslab/check`, for user tests. The line above is for code that compiles against it.

export { loadScenario, type Scenario } from './scenario/scenario.js';
export {
  formatParameters,
  readParameters,
  type ParameterValue,
  type Parameters,
} from './scenario/parameters.js';
export { HostError, InputError, LibraryError } from './base/errors.js';
export { Arena, type ArenaOptions, type CandidateCode } from './check/watch/arena.js';
export { type Counterexample, replayPath } from './check/find/campaign.js';
export {
  type CheckOptions,
  type CheckResult,
  DEFAULT_RUNS,
  DEFAULT_SEED,
  checkCandidate,
} from './check/run/check-candidate.js';
export { type Subject, readSubject } from './check/world/subject.js';
export type { BadAccess } from './check/property/access.js';
export { PROPERTIES, type PropertyName, type Violation } from './check/property/properties.js';
export { type WorldOptions, parameterArbitrary, textBytes, worldArbitrary } from './check/world/worlds.js';
export { type BringOptions, type Brought, bringCandidate } from './candidate/bring.js';
export { type Candidate, findCandidate, loadCandidates } from './check/run/shipped.js';
export {
  type Keeping,
  type KeepOptions,
  type Kept,
  type NewlyKept,
  keep,
  readKept,
} from './check/tell/keep.js';
export { type ViolationReport, reportViolation } from './check/tell/report.js';
export { formatViolationReport } from './check/tell/report-text.js';
export { type MatteringOptions, findMattering } from './check/find/mattering.js';
export type { Mattering, ParameterFinding } from './check/find/mattering-document.js';
export { matteringText } from './check/tell/mattering-text.js';
export { matchers, type ToHoldOptions } from './check/expect/to-hold.js';
export type { Checkable } from './check/expect/contender.js';
