// The guilty frame: the first one that no row of the table of skips leaves out.

import type { CodeLocation, KernelReport } from '../read/report.js';
import { type Frame, framesOf, nameOf } from './frames.js';
import { branchTarget } from './branch-target.js';
import { settingsOf } from './setting.js';
import { type Setting, type SkipKind, skipOf } from './skips.js';

/** A frame that was passed over, and why. */
export interface SkippedFrame {
  readonly symbol: string;
  readonly why: string;
}

interface Guilt {
  /** Absent where the report has no place at all. */
  readonly guilty?: CodeLocation;
  readonly skipped: readonly SkippedFrame[];
  /** The frames from the guilty one on, of its context. */
  readonly frames: readonly Frame[];
}

// Where all frames are skipped, the first that is at least not one of these.
const LESS_AND_LESS: readonly ReadonlySet<SkipKind>[] = [
  new Set(['reporting', 'entry', 'helper', 'locking', 'scheduling', 'dispatch']),
  new Set(['reporting', 'entry', 'dispatch']),
  new Set(['reporting', 'entry']),
  new Set(['reporting']),
];

const search = (
  frames: readonly Frame[],
  settings: ReadonlySet<Setting>,
  kinds: ReadonlySet<SkipKind>,
  target: CodeLocation | undefined,
): { at: number; skipped: SkippedFrame[] } => {
  const skipped: SkippedFrame[] = [];
  for (const [at, frame] of frames.entries()) {
    const name = nameOf(frame);
    const skip =
      frame.location === target
        ? { why: 'is where an indirect jump or call went that has no endbr64: who went there is its caller' }
        : name === ''
          ? { why: 'the text has no name for the address' }
          : skipOf(name, settings, kinds);
    if (skip === undefined) return { at, skipped };
    skipped.push({ symbol: name, why: skip.why });
  }
  return { at: -1, skipped };
};

// What an interrupt found is another context: it differs from one crash to the next.
const contextFrom = (frames: readonly Frame[], at: number): readonly Frame[] => {
  const rest = frames.slice(at);
  // A RIP has no mark of its own: it is of the context of the entry below it.
  const context = rest[0]!.trapping ? rest[1]?.context : rest[0]!.context;
  const end = rest.findIndex((frame, index) => index > 0 && (frame.trapping || frame.context !== context));
  return end < 0 ? rest : rest.slice(0, end);
};

/** The guilty frame of a report, and what was passed over to find it. */
export const guiltOf = (report: KernelReport): Guilt => {
  const frames = framesOf(report);
  const settings = settingsOf(report);
  const target = branchTarget(report);
  for (const kinds of LESS_AND_LESS) {
    const { at, skipped } = search(frames, settings, kinds, target);
    if (at >= 0) return { guilty: frames[at]!.location, skipped, frames: contextFrom(frames, at) };
  }
  const place = report.place ?? report.checker?.at;
  return {
    ...(place === undefined ? {} : { guilty: place }),
    skipped: search(frames, settings, LESS_AND_LESS[0]!, target).skipped,
    frames: place === undefined ? [] : [{ location: place, trapping: true }],
  };
};
