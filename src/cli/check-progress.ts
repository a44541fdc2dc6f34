// How far a check is, on stderr: a line that changes on a terminal, otherwise a line for each candidate.

import type { ShardCandidate } from '../check/run/shard-form.js';
import { type Io, escapeControls } from './output.js';

const CLEAR = '\r\u001b[K';

/** The progress of a check. */
export class Progress {
  #shown = false;

  constructor(private readonly io: Io) {}

  #clear(): void {
    if (this.#shown) this.io.stderr.write(CLEAR);
    this.#shown = false;
  }

  /** So many worlds have been tried with a candidate. */
  show(name: string, tried: number): void {
    if (this.io.stderr.isTTY !== true) return;
    this.io.stderr.write(`${CLEAR}${escapeControls(name)}: ${tried} worlds`);
    this.#shown = true;
  }

  /** A candidate is done. */
  done({ name, error, found, ended }: ShardCandidate): void {
    this.#clear();
    const what = error === null ? (found?.property ?? (ended === null ? undefined : 'ends')) : undefined;
    if (error !== null) this.io.note(`${name}: cannot be run`);
    else this.io.note(what === undefined ? `${name}: holds so far` : `${name}: breaks ${what}`);
  }

  close(): void {
    this.#clear();
  }
}
