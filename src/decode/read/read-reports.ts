// Finds the reports of a text that is read as a stream: where each starts and ends, and which lines belong to it. The
// files named after lines read them; memory is bounded whatever the text is.

import { type FoundHeadline, findHeadline } from './headline.js';
import { type CarriedLine, Carrier } from '../carry/carrier.js';
import { beginsAnother, isSameEvent } from './event.js';
import { LoneCode } from './lone-code.js';
import { MAY_START } from './may-start.js';
import { unglue } from './glued-lines.js';
import { type OpenReport, OpenReports } from './open-reports.js';
import type { DeclinedReport } from './other-architecture.js';
import { ReportBuilder } from './report-builder.js';
import type { KernelReport } from './report.js';
import { textChunks, textChunksNow } from '../carry/text-chunks.js';
import { LineSplitter, type PhysicalLine } from '../carry/text-lines.js';
import { type LogicalLine, Unwrapper } from './unwrap.js';

const CUT_HERE = /^\s*-{4,40} ?\[ ?cut here ?\]/u;
const PROCESS = /^\s*(?:CPU: \d{1,5} (?:UID: \d{1,10} )?PID: |Pid: \d)/u;

// After another text on its line, as in prose, a headline makes no report by itself.
const headlineOf = ({ text, inner }: LogicalLine): FoundHeadline | undefined => {
  const found = findHeadline(text);
  return found !== undefined && inner === true ? { ...found, alone: false } : found;
};

class ReportReader {
  readonly #splitter = new LineSplitter();
  readonly #carrier = new Carrier();
  readonly #unwrapper = new Unwrapper();
  readonly #lone = new LoneCode();
  readonly #open: OpenReports;
  #caller = '';
  #pending = false;
  #count = 0; // lines of the kernel; those of the text may stand in another order

  /** @param decline gets the reports of other architectures */
  constructor(decline: (declined: DeclinedReport) => void) {
    this.#open = new OpenReports(decline);
  }

  /** The reports that end in `chunk`. */
  *push(chunk: string): Generator<KernelReport> {
    for (const line of this.#splitter.push(chunk)) yield* this.#physical(line);
  }

  /** The reports that end with the text. */
  *end(): Generator<KernelReport> {
    for (const line of this.#splitter.end()) yield* this.#physical(line);
    for (const line of this.#carrier.end()) yield* this.#line(line);
    const last = this.#unwrapper.end();
    if (last !== undefined) yield* this.#unglued(last);
    yield* this.#open.end();
    const code = this.#open.found ? undefined : this.#lone.finish();
    if (code === undefined) return;
    const builder = new ReportBuilder();
    builder.take(code, undefined);
    yield builder.finish();
  }

  *#physical(line: PhysicalLine): Generator<KernelReport> {
    this.#lone.take(line);
    // Most lines of a log belong to no report: they cost one look.
    const quiet = this.#open.size === 0 && !this.#pending && !this.#carrier.pending;
    if (quiet && !MAY_START.test(line.text)) return;
    for (const piece of this.#carrier.push(line)) yield* this.#line(piece);
  }

  *#line(line: CarriedLine): Generator<KernelReport> {
    if (this.#open.size === 0 && !this.#pending && !MAY_START.test(line.text)) return;
    const done = this.#unwrapper.push(line);
    this.#pending = true;
    if (done !== undefined) yield* this.#unglued(done);
    if (done !== undefined && this.#open.size === 0 && !MAY_START.test(line.text)) {
      // The line before did not belong to a report, and this one cannot start one.
      this.#unwrapper.end();
      this.#pending = false;
    }
  }

  *#unglued(line: LogicalLine): Generator<KernelReport> {
    for (const text of unglue(line.text)) yield* this.#logical({ ...line, text });
  }

  *#logical(line: LogicalLine): Generator<KernelReport> {
    if (line.prefixed) this.#caller = line.caller ?? '';
    const caller = this.#caller;
    this.#count += 1;
    yield* this.#open.closeIdle(this.#count);
    const headline = headlineOf(line);
    const cutHere = CUT_HERE.test(line.text);
    const open = this.#open.get(caller);
    if (open === undefined) return yield* this.#start(caller, line, headline, cutHere);
    const { builder } = open;
    const another =
      headline === undefined
        ? cutHere && beginsAnother(builder.event)
        : !isSameEvent(builder.event, headline, this.#count - open.taken);
    if (another) {
      yield* this.#open.displace(caller);
      return yield* this.#start(caller, line, headline, cutHere);
    }
    if (cutHere) return;
    if (PROCESS.test(line.text)) return yield* this.#process(open, caller, line);
    open.announce(line.text);
    open.take(line, headline, this.#count);
  }

  // The line of a CPU and its task: of the open report, of one that waits for it, or the first of another one.
  *#process(open: OpenReport, caller: string, line: LogicalLine): Generator<KernelReport> {
    const waiting = this.#open.resume(caller, line.text);
    if (waiting !== undefined) {
      waiting.take(line, undefined, this.#count);
    } else if (open.takesProcess()) {
      open.take(line, undefined, this.#count);
    } else {
      yield* this.#open.close(caller);
      yield* this.#start(caller, line, undefined, false);
    }
  }

  *#start(
    caller: string,
    line: LogicalLine,
    headline: ReturnType<typeof findHeadline>,
    cutHere: boolean,
  ): Generator<KernelReport> {
    const builder = new ReportBuilder();
    const taken = builder.take(line, headline);
    if (cutHere) builder.cutHere(line.first);
    else if (taken === undefined || taken === 'end' || (taken === 'other' && !/Modules/u.test(line.text)))
      return;
    yield* this.#open.add(caller, builder, this.#count);
    this.#open.get(caller)?.announce(line.text);
  }
}

/**
 * The reports of a text, in the order in which they end.
 *
 * Nothing is thrown whatever the text is. Bytes are read as UTF-8, or as UTF-16 if its mark is at the start; invalid ones
 * become U+FFFD.
 *
 * @param chunks the text in pieces of any size, strings or bytes
 * @param decline gets the reports of kernels that are not x86-64, which are not read
 */
export async function* readReports(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  decline: (declined: DeclinedReport) => void = () => undefined,
): AsyncGenerator<KernelReport> {
  const reader = new ReportReader(decline);
  for await (const text of textChunks(chunks)) yield* reader.push(text);
  yield* reader.end();
}

/** The same of chunks that are there already. */
export function* readReportsNow(
  chunks: Iterable<string | Uint8Array>,
  decline: (declined: DeclinedReport) => void = () => undefined,
): Generator<KernelReport> {
  const reader = new ReportReader(decline);
  for (const text of textChunksNow(chunks)) yield* reader.push(text);
  yield* reader.end();
}

/** The reports of a whole text, in its order. @param decline as for readReports() */
export const reportsOf = (
  text: string,
  decline: (declined: DeclinedReport) => void = () => undefined,
): KernelReport[] => {
  const reader = new ReportReader(decline);
  return [...reader.push(text), ...reader.end()].toSorted((one, other) => one.firstLine - other.firstLine);
};
