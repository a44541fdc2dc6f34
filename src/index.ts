/// <reference lib="esnext.disposable" preserve="true" />
// The line above is for those who compile against the package: machines have Symbol.dispose, newer than their library
// of types may be.
//
// The public API of the package; `oopslab/check` is the other barrel. Inside, import the file itself.

// Errors: what was wrong, and where.
export {
  EngineError,
  FormatError,
  HostError,
  InputError,
  LibraryError,
  OopslabError,
  UnmappedError,
  formatWhere,
  type Where,
} from './base/errors.js';

// Instructions and registers.
export { decode, type Flow, type Instruction, type Spelling } from './x86/disasm.js';
export { REGISTERS, REGISTER_INDEX, type RegisterName } from './x86/registers.js';

// Memory of a kernel: symbols, structs of the SLAB allocator.
export { PagedMemory, type Memory, type Region, type WritableMemory } from './kernel/memory.js';
export {
  walkHeap,
  type CacheInMemory,
  type HeapInMemory,
  type SlabFinding,
  type SlabInMemory,
} from './kernel/slab.js';
export { SymbolTable, type KernelSymbol } from './kernel/symbols.js';

// The text of an oops, and where each word of it comes from.
export { formatOops, oopsWords, type OopsReport } from './oops/collect.js';
export { countProvenance, type OopsWord, type Provenance } from './oops/words.js';

// Recordings: what a run left, its states, its trap and its file.
export type { RecordedAccess } from './recording/accesses.js';
export {
  decodeRecording,
  encodeRecording,
  hashRecording,
  loadRecording,
  saveRecording,
} from './recording/file.js';
export { formatOutcome } from './recording/outcome.js';
export {
  Recording,
  type NamedObject,
  type Outcome,
  type RecordedEvent,
  type RecordedStep,
  type RecordingHeader,
} from './recording/recording.js';
export { RecordedState } from './recording/state.js';
export { finalRegisters, recordedSymbols, reportOf } from './recording/trap.js';

// An emulated x86-64, and the CPU that runs it.
export type { EngineKind } from './machine/engine.js';
export { loadEngine } from './machine/engines.js';
export { Machine, type CallResult, type Stub, type StubCall, type Trap } from './machine/machine.js';

// Machine code and symbols of a kernel, from snippets.
export { listingOf, type ListedInstruction, type Listing } from './release/listing.js';
export { loadRelease, type Release, type Snippet } from './release/snippet.js';

// Scenarios.
export type { ScenarioSpec } from './scenario/form.js';
export { listScenarios, loadScenario, type Scenario } from './scenario/scenario.js';

// Running a scenario: once with a recording, or many times fast.
export type { Allocator, HeapFinding } from './run/allocator.js';
export { FastReplay, type FastReplayOptions, type Verdict } from './run/fast-replay.js';
export { replay, type ReplayOptions } from './run/replay.js';
export { SlabHeap } from './run/slab-heap.js';

// What turned one value into another.
export {
  comparePair,
  compareValues,
  type Finding,
  type Forensics,
  type PairForensics,
} from './forensics/compare.js';
export type { Explanation } from './forensics/explanation.js';
export { readPair } from './forensics/input.js';
export { holds } from './forensics/kinds.js';
export type { ValuePair, ValueSize } from './forensics/pair.js';

// Where values live and die in a recording.
export { lineageDocument, type LineageDocument } from './lineage/document.js';
export { type Lineage, type LineageOptions, lineageOf } from './lineage/lineage.js';
export type { Content, Known, Moment, Place, Value } from './lineage/value.js';

// Reading a recording: its story, its damage, its differences from another.
export { compareRecordings, type Comparison } from './reading/comparison.js';
export type { Finding as MemoryFinding } from './reading/findings.js';
export {
  locateOutOfBounds,
  outOfBounds,
  type LocatedOutOfBounds,
  type OutOfBounds,
} from './reading/out-of-bounds.js';
export { replayDocument, type ReplayDocument } from './reading/replay-document.js';
export { tellStory } from './reading/story.js';

// Reports of kernels in any text, and what they can still tell.
export type { Claim, Statement, Subject, Sure } from './decode/code/statement.js';
export { type Explanation as ReportExplanation, explainReport } from './decode/explain/explain.js';
export { BUG_CLASSES, type BugClass } from './decode/judge/bug-classes.js';
export { type Judgement, judge } from './decode/judge/judgement.js';
export type { DeclinedReport } from './decode/read/other-architecture.js';
export { type RedactedText, redactText } from './decode/judge/redact/redact-text.js';
export { readReports, reportsOf } from './decode/read/read-reports.js';
export type {
  CodeBytes,
  CodeLocation,
  KernelReport,
  RegisterSet,
  ReportKind,
  Trace,
  TraceEntry,
} from './decode/read/report.js';
export { statementText } from './decode/show/claims.js';

// The prompt of crash(8) on a recording.
export { bannerLines } from './crash/banner.js';
export type { Session } from './crash/command.js';
export { openSession, runLine } from './crash/run.js';

// The page that shows a recording.
export { pageData, type PageOptions } from './report/collect.js';
export { pageHtml, type HtmlOptions } from './report/html.js';
export type { PageData, PageRun } from './report/page-data.js';
export { type WhyDocument, whyDocument } from './why/document.js';
export { type Why, WhyCase } from './why/why.js';
