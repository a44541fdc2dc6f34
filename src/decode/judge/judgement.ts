// What a report is filed under: its title, its class, the guilty frame and the signature.

import type { Sure } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { CodeLocation, KernelReport } from '../read/report.js';
import { classOf } from './bug-class.js';
import type { BugClass } from './bug-classes.js';
import { type SkippedFrame, guiltOf } from './guilty.js';
import { otherNames } from './other-names.js';
import { once } from '../../base/once.js';
import { signatureOf } from './signature.js';
import { homeOf } from './subsystem.js';
import { titlesOf } from './title.js';

export interface Judgement {
  /** Canonical: no address, number, path or process is in it. */
  readonly title: string;
  /** Under which the same bug may be filed, too. */
  readonly alternativeTitles: readonly string[];
  readonly class: BugClass;
  /** How sure the class is. */
  readonly sure: Sure;
  /** The first frame that is not one of reporting, helpers, locking or entry; absent where the report has no place. */
  readonly guilty?: CodeLocation;
  /** The frames before it, and why each is not the guilty one. */
  readonly skipped: readonly SkippedFrame[];
  readonly module?: string;
  /** `fs/btrfs`; absent when it is not known. */
  readonly subsystem?: string;
  /** `sha256:…`; the same for the same crash of other builds. */
  readonly signature: string;
}

/** Judge a report. @param explanation of the same report */
export const judge = (report: KernelReport, explanation: Explanation): Judgement => {
  const { guilty, skipped, frames } = guiltOf(report);
  const { class: bugClass, sure } = classOf(report, explanation);
  const signature = once(() => signatureOf(bugClass, frames)); // a single report is shown without it
  return {
    ...titlesOf(report, guilty?.symbol, otherNames(report, guilty?.symbol ?? '')),
    class: bugClass,
    sure,
    ...(guilty === undefined ? {} : { guilty }),
    skipped,
    ...homeOf(report, guilty),
    get signature() {
      return signature();
    },
  };
};
