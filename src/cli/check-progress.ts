// How far a check is, on stderr: a line that changes on a terminal, otherwise a line for each candidate.

import type { ShardCandidate } from '../check/run/shard-form.js';
import type { Io } from './output.js';

const saysOf = ({ error, found, ended, flaky, slow, cut, tried }: ShardCandidate): string => {
  if (error !== null) return 'cannot be run';
  if (flaky !== null) return 'flaky';
  if (found !== null || ended !== null) return `breaks ${found?.property ?? 'ends'}`;
  if (cut !== null && tried === 0) return 'not checked';
  if (slow !== null) return 'slow';
  return cut === null ? 'holds' : 'holds so far';
};

/** The progress of a check. */
export class Progress {
  constructor(private readonly io: Io) {}

  /** So many worlds have been tried with a candidate. */
  show(name: string, tried: number): void {
    this.io.showPassing(`${name}: ${tried} worlds`);
  }

  /** A candidate is done. */
  done(candidate: ShardCandidate): void {
    this.io.note(`${candidate.name}: ${saysOf(candidate)}`);
  }

  close(): void {
    this.io.clearPassing();
  }
}
