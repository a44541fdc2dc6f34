// Finds the reports of a text that is read as a stream: where each starts and ends, and which lines belong to it. The
// files named after lines read them; memory is bounded whatever the text is.

import { TextDecoder } from 'node:util';
import { type FoundHeadline, findHeadline } from './headline.js';
import { type CarriedLine, Carrier } from '../carry/carrier.js';
import { MAY_START } from './may-start.js';
import { ReportBuilder } from './report-builder.js';
import type { KernelReport } from './report.js';
import { LineSplitter, type PhysicalLine } from '../carry/text-lines.js';
import { type LogicalLine, Unwrapper } from './unwrap.js';

const IDLE = 300; // lines of others after which a report is over
const IDLE_ENDED = 100; // the same after `end trace`
const MAX_SPAN = 20_000; // lines of one report
const MAX_OPEN = 8; // reports at a time: one for each printing task or CPU

const CUT_HERE = /^\s*-{4,40} ?\[ ?cut here ?\]/u;
const BACKTRACE = /^\s*(?:NMI backtrace for cpu|Sending NMI|Kernel panic)/u;

interface Open {
  readonly builder: ReportBuilder;
  /** Lines that had been read when it began, and when it took its last one. */
  readonly start: number;
  taken: number;
  /** Set when a line announced that a task is printed next. */
  expectsProcess: boolean;
}

// After another text on its line, as in prose, a headline makes no report by itself.
const headlineOf = ({ text, inner }: LogicalLine): FoundHeadline | undefined => {
  const found = findHeadline(text);
  return found !== undefined && inner === true ? { ...found, alone: false } : found;
};

class ReportReader {
  readonly #splitter = new LineSplitter();
  readonly #carrier = new Carrier();
  readonly #unwrapper = new Unwrapper();
  readonly #open = new Map<string, Open>(); // by caller id; '' without one
  #caller = '';
  #pending = false;
  #count = 0; // lines of the kernel; those of the text may stand in another order

  /** The reports that end in `chunk`. */
  *push(chunk: string): Generator<KernelReport> {
    for (const line of this.#splitter.push(chunk)) yield* this.#physical(line);
  }

  /** The reports that end with the text. */
  *end(): Generator<KernelReport> {
    for (const line of this.#splitter.end()) yield* this.#physical(line);
    for (const line of this.#carrier.end()) yield* this.#line(line);
    const last = this.#unwrapper.end();
    if (last !== undefined) yield* this.#logical(last);
    for (const caller of this.#open.keys()) yield* this.#close(caller);
  }

  *#physical(line: PhysicalLine): Generator<KernelReport> {
    // Most lines of a log belong to no report: they cost one look.
    const quiet = this.#open.size === 0 && !this.#pending && !this.#carrier.pending;
    if (quiet && !MAY_START.test(line.text)) return;
    for (const piece of this.#carrier.push(line)) yield* this.#line(piece);
  }

  *#line(line: CarriedLine): Generator<KernelReport> {
    if (this.#open.size === 0 && !this.#pending && !MAY_START.test(line.text)) return;
    const done = this.#unwrapper.push(line);
    this.#pending = true;
    if (done !== undefined) yield* this.#logical(done);
    if (done !== undefined && this.#open.size === 0 && !MAY_START.test(line.text)) {
      // The line before did not belong to a report, and this one cannot start one.
      this.#unwrapper.end();
      this.#pending = false;
    }
  }

  *#logical(line: LogicalLine): Generator<KernelReport> {
    if (line.prefixed) this.#caller = line.caller ?? '';
    const caller = this.#caller;
    this.#count += 1;
    yield* this.#closeIdle();
    const headline = headlineOf(line);
    const cutHere = CUT_HERE.test(line.text);
    let open = this.#open.get(caller);
    const other = headline !== undefined && !headline.follows && open?.builder.continues(headline) === false;
    if (open !== undefined && (cutHere || other) && open.builder.hasBody) {
      yield* this.#close(caller);
      open = undefined;
    }
    if (open === undefined) {
      yield* this.#start(caller, line, headline, cutHere);
      return;
    }
    if (cutHere) return;
    if (BACKTRACE.test(line.text)) open.expectsProcess = true;
    const process = /^\s*(?:CPU: \d{1,5} (?:UID: \d{1,10} )?PID: |Pid: \d)/u.test(line.text);
    if (process && open.builder.hasProcess && open.builder.hasBody && !open.expectsProcess) {
      yield* this.#close(caller);
      yield* this.#start(caller, line, headline, cutHere);
      return;
    }
    if (process) open.expectsProcess = false;
    if (open.builder.take(line, headline) !== undefined) open.taken = this.#count;
  }

  *#start(
    caller: string,
    line: LogicalLine,
    headline: ReturnType<typeof findHeadline>,
    cutHere: boolean,
  ): Generator<KernelReport> {
    const builder = new ReportBuilder();
    const taken = builder.take(line, headline);
    if (cutHere) builder.startAt(line.first);
    else if (taken === undefined || taken === 'end' || (taken === 'other' && !/Modules/u.test(line.text)))
      return;
    if (this.#open.size >= MAX_OPEN) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) yield* this.#close(oldest);
    }
    this.#open.set(caller, { builder, start: this.#count, taken: this.#count, expectsProcess: false });
  }

  *#close(caller: string): Generator<KernelReport> {
    const builder = this.#open.get(caller)?.builder;
    this.#open.delete(caller);
    if (builder?.worth === true) yield builder.finish();
  }

  *#closeIdle(): Generator<KernelReport> {
    for (const [caller, { builder, start, taken }] of this.#open) {
      const bound = builder.ended ? IDLE_ENDED : IDLE;
      if (this.#count - taken > bound || this.#count - start > MAX_SPAN) yield* this.#close(caller);
    }
  }
}

// UTF-16, as Windows writes the output of a console, begins with a byte order mark. Source: RFC 2781, 3.2.
const encodingOf = ([first, second]: Uint8Array): string =>
  first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';

/**
 * The reports of a text, in the order in which they end.
 *
 * Nothing is thrown whatever the text is. Bytes are read as UTF-8, or as UTF-16 if its mark is at the start; invalid ones
 * become U+FFFD.
 *
 * @param chunks the text in pieces of any size, strings or bytes
 */
export async function* readReports(
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<KernelReport> {
  const reader = new ReportReader();
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string') decoder ??= new TextDecoder(encodingOf(chunk));
    yield* reader.push(typeof chunk === 'string' ? chunk : (decoder?.decode(chunk, { stream: true }) ?? ''));
  }
  yield* reader.push(decoder?.decode() ?? '');
  yield* reader.end();
}

/** The reports of a whole text, in its order. */
export const reportsOf = (text: string): KernelReport[] => {
  const reader = new ReportReader();
  return [...reader.push(text), ...reader.end()].toSorted((one, other) => one.firstLine - other.firstLine);
};
