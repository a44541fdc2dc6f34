// Puts one report together from its lines, in their order. read-reports.ts decides which lines those are.

import { defined } from '../../base/defined.js';
import { findCode, markedByRelease } from './code-line.js';
import { findDieLine } from './die-line.js';
import type { OpenEvent } from './event.js';
import type { FoundHeadline } from './headline.js';
import { PageFaultLines } from './page-fault-lines.js';
import { ArchitectureMarks, type DeclinedReport } from './other-architecture.js';
import { WarnMessage } from './message.js';
import { LineSpan } from './line-span.js';
import { leftOut, missingOf } from './missing.js';
import { ModuleCollector } from './module-collector.js';
import { type FoundProcess, findNamedLine, findProcess } from './process-line.js';
import { findRegisters, findRip, findRipInline } from './register-line.js';
import { type SetPlace, diedOf, warnedOf } from './register-role.js';
import { RegisterSets, principalSet } from './register-sets.js';
import { kindOfTraces } from './report-kind.js';
import type { CodeBytes, DieLine, KernelReport } from './report.js';
import { SaidLines } from './said-lines.js';
import { Structures } from './structures.js';
import { TraceList } from './trace-list.js';
import { TrapPlace } from './trap-place.js';
import type { LogicalLine } from './unwrap.js';

export const MAX_CODE_LINES = 64;

const BACKTRACE = /^\s*NMI backtrace for cpu/u;
const OTHER =
  /^\s*(?:RSP <|#PF: |PGD |Process .{1,80}\(pid: |task: [0-9a-f]{16}|Supported: |Kernel Offset:)/u;
const END_TRACE = /^\s*---\[ end trace ([0-9a-f]{8,16}) \]---/u;

type Taken = 'headline' | 'process' | 'body' | 'end' | 'other';

export class ReportBuilder {
  readonly #message = new WarnMessage();
  readonly #sets = new RegisterSets();
  readonly #traces = new TraceList();
  readonly #said = new SaidLines();
  readonly #codeLines: CodeBytes[] = [];
  readonly #span = new LineSpan();
  readonly #place = new TrapPlace();
  readonly #fault = new PageFaultLines();
  readonly #modules = new ModuleCollector();
  readonly #structures = new Structures();
  readonly #marks = new ArchitectureMarks();
  #process: FoundProcess = {};
  #named: { hardware?: string; workqueue?: string } = {};
  #die: DieLine | undefined;
  #titles = -1; // titles of traces before the last set of registers
  #afterRip = false; // the line before was a RIP line
  #backtrace = false; // what other CPUs did follows
  #endTrace: string | undefined;

  get hasBody(): boolean {
    return (
      this.#sets.count > 0 ||
      this.#traces.entries > 0 ||
      this.#codeLines.length > 0 ||
      this.#structures.isBody(this.#said.lines) ||
      this.#marks.inBody
    );
  }

  get hasProcess(): boolean {
    return this.#process.comm !== undefined;
  }

  get ended(): boolean {
    return this.#endTrace !== undefined;
  }

  /** What decides over the lines that follow. */
  get event(): OpenEvent {
    return {
      said: this.#said.lines,
      hasBody: this.hasBody,
      died: this.#die !== undefined,
      ended: this.ended,
    };
  }

  /** The CPU and the task whose lines the report waits for, by what its headline says. */
  get expected(): { readonly cpu?: number; readonly pid?: number } {
    return this.hasProcess ? {} : this.#said.finish(() => undefined).facts;
  }

  /** Whether it is a report, and not a line that only looks like part of one. */
  get worth(): boolean {
    const traced = this.#traces.entries > 0;
    return (
      this.#said.alone ||
      this.#structures.isBody(this.#said.lines) ||
      this.#die !== undefined ||
      (this.#said.lines.length > 0 && this.hasBody) ||
      (this.#sets.count > 0 && traced) ||
      (this.#sets.kernel && (this.#codeLines.length > 0 || this.hasProcess || this.#sets.general)) ||
      (this.#codeLines.length > 0 && traced) ||
      (this.hasProcess && traced && this.#traces.titled)
    );
  }

  /** Set for a report of another architecture, which is not read. */
  get declined(): DeclinedReport | undefined {
    const found = this.#sets.whole ? undefined : this.#marks.finish();
    // One line of another architecture may stand in any text.
    const enough = found !== undefined && (found.marks.length > 1 || (this.worth && !this.#marks.ours));
    const { firstLine, lastLine } = this.#span.finish();
    return enough ? { ...found, firstLine, lastLine } : undefined;
  }

  /** Take a line, if it is part of a report. @param headline the result of findHeadline */
  take(line: LogicalLine, headline: FoundHeadline | undefined): Taken | undefined {
    this.#marks.look(line.text);
    const structured = this.#structures.take(line.text, line.first);
    const read =
      headline === undefined ? this.#take(line.text, line.first) : this.#headline(headline, line.first);
    const taken =
      structured === 'begins' ? 'body' : (read ?? (structured === undefined ? undefined : 'other'));
    if (headline !== undefined) this.#dieLine(line.text, line.first);
    if (taken === undefined) {
      this.#message.take(line.text);
      return undefined;
    }
    this.#message.close();
    if (taken !== 'headline') this.#place.noMore();
    this.#span.take(line);
    return taken;
  }

  /** `cut here`: the report begins, with the message of a WARN() if it has one. */
  cutHere(line: number): void {
    this.#span.add(line);
    this.#message.begin();
  }

  #headline(found: FoundHeadline, line: number): Taken {
    this.#leave();
    this.#traces.close();
    if (BACKTRACE.test(found.text)) this.#backtrace = true;
    // What other tasks and CPUs did says what happened only where nothing else does.
    const inside = found.kind === 'task-dump' && found.follows;
    if (inside && !this.#span.empty) return 'headline';
    this.#said.take(found, line);
    this.#place.headline(found.text);
    if (found.cutAddress !== undefined)
      this.#span.find(`the address in line ${line} is cut: only ${found.cutAddress} is there`);
    return 'headline';
  }

  #dieLine(text: string, line: number): boolean {
    const die = findDieLine(text);
    if (die === undefined) return false;
    this.#die ??= { ...die, line };
    return true;
  }

  #setPlace(): SetPlace {
    const inTrace = this.#traces.live;
    this.#titles = this.#traces.titles;
    const entries = inTrace ? this.#traces.showSet() : [];
    return { inTrace, died: diedOf(entries), warned: warnedOf(entries), backtrace: this.#backtrace };
  }

  #leave(): void {
    this.#modules.leave();
    this.#traces.leaveStack();
  }

  // In the order of how often they stand in a log between reports.
  #take(text: string, line: number): Taken | undefined {
    if (this.#place.next(text)) return 'other';
    if (this.#modules.more(text)) return 'body';
    const rip = findRip(text);
    const afterRip = this.#afterRip;
    this.#afterRip = rip !== undefined && !rip.repeats;
    if (rip !== undefined) {
      this.#leave();
      if (!this.#place.rip(rip)) this.#sets.rip(rip, line, () => this.#setPlace());
      return 'body';
    }
    const code = findCode(text);
    if (code !== undefined) {
      this.#leave();
      this.#code({ ...code, line }, afterRip);
      return 'body';
    }
    const registers = findRegisters(text);
    if (registers !== undefined) {
      this.#leave();
      // `CR2: …` alone stands at the end of a report of a page fault, and repeats the value of the set.
      const again = !this.#sets.awaitsCr2 && /^\s*CR2: [0-9a-f]{16}\s*$/u.test(text);
      if (!again) this.#sets.registers(registers, line, () => this.#setPlace());
      return 'body';
    }
    if (this.#traces.take(text, line)) {
      this.#marks.take(text);
      this.#modules.leave();
      if (this.#traces.live && this.#titles === this.#traces.titles) this.#sets.resume();
      return 'body';
    }
    return this.#takeWords(text, line);
  }

  #takeWords(text: string, line: number): Taken | undefined {
    const process = findProcess(text);
    if (process !== undefined) {
      this.#leave();
      this.#traces.close();
      this.#process = { ...process, ...this.#process };
      return 'process';
    }
    const named = findNamedLine(text);
    if (named !== undefined) {
      this.#named = { ...named, ...this.#named };
      return 'other';
    }
    if (this.#modules.start(text, line)) {
      this.#traces.close();
      return 'other';
    }
    const end = END_TRACE.exec(text);
    if (end !== null) {
      this.#leave();
      this.#traces.close();
      this.#endTrace ??= end[1]!;
      return 'end';
    }
    if (this.#place.ip(text)) return 'other';
    if (this.#dieLine(text, line)) return 'headline';
    const inline = findRipInline(text);
    if (inline !== undefined) this.#sets.inlined(inline);
    if (inline !== undefined || this.#fault.take(text)) return 'other';
    if (this.#marks.take(text)) return 'body';
    return OTHER.test(text) ? 'other' : undefined;
  }

  #code(code: CodeBytes, afterRip: boolean): void {
    const whole = markedByRelease(code, this.#process.release);
    if (this.#codeLines.length < MAX_CODE_LINES) this.#codeLines.push(whole);
    this.#sets.code(whole, afterRip);
  }

  /** The report, with the parts that the text has. */
  finish(): KernelReport {
    const died = this.#die !== undefined;
    const said = this.#said.finish((before) => {
      const earlier = this.#traces.traces.filter(({ line }) => line < before);
      return (
        this.#structures.kind ?? kindOfTraces(earlier, before === Infinity) ?? (died ? 'trap' : undefined)
      );
    });
    const { headline, checker, facts, consequences } = said;
    const kind = said.kind ?? 'unknown';
    const isSaid = headline !== undefined || died;
    const registers = this.#sets.finish({
      kind,
      trapped: died,
      said: isSaid,
      ...defined({ checker: checker?.checker }),
    });
    const set = principalSet(registers);
    const report = defined({
      kind,
      kindFrom: isSaid ? 'headline' : kind === 'unknown' ? 'nothing' : 'trace',
      ...this.#span.finish(),
      message: kind === 'warning' || kind === 'bug' ? this.#message.finish() : undefined,
      said: this.#said.texts,
      consequences,
      headline: headline && { text: headline.text, line: headline.line },
      // Of a fact in several lines, the process line has the right one, then the headline.
      ...facts,
      ...(this.#die && { die: this.#die, errorCode: this.#die.errorCode }),
      ...this.#process,
      ...this.#named,
      checker,
      ...this.#fault.finish(),
      modules: this.#modules.finish(),
      registers,
      code: set === undefined ? this.#codeLines[0] : set.code,
      codeLines: this.#codeLines,
      ...this.#structures.finish(this.#traces.traces),
      stack: this.#traces.words,
      traces: this.#traces.traces,
      ...this.#place.finish(set, headline, checker, this.#structures.place),
      layout: this.#place.layout,
      endTrace: this.#endTrace,
    });
    const dropped = [
      [this.#traces.dropped, 'entries of traces and stacks'],
      [this.#modules.dropped, 'modules'],
      [this.#sets.dropped, 'register sets'],
      [this.#structures.dropped, 'tasks, locks and errors of the hardware'],
    ] as const;
    return { ...report, missing: missingOf(report), findings: [...this.#span.findings, ...leftOut(dropped)] };
  }
}
