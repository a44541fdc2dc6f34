/// <reference lib="esnext.disposable" preserve="true" />
// The line above is for those who compile against the package: machines have Symbol.dispose, newer than their library
// of types may be.
//
// The public API of the package; `oopslab/check` is the other barrel. Inside, import the file itself.

export { bannerLines } from './crash/banner.js';
export type { Session } from './crash/command.js';
export { openSession, runLine } from './crash/run.js';
export { compareRecordings, type Comparison } from './reading/comparison.js';
export { type Explanation as ReportExplanation, explainReport } from './decode/explain/explain.js';
export { readReports, reportsOf } from './decode/read/read-reports.js';
export type { Claim, Statement, Subject, Sure } from './decode/code/statement.js';
export type {
  CodeBytes,
  CodeLocation,
  KernelReport,
  RegisterSet,
  ReportKind,
  Trace,
  TraceEntry,
} from './decode/read/report.js';
export { decode, type Flow, type Instruction, type Spelling } from './x86/disasm.js';
export {
  EngineError,
  FormatError,
  InputError,
  LibraryError,
  OopslabError,
  UnmappedError,
  formatWhere,
  type Where,
} from './base/errors.js';
export { FastReplay, type FastReplayOptions, type Verdict } from './run/fast-replay.js';
export { type Lineage, type LineageOptions, lineageOf } from './lineage/lineage.js';
export type { Content, Known, Moment, Place, Value } from './lineage/value.js';
export { lineageDocument, type LineageDocument } from './lineage/document.js';
export { listingOf, type ListedInstruction, type Listing } from './release/listing.js';
export { Machine, type CallResult, type Stub, type StubCall, type Trap } from './machine/machine.js';
export { PagedMemory, type Memory, type Region, type WritableMemory } from './kernel/memory.js';
export { formatOops, oopsWords, type OopsReport } from './oops/collect.js';
export { parseOops, type ParsedOops } from './oops/parse.js';
export { countProvenance, type OopsWord, type Provenance } from './oops/words.js';
export {
  locateOutOfBounds,
  outOfBounds,
  type LocatedOutOfBounds,
  type OutOfBounds,
} from './reading/out-of-bounds.js';
export type { RecordedAccess } from './recording/accesses.js';
export { RecordedState } from './recording/state.js';
export { formatOutcome } from './recording/outcome.js';
export {
  Recording,
  type NamedObject,
  type Outcome,
  type RecordedEvent,
  type RecordedStep,
  type RecordingHeader,
} from './recording/recording.js';
export {
  decodeRecording,
  encodeRecording,
  hashRecording,
  loadRecording,
  saveRecording,
} from './recording/file.js';
export { REGISTERS, REGISTER_INDEX, type RegisterName } from './x86/registers.js';
export { pageData, type PageOptions } from './report/collect.js';
export { pageHtml, type HtmlOptions } from './report/html.js';
export type { PageData, PageRun } from './report/page-data.js';
export { replay, type ReplayOptions } from './run/replay.js';
export { replayDocument, type ReplayDocument } from './reading/replay-document.js';
export type { ScenarioSpec } from './scenario/form.js';
export { listScenarios, loadScenario, type Scenario } from './scenario/scenario.js';
export { SlabHeap } from './run/slab-heap.js';
export type { Allocator, HeapFinding } from './run/allocator.js';
export {
  walkHeap,
  type CacheInMemory,
  type HeapInMemory,
  type SlabFinding,
  type SlabInMemory,
} from './kernel/slab.js';
export { loadRelease, type Release, type Snippet } from './release/snippet.js';
export { tellStory } from './reading/story.js';
export { SymbolTable, type KernelSymbol } from './kernel/symbols.js';
export { finalRegisters, recordedSymbols, reportOf } from './recording/trap.js';
export type { Explanation } from './forensics/explanation.js';
export { holds } from './forensics/kinds.js';
export {
  comparePair,
  compareValues,
  type Finding,
  type Forensics,
  type PairForensics,
} from './forensics/compare.js';
export { readPair } from './forensics/input.js';
export type { ValuePair, ValueSize } from './forensics/pair.js';
