// Collects the call traces and the words of the stack of a report.

import type { StackWord, Trace, TraceEntry } from './report.js';
import { findEntries, findStackWords, findTraceTitle } from './trace-line.js';

export const MAX_TRACES = 64;
export const MAX_ENTRIES = 4096; // of all traces
export const MAX_WORDS = 1024;

const STACK = /^\s*Stack:(.*)$/u;

/** Takes lines in the order of the text; each answers whether it was one of these. */
export class TraceList {
  readonly #traces: { line: number; title: string; entries: TraceEntry[] }[] = [];
  readonly #words: StackWord[] = [];
  #context: string | undefined;
  #entries = 0;
  #inStack = false;
  #guesses = 0; // entries that stand where no trace was opened
  #opened = 0; // lines that opened traces
  #live = false; // whether the trace may go on after a set of registers
  #since = 0; // entries of the last trace that stand before its last set of registers
  /** Entries, traces and words that were left out because there were too many. */
  dropped = 0;

  get entries(): number {
    return this.#entries;
  }

  get traces(): readonly Trace[] {
    return this.#traces;
  }

  get words(): readonly StackWord[] {
    return this.#words;
  }

  /** Whether traces were opened by their title. */
  get titled(): boolean {
    return this.#traces.length > this.#guesses;
  }

  /** Lines that opened traces. */
  get titles(): number {
    return this.#opened;
  }

  /** Whether a set of registers that stands here is one that the trace shows. */
  get live(): boolean {
    return this.#live;
  }

  /** The entries of the open trace since the last set of registers that it shows; now it shows another. */
  showSet(): readonly TraceEntry[] {
    const entries = this.#traces.at(-1)?.entries ?? [];
    const since = entries.slice(this.#since);
    this.#since = entries.length;
    return since;
  }

  /** A line follows that stands after the whole trace. */
  close(): void {
    this.#live = false;
    this.#inStack = false;
  }

  /** Lines of another kind follow: words no longer belong to the stack. */
  leaveStack(): void {
    this.#inStack = false;
  }

  /** Take a line, if it is one of a trace or of the stack. */
  take(text: string, line: number): boolean {
    const stack = STACK.exec(text);
    if (stack !== null) {
      this.#inStack = this.#words.length === 0;
      this.#stack(stack[1]!, line);
      return true;
    }
    if (this.#inStack && this.#stack(text, line)) return true;
    const title = findTraceTitle(text);
    if (title !== undefined) {
      this.#inStack = false;
      this.#context = undefined;
      this.#opened += 1;
      this.#open(title.title, line);
      this.#take(title.rest, line);
      return true;
    }
    return this.#take(text, line);
  }

  #open(title: string, line: number): void {
    this.#live = false;
    this.#since = 0;
    if (this.#traces.length < MAX_TRACES) this.#traces.push({ line, title, entries: [] });
    else this.dropped += 1;
  }

  #take(text: string, line: number): boolean {
    if (text.length > 4000) return false;
    const found = findEntries(text, this.#context);
    if (found === undefined) return false;
    if (this.#traces.length === 0) {
      if (found.entries.length === 0) return false; // a mark alone, as <b> in any text
      this.#guesses += 1;
      this.#open('', line);
    }
    this.#inStack = false;
    if (found.entries.length > 0) this.#live = true;
    this.#context = found.context ?? undefined;
    const trace = this.#traces.at(-1)!;
    for (const entry of found.entries) {
      if (this.#entries >= MAX_ENTRIES) this.dropped += 1;
      else {
        trace.entries.push({ ...entry, line });
        this.#entries += 1;
      }
    }
    return true;
  }

  #stack(text: string, line: number): boolean {
    const words = findStackWords(text);
    if (words === undefined) return false;
    for (const value of words) {
      if (this.#words.length >= MAX_WORDS) this.dropped += 1;
      else this.#words.push({ value, line });
    }
    return true;
  }
}
