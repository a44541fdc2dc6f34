// The guilty frame: the first one that no row of the table of skips leaves out.

import type { CodeLocation, KernelReport } from '../read/report.js';
import { type Frame, framesOf } from './frames.js';
import { type SkipKind, skipOf } from './skips.js';
import { bareSymbol } from './symbol.js';

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

/** Frames that are left out even where nothing else is left. */
const NEVER: ReadonlySet<SkipKind> = new Set(['reporting']);

const nameOf = ({ location }: Frame): string => bareSymbol(location.symbol ?? '');

// The first frame that is not skipped, and those before it.
const search = (
  frames: readonly Frame[],
  skips: (kind: SkipKind) => boolean,
): { at: number; skipped: SkippedFrame[] } => {
  const skipped: SkippedFrame[] = [];
  for (const [at, frame] of frames.entries()) {
    const name = nameOf(frame);
    if (name === '') {
      skipped.push({ symbol: '', why: 'the text has no name for the address' });
      continue;
    }
    const skip = skipOf(name);
    if (skip === undefined || !skips(skip.kind)) return { at, skipped };
    skipped.push({ symbol: name, why: skip.why });
  }
  return { at: -1, skipped };
};

// What an interrupt found is another context: it changes from one crash to the next.
const contextFrom = (frames: readonly Frame[], at: number): readonly Frame[] => {
  const rest = frames.slice(at);
  const { context } = rest[0]!;
  const end = rest.findIndex(
    (frame, index) =>
      index > 0 &&
      ((frame.trapping && index > 0) ||
        (context !== undefined && frame.context !== undefined && frame.context !== context)),
  );
  return end < 0 ? rest : rest.slice(0, end);
};

/** The guilty frame of a report, and what was passed over to find it. */
export const guiltOf = (report: KernelReport): Guilt => {
  const frames = framesOf(report);
  const strict = search(frames, () => true);
  if (strict.at >= 0) {
    return {
      guilty: frames[strict.at]!.location,
      skipped: strict.skipped,
      frames: contextFrom(frames, strict.at),
    };
  }
  // All are skipped: the innermost one that is not the reporting itself is the best there is.
  const loose = search(frames, (kind) => NEVER.has(kind) || kind === 'entry');
  const at = loose.at >= 0 ? loose.at : search(frames, (kind) => NEVER.has(kind)).at;
  if (at >= 0)
    return { guilty: frames[at]!.location, skipped: loose.skipped, frames: contextFrom(frames, at) };
  const place = report.checker?.at ?? report.trap;
  return {
    ...(place === undefined ? {} : { guilty: place }),
    skipped: strict.skipped,
    frames: place === undefined ? [] : [{ location: place, trapping: true }],
  };
};
