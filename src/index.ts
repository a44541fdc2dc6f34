/// <reference lib="esnext.disposable" preserve="true" />
// The line above is for those who compile against the package: machines have Symbol.dispose, newer than their library
// of types may be.
//
// The public API of the package: the only barrel. Inside, import the file itself.

export { bannerLines } from './crash/banner.js';
export type { Session } from './crash/command.js';
export { openSession, runLine } from './crash/run.js';
export { compareRecordings, type Comparison } from './comparison.js';
export { decode, type Flow, type Instruction, type Spelling } from './disasm.js';
export {
  EngineError,
  FormatError,
  InputError,
  LibraryError,
  OopslabError,
  UnmappedError,
  formatWhere,
  type Where,
} from './errors.js';
export { FastReplay, type FastReplayOptions, type Verdict } from './fast-replay.js';
export {
  lineageOf,
  type Content,
  type Known,
  type Lineage,
  type LineageOptions,
  type Moment,
  type Place,
  type Value,
} from './lineage.js';
export { lineageDocument, type LineageDocument } from './lineage-document.js';
export { listingOf, type ListedInstruction, type Listing } from './listing.js';
export { Machine, type CallResult, type Stub, type StubCall, type Trap } from './machine.js';
export { PagedMemory, type Memory, type Region, type WritableMemory } from './memory.js';
export { formatOops, oopsWords, type OopsReport } from './oops.js';
export { parseOops, type ParsedOops } from './oops-parse.js';
export { countProvenance, type OopsWord, type Provenance } from './oops-words.js';
export {
  locateOutOfBounds,
  outOfBounds,
  type LocatedOutOfBounds,
  type OutOfBounds,
} from './out-of-bounds.js';
export { RecordedState } from './recorded-state.js';
export {
  Recording,
  type NamedObject,
  type Outcome,
  type RecordedAccess,
  type RecordedEvent,
  type RecordedStep,
  type RecordingHeader,
} from './recording.js';
export {
  decodeRecording,
  encodeRecording,
  hashRecording,
  loadRecording,
  saveRecording,
} from './recording-file.js';
export { REGISTERS, REGISTER_INDEX, type RegisterName } from './registers.js';
export { pageData, type PageOptions } from './report/collect.js';
export { pageHtml, type HtmlOptions } from './report/html.js';
export type { PageData, PageRun } from './report/page-data.js';
export { replay, type ReplayOptions } from './replay.js';
export { replayDocument, type ReplayDocument } from './replay-document.js';
export { listScenarios, loadScenario, type Scenario, type ScenarioSpec } from './scenario.js';
export { SlabHeap, type HeapFinding } from './slab.js';
export {
  walkHeap,
  type CacheInMemory,
  type HeapInMemory,
  type SlabFinding,
  type SlabInMemory,
} from './slab-view.js';
export { loadRelease, type Release, type Snippet } from './snippet.js';
export { formatOutcome, tellStory } from './story.js';
export { SymbolTable, type KernelSymbol } from './symbols.js';
export { finalRegisters, recordedSymbols, reportOf } from './trap-report.js';
export { holds, type Explanation } from './value-explanations.js';
export {
  comparePair,
  compareValues,
  type Finding,
  type Forensics,
  type PairForensics,
} from './value-forensics.js';
export { readPair } from './value-input.js';
export type { ValuePair, ValueSize } from './value-pair.js';
